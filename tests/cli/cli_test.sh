#!/bin/sh
# cli_test.sh KIRI SOURCE - the executable as people and scripts use it: exit codes, help,
# rows in and out, a host that comes and goes.
KIRI=$1
golden=$2/tests/golden
. "$2/tests/host/lib.sh"

# exits CODE WORDS... - what it printed is in out and err afterwards.
exits() {
    want=$1
    shift
    "$KIRI" "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$want" ] || { wrong "kiri $* exits $got, not $want"; cat out err; }
}
says() { grep -qF -- "$2" "$1" || { wrong "'$2' is not in $1 after: $last"; cat "$1"; }; }
rows() { [ "$(wc -l <out)" -eq "$1" ] || wrong "$(wc -l <out) rows, not $1: $last"; }
last=

# ---- help -------------------------------------------------------------------------------
last=overview
exits 0 --help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
for c in run check status top demo sub train score detect eval inspect import record export replay task; do
    echo "$commands" | grep -qx "$c" || wrong "$c is not in kiri --help"
    last="$c --help"
    exits 0 "$c" --help
    cp out first
    for part in "Usage: kiri $c" "Options:" "Examples:" "Exit codes:"; do says out "$part"; done
    exits 0 help "$c"
    cmp -s out first || wrong "help $c is not $c --help"
    [ "$(awk '{ if (length > most) most = length } END { print most }' out)" -le 80 ] ||
        wrong "$c --help is wider than 80 columns"
    exits 64 "$c" --no-such-option
done
says_nothing=$("$KIRI" --help | grep -c 'probe\|burn')
[ "$says_nothing" -eq 0 ] || wrong "probe or burn is listed"
exits 0 --version
last=version
says out "kiri "

# ---- usage ------------------------------------------------------------------------------
last=usage
exits 64
exits 64 stauts
says err "did you mean 'status'"
exits 64 train --txet a
says err "did you mean '--text'"
exits 64 run
exits 64 run a b
exits 64 run a --for soon
exits 64 sub
exits 64 sub score/ --count 0
exits 64 status --bus nowhere
exits 64 status --bus ipc:///x --state y
KIRI_ISA=sse9 exits 64 score --model x --text a
says err "kiri: KIRI_ISA is 'sse9', which"
unset KIRI_ISA
exits 64 train --text x
exits 64 train --text x --out y --seed -1
exits 64 score --model x
exits 64 score --model x --text a --input b
exits 64 score --model x --text a --budget 2

# ---- config -----------------------------------------------------------------------------
last=config
exits 66 check missing.yaml
exits 66 run missing.yaml
printf 'molecule: 1\nnonsense: 2\natoms: {}\n' >bad.yaml
exits 78 check bad.yaml
says err "bad.yaml:2:"
exits 78 run bad.yaml
printf 'state: %s/state\natoms:\n  pulse: { every: 50ms, learn: { warmup: 60 } }\n' "$work" >good.yaml
exits 0 check good.yaml
says out "good.yaml: ok, 1 atom"
[ ! -e state ] || wrong "check made the state directory"

# ---- no host ----------------------------------------------------------------------------
last="no host"
exits 69 status --state "$work/none"
says err "$work/none"
exits 69 sub score/ --state "$work/none"
exits 69 status --bus "ipc://$work/none/bus"

exits 69 top --once --state "$work/none"
exits 64 top --state "$work/none"
says err "kiri top --once"
exits 64 demo --provoke
says err "say --yes"

# ---- texts ------------------------------------------------------------------------------
last=train
i=0
while [ $i -lt 60 ]; do
    i=$((i + 1))
    echo "acr_$(expr $i % 7)_logo_v0$(expr $i % 9).png"
done >names
exits 66 train --text missing --out m
exits 65 train --text /dev/null --out m
exits 73 train --text names --steps 5 --out no/such/place/m
[ ! -e m ] || wrong "a failed training left a file"
exits 0 train --text names --seed 7 --steps 100 --out m
says out "learned 60 lines"
exits 0 train --text names --seed 7 --steps 100 --out twin --quiet
rows 0
cmp -s m twin || wrong "the same seed gives another model"
"$KIRI" train --text - --seed 7 --steps 100 --out twin <names >out || wrong "the standard input teaches nothing"
cmp -s m twin || wrong "the standard input teaches something else"
says out "anomalous: "
"$KIRI" train --text names --steps 1000000 --out broken >out 2>err &
child=$!
sleep 0.3
interrupt $child
[ $? -eq 130 ] || wrong "an interrupted training exits otherwise than 130"
[ -z "$(ls | grep broken)" ] || wrong "an interrupted training left a file"

last=score
exits 0 score --model m --text acr_1_logo_v02.png --json
rows 1
says out '"text":"acr_1_logo_v02.png","total":'
says out '{"token":"<end>","nats":'
says out '"anomalous":false'
exits 0 score --model m --text DELETE_THIS_NOW.exe --json
says out '"anomalous":true'
exits 0 score --model m --text ''
rows 2
# 7 rows: NUL, broken UTF-8, an empty one, CRLF, a long one, a tab, and no end of line
{
    printf 'a\000b\n\303\050\377\n\ncrlf\r\n'
    head -c 3000 /dev/zero | tr '\0' x
    printf '\n\ttab "quoted" \\\nlast'
} >nasty
exits 0 score --model m --input nasty --json
rows 7
says out '"text":"a\u0000b"'
says out '"text":"crlf"'
says out '"text":""'
says out '"text":"last"'
[ "$(grep -c '^{.*}$' out)" -eq 7 ] || wrong "a row is no object"
exits 0 score --model m --input nasty
rows 8
"$KIRI" score --model m --input - --json <nasty >out || wrong "the standard input is not read"
rows 7
exits 0 score --model m --input /dev/null --json
rows 0
exits 66 score --model missing --text a
exits 66 score --model m --input missing
exits 66 score --model m --input "$work"
exits 65 score --model names --text a

