#!/bin/sh
# docs_test.sh KIRI SOURCE - the programs in docs/subscribe.md, cut out of it, hear a
# running host. Python and nngcat always; Node where there is one.
set -eu
kiri=$1 doc=$2/docs/subscribe.md
dir=$(mktemp -d)
host=''
finish() {
    [ -z "$host" ] || kill "$host" 2>/dev/null || true
    [ -z "$host" ] || wait "$host" || true
    rm -rf "$dir"
}
trap finish EXIT

# The first fenced block of a language.
block() {
    awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } on && /^```/ { exit } on' "$doc"
}
block python >"$dir/hear.py"
block js >"$dir/hear.js"
block sh >"$dir/hear.sh"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
token=0123456789abcdef0123456789abcdef
{
    echo 'const token = process.argv[2];'
    block javascript | sed "s/127.0.0.1:7790/127.0.0.1:$port/"
} >"$dir/page.js"

cat >"$dir/fast.yaml" <<END
molecule: docs
state: $dir/state
bus:
  listen:
    - "ipc://$dir/bus"
    - { url: "ws://127.0.0.1:$port/bus", token: $token, origins: ["http://localhost:8080"] }
atoms:
  pulse: { plugin: pulse, every: 50ms, learn: off }
END
"$kiri" run "$dir/fast.yaml" --for 60s >"$dir/log" 2>&1 &
host=$!
for _ in $(seq 200); do
    [ ! -S "$dir/bus" ] || break
    kill -0 "$host" 2>/dev/null || break
    sleep 0.05
done
[ -S "$dir/bus" ] || {
    cat "$dir/log"
    echo "the host never opened its bus"
    exit 1
}

# hears WHAT PATTERN COMMAND...: within 20 s it prints three lines, the third matching.
hears() {
    what=$1 pattern=$2
    shift 2
    timeout 20 "$@" 2>"$dir/why" | head -n 3 >"$dir/out" || true
    if ! sed -n 3p "$dir/out" | grep -qE -- "$pattern"; then
        echo "$what: its third line should match $pattern:"
        cat "$dir/out" "$dir/why"
        exit 1
    fi
    echo "$what: $(sed -n 3p "$dir/out" | cut -c 1-70)"
}
export BUS="$dir/bus"
hears python '^[0-9]{13} [0-9.]+ [a-z0-9_]+ $' python3 "$dir/hear.py" "$dir/bus"
hears nngcat '^"score/pulse \{' stdbuf -oL sh "$dir/hear.sh"
if command -v node >/dev/null; then
    hears node '^[0-9]{13} [0-9.]+ [a-z0-9_]+ false' node "$dir/hear.js" "$dir/bus"
fi
# a browser's WebSocket, which Node has from 22 on, and before behind an option
for option in --no-warnings --experimental-websocket; do
    if [ "$(node $option -p 'typeof WebSocket' 2>/dev/null)" = function ]; then
        hears page '^[0-9]{13} [0-9.]+ [a-z0-9_]+ false' node $option "$dir/page.js" $token
        break
    fi
done

# Asked to stop, it ends well: a sanitizer that found something would say so here.
kill "$host"
code=0
wait "$host" || code=$?
host=''
[ $code = 0 ] || {
    cat "$dir/log"
    echo "the host ended with $code"
    exit 1
}
