#!/bin/bash
# refuse_test.sh KIRI BUILD - what is wrong is refused with one sentence and the right exit
# code, and changes nothing (RELIABILITY.md A3, A5, A10, B6, D2).
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"

# refuses CODE WORDS FILE: kiri run FILE ends with CODE, says WORDS in one line, and what was in
# the state directory is as it was.
refuses() {
    before=$(fingerprint state)
    timeout 60 "$KIRI" run "$3" >out 2>err </dev/null
    got=$?
    [ $got -eq "$1" ] || { wrong "$3 exits $got, not $1:"; cat err; }
    grep -q -- "$2" err || { wrong "'$2' is not said for $3:"; cat err; }
    [ "$(wc -l <err)" -eq 1 ] || { wrong "$3 is worth one sentence, not these:"; cat err; }
    [ "$(fingerprint state)" = "$before" ] || wrong "$3 changed the state directory"
}

# ---- configs ----------------------------------------------------------------------------------
refuses 66 'no-such.yaml' no-such.yaml
molecule m 60 10ms 'periood: 5s' >typo.yaml
refuses 78 'typo.yaml:9:5: unknown' typo.yaml
molecule m 60 10parsecs >unit.yaml
refuses 78 'unit.yaml:7:12: ' unit.yaml
printf 'atoms: {' >open.yaml
refuses 78 'open.yaml:[12]:1: ' open.yaml
molecule m 60 10ms 'language: klingon' >option.yaml
refuses 78 'option.yaml:9:15: ' option.yaml
molecule m 60 10ms 'procfs: /no/such/proc' >procfs.yaml
timeout 60 "$KIRI" run procfs.yaml >out 2>err </dev/null
[ $? -eq 78 ] || { wrong "a procfs that is not there is not refused:"; cat err; }
rm -rf state

# ---- plugins ------------------------------------------------------------------------------------
mkdir plugins
one() { # NAME: a molecule whose only plugin is plugins/NAME.so
    printf 'molecule: m\nstate: %s/state\natoms:\n  pulse: { plugin: %s/plugins/%s.so }\n' \
        "$work" "$work" "$1" >"$1.yaml"
}
for fault in old_abi future_abi no_symbol null_callbacks size_zero bad_name crash_constructor; do
    cp "$BUILD"/tests/faults/atoms/$fault.so plugins/ || wrong "no $fault.so"
    one $fault
    refuses 65 "$fault.so" $fault.yaml
done
echo 'not a shared object' >plugins/text.so
: >plugins/empty.so
head -c 5000 "$BUILD/plugins/pulse.so" >plugins/truncated.so
mkdir plugins/folder.so
for fault in text empty truncated; do
    one $fault
    refuses 65 "$fault.so" $fault.yaml
done
one missing
refuses 66 'missing' missing.yaml
[ ! -e state/store.db ] || wrong "a store was made for a plugin that was refused"

# ---- models ----------------------------------------------------------------------------------------
molecule m 60 10ms >m.yaml
model=state/models/pulse.safetensors
start_host m.yaml
until_true 30 'a["gen"] >= 1 and a["rows"] > 100'

# A10: the state directory is held; the running host does not notice.
pid=$host
timeout 60 "$KIRI" run m.yaml >out 2>err </dev/null
[ $? -eq 75 ] || { wrong "a second host is not refused with 75:"; cat err; }
grep -q "held by pid $pid" err || { wrong "it does not say who holds it:"; cat err; }
[ "$(wc -l <err)" -eq 1 ] || wrong "a second host is worth one sentence"
until_true 5 'a["state"] == "normal" or a["state"] == "alarm"'
stop_host -TERM || wrong "SIGTERM exits $?"
start_host m.yaml
until_true 10 'a["last"] is not None'
stop_host -TERM
[ -e $model.prev ] || wrong "no model before this one was kept"

# A3: a damaged one is set aside, the one before it goes on.
cp $model good
printf '\377\377' | dd of=$model bs=1 seek=100000 conv=notrunc status=none
: >log
start_host m.yaml
until_true 10 'a["last"] is not None and a["gen"] >= 1'
grep -q 'pulse.safetensors: .*checksum.*kept as .*bad-.*Using pulse.safetensors.prev' log ||
    { wrong "a damaged model is not set aside in a sentence:"; cat log; }
stop_host -TERM

# A5: another language is kept and not used; the atom learns anew from what is stored.
molecule m 60 10ms 'language: classic' >classic.yaml
: >log
start_host classic.yaml
until_true 20 'a["last"] is not None and a["gen"] >= 1 and a["params"] == 27840'
grep -q 'another language.*kept as .*old-' log ||
    { wrong "a model of another language is not set aside in a sentence:"; cat log; }
stop_host -TERM
exit $failed