last=inspect
exits 0 inspect m
says out "checksum ok"
says out "calibration"
says out "anomalous    "
exits 0 inspect m --json
says out '"parameters":'
exits 66 inspect missing
exits 65 inspect names
for cut in 0 1 7 8 100 1000 60000; do
    head -c $cut m >damaged
    exits 65 inspect damaged
    says err damaged
    exits 65 score --model damaged --text a
done
cp m damaged
printf 'XXXX' | dd of=damaged bs=1 seek=50000 conv=notrunc 2>/dev/null
exits 65 inspect damaged

# ---- sessions ----------------------------------------------------------------------------
last='train --sessions'
awk 'BEGIN { for (i = 0; i < 60; i++) { printf "open"; for (k = 0; k <= i * 7 % 5; k++) printf " ask tell"; print " close" } }' >keys
exits 64 train --sessions keys --text names --out m
exits 65 train --sessions /dev/null --out k
exits 0 train --sessions keys --steps 20 --out k
says out 'k: learned 60 sessions of 4 words'
last='score of sessions'
exits 0 score --model k --text 'open ask tell close' --json
says out '"token":"close","nats":'
says out '"anomalous":false'
exits 0 score --model k --text 'open ask shout' --json
says out '"token":"shout","nats":23.026,"gpt":23.026,"counts":23.026}'
exits 0 score --model k --input keys
rows 61
last='inspect of sessions'
exits 0 inspect k
says out 'sessions'
says out 'counts of 5 words of past'
exits 0 inspect k --json

last=import
exits 0 import "$golden/filename.model.json" imported
exits 73 import "$golden/filename.model.json" imported
exits 0 import "$golden/filename.model.json" imported --force
exits 0 inspect imported
says out symbols
exits 0 score --model imported --text 'acr_logo#' --json
says out '{"token":"#","nats":23.026}'
says out '"anomalous":null'
exits 65 import names other
exits 66 import missing other
[ ! -e other ] || wrong "a failed import left a file"

# ---- a host -----------------------------------------------------------------------------
last=host
start_host good.yaml
until_true 10 'a["state"] == "normal"'
exits 75 run good.yaml
exits 0 status --state state
says out "of 1/day promised"
exits 0 status --state state --json
rows 1
says out '"name":"pulse"'
exits 0 status --bus "ipc://$work/state/bus"
exits 0 top --once --state state
says out "kiri top"
says out "expected instead"
exits 0 sub score/pulse --state state --count 3
rows 3
says out 'score/pulse {"v":1,'
exits 0 sub score/ --json --count 2 --bus "ipc://$work/state/bus"
says out '{"topic":"score/pulse","v":1,'
exits 0 sub heartbeat --state state --count 1
says out 'heartbeat {"v":1,'
"$KIRI" status --watch --state state >watched 2>watch_err &
watcher=$!
"$KIRI" sub log/ --state state >subbed 2>&1 &
listener=$!
wait_until 5 grep -q 'pulse normal surprise .* nats score' watched || wrong "the watcher prints no lines"
interrupt $listener || wrong "an interrupted sub exits $?"
stop_host -TERM || { wrong "the host exits $?"; cat log; }
wait $watcher
[ $? -eq 69 ] || wrong "a watcher whose host goes exits otherwise than 69"
grep -q 'went away' watch_err || wrong "the watcher does not say why it ends"
exits 69 status --state state
exits 0 inspect state/models/pulse.safetensors
says out "of pulse"

# ---- a demonstration ends at once, and nothing of it is left --------------------------------
last=demo
mkdir tmp
TMPDIR=$work/tmp "$KIRI" demo --provoke --yes >out 2>err </dev/null &
demo=$!
answers() { [ -e tmp/kiri-demo-*/state/host.json ]; }
wait_until 10 answers
inner=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' tmp/kiri-demo-*/state/host.json)
kill -0 "$inner" || wrong "the demonstration runs no host"
interrupt $demo
code=$?
[ $code -eq 130 ] || { wrong "an interrupted demo exits $code"; cat out err; }
says out "Collecting"
kill -0 "$inner" 2>/dev/null && wrong "the host of the demonstration lives on"
[ -z "$(ls -A tmp)" ] || { wrong "a demo left something:"; ls -R tmp; }

# A burn dies with its parent, whatever ends that, and by itself when its time is up.
last=burn
sh -c '"$0" burn 1 1000000 60000 $$ & echo $!; exec sleep 60' "$KIRI" >burner &
parent=$!
wait_until 10 test -s burner
burner=$(cat burner)
sleep 0.3
kill -0 "$burner" || wrong "nothing burns"
kill -KILL $parent
burnt() { ! runs "$burner"; }
wait_until 5 burnt || wrong "the burn outlives its parent"
exits 0 burn 2 1000000 200 $$
exits 64 burn 0 1 1 1
exits 69 burn 1 1 1 1

[ $failed -eq 0 ] && echo "all as it should be"
exit $failed
