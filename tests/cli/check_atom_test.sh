#!/bin/sh
# check_atom_test.sh KIRI SOURCE BUILD - kiri check FILE.so as people and scripts use it: what
# is printed, what it exits with, and that nothing of it is left (RELIABILITY B12, D5).
KIRI=$1
BUILD=$3
. "$2/tests/host/lib.sh"
atoms=$BUILD/tests/faults/atoms
mkdir tmp
export TMPDIR="$work/tmp"

exits() { # CODE ARGUMENTS OF kiri check...: what it printed is in out and err
    want=$1
    shift
    "$KIRI" check "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$want" ] || { wrong "kiri check $* exits $got, not $want"; cat out err; }
    left=$(ls -A tmp)
    [ -z "$left" ] || wrong "kiri check $* leaves $left behind"
}
says() { grep -qF -- "$2" "$1" || { wrong "'$2' is not said"; cat "$1"; }; }

# ---- an atom that is fit: a line for each trial, then one for all ------------------------------
exits 0 "$BUILD/plugins/hello.so"
[ "$(grep -c '^  [a-z]* ' out)" -eq 12 ] || { wrong "not 12 trials:"; cat out; }
tail -n 1 out >last
says last "hello.so: ok, 12 trials, "
[ ! -s err ] || wrong "it says on stderr: $(cat err)"
echo 17.5 >number
exits 0 "$BUILD/plugins/hello.so" --set file=number

# ---- one that is not: sentences, and 65 ----------------------------------------------------------
exits 65 "$atoms/planted_INFINITE.so"
says out "planted_INFINITE.so: count: collect() gives inf: what is not known is NaN"
says out "planted_INFINITE.so: 1 finding, 12 trials, "
exits 65 --json "$atoms/planted_INFINITE.so"
python3 - <<'END' || { wrong "that is no report:"; cat out; }
import json
r = json.load(open("out"))
assert r["ok"] is False and r["atom"] == "planted" and r["version"] == "1.0"
(f,) = r["findings"]
assert (f["trial"], f["kind"], f["about"]) == ("life", "infinite", "count") and "NaN" in f["text"]
assert len(r["trials"]) == 12 and r["trials"][1]["rows"] == 50 and r["trials"][11]["skipped"]
END
exits 65 "$atoms/planted_SEGV.so"
says out "collect() crashes (SIGSEGV)"
says out "it did not live through 'life'"
exits 65 "$atoms/old_abi.so"
says out "it speaks ABI 0"
echo 'a text' >text.so
exits 65 text.so
says out "text.so: it is not a shared object (no ELF header)"

# ---- what it cannot try ----------------------------------------------------------------------------
exits 66 missing.so
says err "missing.so: it cannot be opened"
exits 64 "$atoms/good.so"
says err "it needs its option \`needed\`, a text: say --set needed=VALUE"
exits 64 "$atoms/good.so" --set needed=x --set strat=4
says err "did you mean \`start\`?"
printf 'atoms: { pulse: {} }\n' >m.yaml
exits 64 m.yaml --set procfs=/proc
says err "a molecule has its options in the file"
for i in $(seq 70); do set -- "$@" --set "needed=$i"; done
shift 3
exits 64 "$atoms/good.so" "$@"
says err "--set more than 64 times"

# ---- Ctrl-C: at once, and nothing stays ------------------------------------------------------------
"$KIRI" check "$atoms/planted_SPIN.so" >out 2>err &
check=$!
at_work() { [ -n "$(ls -A tmp)" ]; }
wait_until 10 at_work
sleep 0.3
began=$(date +%s%3N)
kill -TERM $check
wait $check
got=$?
took=$(($(date +%s%3N) - began))
[ $got -eq 143 ] || wrong "interrupted, it exits $got"
[ $took -le $((1500 * patience / 4)) ] || wrong "interrupting it took $took ms"
[ -z "$(ls -A tmp)" ] || wrong "interrupted, it leaves $(ls -A tmp) behind"
exit $failed
