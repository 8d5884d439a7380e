#!/bin/bash
# retrain_test.sh KIRI BUILD - kiri retrain and kiri rollback of a running host: promoted after a
# shift, kept when it knows less, back again, refused with a sentence; rows go on meanwhile; ends
# by SIGKILL at any moment leave a model that goes on. 4 of them; 100 with KIRI_FULL=1.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
kills=4
[ -n "${KIRI_SAN:-}" ] && kills=2
[ -n "${KIRI_FULL:-}" ] && kills=100
send() { python3 "$here/ask.py" --to inbox state/host.json "$@"; }
began=$(($(date +%s) - 86400)) sent=0
schema='{"period":"1s","context":8,"fields":[{"name":"heat","scale":"learned"}]}'
# rows HOW MANY, LEVEL: a wave around the level, a row a second, of the last day
rows() {
    mapfile -t list < <(awk -v first="$sent" -v n="$1" -v level="$2" -v began="$began" 'BEGIN {
        for (i = first; i < first + n; i++)
            printf "obs/oven {\"id\":\"r%d\",\"ts\":%d000,\"values\":{\"heat\":%.3f}}\n",
                i, began + i, level + sin(i / 5) + .1 * (i * 37 % 11 - 5) / 5
    }')
    send "${list[@]}" >answers || wrong "rows are not taken"
    ! grep -v '"ok":true' answers || wrong "a row is refused"
    sent=$((sent + $1))
}
# What a killed host has not stored yet is lost: not what is tested here.
flush() { python3 "$here/ask.py" state/host.json '{"cmd":"flush"}' | grep -q '"ok":true' || wrong "no flush"; }
retrain() { "$KIRI" retrain "$@" --state state >out 2>err; }
rollback() { "$KIRI" rollback "$@" --state state >out 2>err; }
refused() { # CODE WORDS: of the last command, which exited with $code
    [ "$code" -eq "$1" ] || wrong "exit code $code instead of $1: $(cat out err)"
    grep -q "$2" err || wrong "'$2' is not said: $(cat out err)"
}

cat >m.yaml <<YAML
molecule: retrain
state: $work/state
plugins: [$BUILD/plugins]
atoms:
  oven: { plugin: remote, every: 1s, learn: { warmup: 200, hold: 0s } }
YAML
start_host m.yaml
until_true 20 '"schema is not known yet" in a["note"]' || exit 1
code=0; retrain oven || code=$?
refused 75 'is just coming or leaving'
send "obs/oven {\"schema\":$schema}" >/dev/null
rows 100 20
code=0; retrain oven || code=$?
refused 75 'no model yet: its first training comes after 200 rows'
rows 110 20
code=0; retrain oven || code=$?
refused 75 'retraining refused: its window has 210 rows that may be learned'
code=0; retrain nobody || code=$?
refused 64 'there is no atom `nobody`'
code=0; retrain oven yesterday || code=$?
refused 64 'a time such as'
code=0; rollback oven || code=$?
refused 66 'there is no generation to go back to'

# ---- a shift: promoted; then back ----------------------------------------------------------------
rows 290 20
rows 400 300
gen=$(status 'a["gen"]')
retrain oven 400 --quiet || wrong "retrain: $(cat err)"
grep -qE '^promoted: [-0-9.]+ -> [-0-9.]+ nats of density on the newest 40 rows$' out ||
    wrong "it was not promoted: $(cat out)"
cat out
[ "$(status "a['gen'] == $gen + 1 and a['retrain']['result'] == 'promoted'")" = True ] ||
    wrong "status does not say so: $(status 'a')"
[ -s state/models/oven.previous.safetensors ] || wrong "the generation before is not kept"
"$KIRI" inspect state/models/oven.safetensors | grep -q "$((gen + 1))" ||
    wrong "the promoted generation is not saved"
rows 20 300
rollback oven || wrong "rollback: $(cat err)"
grep -qx "rolled back to generation $gen" out || wrong "it is not back: $(cat out)"
[ "$(status "a['gen'] == $gen")" = True ] || wrong "status does not say so"
code=0; rollback oven || code=$?
refused 66 'there is no generation to go back to'
flush
stop_host -KILL # no chance to save
start_host m.yaml
until_true 20 "a['gen'] == $gen and a['rows'] == $sent"

# ---- it knows less: kept; a restart keeps a promotion and the way back -----------------------------
rows 33 20
retrain oven 333 --json || wrong "retrain: $(cat err)"
grep -q '"result":"kept","said":"kept: the live model is better' out || wrong "kept: $(cat out)"
rows 400 40
gen=$(status 'a["gen"]')
retrain oven 400 || wrong "retrain: $(cat err)"
grep -q '^promoted: ' out || wrong "it was not promoted: $(cat out)"
now=$(status 'a["gen"]')
stop_host -TERM || wrong "SIGTERM exits $?"
start_host m.yaml
until_true 20 "a['gen'] == $now"
rollback oven || wrong "rollback after a restart: $(cat err)"
[ "$(status "a['gen'] == $gen")" = True ] || wrong "not back after a restart"
python3 "$here/ask.py" state/host.json \
    '{"cmd":"since","boot":"","seq":0,"topics":["model/oven "]}' >said
grep -q 'promoted: ' said && grep -q 'kept: the live' said &&
    grep -q 'rolled back to' said || wrong "the bus has not said it: $(cat said)"

# ---- one at a time; rows are scored meanwhile; another takes its place -----------------------------
"$KIRI" retrain oven --no-wait --state state >out || wrong "no-wait: $(cat out)"
code=0; retrain oven || code=$?
[ $code -ne 75 ] || refused 75 'is under way already'
rows 30 40
until_true 60 'a["retrain"]["result"] in ("promoted", "kept")'
"$KIRI" retrain oven --no-wait --state state >out || wrong "no-wait: $(cat out)"
"$KIRI" reload oven --state state >out 2>&1 || wrong "reload: $(cat out)"
until_true 20 'a["state"] in ("normal", "alarm")'
rows 5 40
flush

# ---- killed at any moment ---------------------------------------------------------------------------
for i in $(seq "$kills"); do
    "$KIRI" retrain oven 400 --no-wait --state state >/dev/null 2>&1
    [ $((i % 3)) -ne 0 ] || { "$KIRI" rollback oven --state state >/dev/null 2>&1 & }
    sleep "$(printf '0.0%02d' $((RANDOM % 100)))" # a training takes some 30 ms
    stop_host -KILL
    wait
    start_host m.yaml
    until_true 20 "a['rows'] == $sent and a['gen'] >= 1" || break
    for file in state/models/*.safetensors; do
        "$KIRI" inspect "$file" >/dev/null || wrong "$file cannot be used"
    done
done
rows 3 40
! grep -E 'bad-|damaged|checksum|anew' log || wrong "it found damage"

# ---- its fields grow: what is stored by name teaches the new language, and can be retrained -------
send "obs/oven {\"schema\":${schema%]*},{\"name\":\"door\",\"kind\":\"choice\",\"choices\":[\"open\",\"shut\"]}]}}" >answer
grep -q '"ok":true' answer || wrong "the schema: $(cat answer)"
until_true 30 "a['rows'] >= $sent - 10 and a['gen'] >= 1"
retrain oven 400 || wrong "retrain in another language: $(cat err)"
grep -qE '^(promoted|kept): ' out || wrong "retrain in another language: $(cat out)"
! grep -q '^promoted' out || { rollback oven || wrong "rollback: $(cat err)"; }
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
