#!/bin/sh
# remote_doc_test.sh KIRI SOURCE - the atoms in docs/remote.md, cut out of it, tell a running
# host what they see, and are told how odd it is: shell, Node and Python.
KIRI=$1
doc=$2/docs/remote.md
. "$2/tests/host/lib.sh"
export KIRI_STATE="$work/state"

block sh "$doc" >soil.sh
block js "$doc" >load.js
block python "$doc" >disk.py
{
    printf 'molecule: docs\nstate: %s/state\n' "$work"
    block yaml "$doc"
    printf '  load: { plugin: remote, every: 1s }\n  disk: { plugin: remote, every: 10s }\n'
} >docs.yaml
start_host docs.yaml
until_true 10 'len(s["atoms"]) == 3' || exit 1

# tells WHAT FIELD LINES COMMAND...: it prints the answer to its schema and two scores.
tells() {
    what=$1 field=$2 lines=$3
    shift 3
    timeout $((10 * patience)) "$@" 2>why | grep --line-buffered . | head -n "$lines" >out
    [ "$(grep -cE "\"?'?surprise\"?'?: ?[0-9].*$field" out)" -ge 2 ] || {
        wrong "$what: two scores of $field should come back:"
        cat out why
    }
}
printf '41.2\n41.5\n' >numbers
# shellcheck disable=SC2016
tells shell moisture 3 sh -c 'sh "$1" <"$2"' - soil.sh numbers
tells Python used 3 python3 -u disk.py 0.1
if command -v node >/dev/null; then
    {
        echo 'const show = console.log; console.log = x => show(JSON.stringify(x));'
        cat load.js
    } >shown.js
    tells Node load 2 node shown.js
else
    echo "no node here: its example was not run"
fi

# Twenty lines are what it takes, as the page promises.
for program in soil.sh load.js disk.py; do
    n=$(grep -c . $program)
    [ "$n" -le 25 ] || wrong "$program has $n lines"
done
for atom in soil load disk; do
    [ "$(status "[x['plugin'] for x in s['atoms'] if x['name'] == '$atom']")" = "['remote']" ] ||
        wrong "$atom is not there"
done
stop_host -TERM || { wrong "the host ended with $?"; cat log; }
exit $failed
