#!/bin/sh
# docs_test.sh KIRI SOURCE - the programs in docs/subscribe.md, cut out of it, hear a
# running host. Python and nngcat always; Node where there is one.
KIRI=$1
doc=$2/docs/subscribe.md
. "$2/tests/host/lib.sh"

block python "$doc" >hear.py
block js "$doc" >hear.js
block sh "$doc" >hear.sh
# a port that no connection is given by itself, and nobody has
port=$(python3 -c '
import os, socket
for i in range(100):
    try:
        s = socket.socket()
        s.bind(("127.0.0.1", 20000 + (os.getpid() + i) % 10000))
        print(s.getsockname()[1])
        break
    except OSError:
        pass')
token=0123456789abcdef0123456789abcdef
{
    echo 'const token = process.argv[2];'
    block javascript "$doc" | sed "s/127.0.0.1:7790/127.0.0.1:$port/"
} >page.js

cat >fast.yaml <<END
molecule: docs
state: $work/state
bus:
  listen:
    - "ipc://$work/bus"
    - { url: "ws://127.0.0.1:$port/bus", token: $token, origins: ["http://localhost:8080"] }
atoms:
  pulse: { plugin: pulse, every: 50ms, learn: off }
END
start_host fast.yaml
until_true 10 'a["rows"] > 0' || exit 1

# hears WHAT PATTERN COMMAND...: it prints three lines, the third matching.
hears() {
    what=$1 pattern=$2
    shift 2
    timeout $((10 * patience)) "$@" 2>why | head -n 3 >out
    if sed -n 3p out | grep -qE -- "$pattern"; then
        echo "$what: $(sed -n 3p out | cut -c 1-70)"
    else
        wrong "$what: its third line should match $pattern:"
        cat out why
    fi
}
export BUS="$work/bus"
hears python '^[0-9]{13} [0-9.]+ [a-z0-9_]+ $' python3 hear.py "$work/bus"
hears nngcat '^"score/pulse \{' stdbuf -oL sh hear.sh
if command -v node >/dev/null; then
    hears node '^[0-9]{13} [0-9.]+ [a-z0-9_]+ false' node hear.js "$work/bus"
fi
# a browser's WebSocket, which Node has from 22 on, and before behind an option
for option in --no-warnings --experimental-websocket; do
    if [ "$(node $option -p 'typeof WebSocket' 2>/dev/null)" = function ]; then
        hears page '^[0-9]{13} [0-9.]+ [a-z0-9_]+ false' node $option page.js $token
        break
    fi
done

# Asked to stop, it ends well: a sanitizer that found something would say so here.
stop_host -TERM || { wrong "the host ended with $?"; cat log; }
exit $failed
