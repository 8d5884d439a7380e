#!/bin/sh
# remote_doc_test.sh KIRI SOURCE - the atoms in docs/remote.md, cut out of it, tell a running
# host what they see, and are told how odd it is: shell, Node and Python.
set -eu
kiri=$1 doc=$2/docs/remote.md
dir=$(mktemp -d)
host=''
finish() {
    [ -z "$host" ] || kill "$host" 2>/dev/null || true
    [ -z "$host" ] || wait "$host" || true
    rm -rf "$dir"
}
trap finish EXIT
unset STATE_DIRECTORY RUNTIME_DIRECTORY XDG_RUNTIME_DIR XDG_STATE_HOME
export KIRI_STATE="$dir/state"

# The first fenced block of a language.
block() {
    awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } on && /^```/ { exit } on' "$doc"
}
block sh >"$dir/soil.sh"
block js >"$dir/load.js"
block python >"$dir/disk.py"
{
    printf 'molecule: docs\nstate: %s/state\n' "$dir"
    block yaml
    printf '  load: { plugin: remote, every: 1s }\n  disk: { plugin: remote, every: 10s }\n'
} >"$dir/docs.yaml"
"$kiri" run "$dir/docs.yaml" --for 60s >"$dir/log" 2>&1 &
host=$!
for _ in $(seq 200); do
    [ ! -S "$dir/state/inbox" ] || break
    kill -0 "$host" 2>/dev/null || break
    sleep 0.05
done
[ -S "$dir/state/inbox" ] || {
    cat "$dir/log"
    echo "the host never opened its inbox"
    exit 1
}

# tells WHAT FIELD COMMAND...: within 20 s it prints the answer to its schema and two scores.
tells() {
    what=$1 field=$2
    shift 2
    timeout 20 "$@" 2>"$dir/why" | grep --line-buffered . | head -n "$lines" >"$dir/out" || true
    [ "$(grep -cE "\"?'?surprise\"?'?: ?[0-9].*$field" "$dir/out")" -ge 2 ] || {
        echo "$what: two scores of $field should come back:"
        cat "$dir/out" "$dir/why"
        exit 1
    }
}
printf '41.2\n41.5\n' >"$dir/numbers"
lines=3
# shellcheck disable=SC2016
tells shell moisture sh -c 'sh "$1" <"$2"' - "$dir/soil.sh" "$dir/numbers"
tells Python used python3 -u "$dir/disk.py" 0.1
if command -v node >/dev/null; then
    {
        echo 'const show = console.log; console.log = x => show(JSON.stringify(x));'
        cat "$dir/load.js"
    } >"$dir/shown.js"
    lines=2
    tells Node load node "$dir/shown.js"
else
    echo "no node here: its example was not run"
fi

# Twenty lines are what it takes, as the page promises.
for program in soil.sh load.js disk.py; do
    n=$(grep -c . "$dir/$program")
    [ "$n" -le 25 ] || {
        echo "$program has $n lines"
        exit 1
    }
done
"$kiri" status --state "$dir/state" --json >"$dir/status"
for atom in soil load disk; do
    grep -q "\"name\":\"$atom\",\"plugin\":\"remote\"" "$dir/status" || {
        echo "$atom is not there"
        exit 1
    }
done
