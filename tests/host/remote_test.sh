#!/bin/bash
# remote_test.sh KIRI BUILD - an atom in another process: its schema once, values after; what is
# wrong gets a sentence (C5); a message that is sent again is stored once; a restart knows the
# schema; another schema is another language; silence is seen; record, export and replay know it.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
send() { python3 "$here/ask.py" --to inbox state/host.json "$@"; }
member() { python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line).get(sys.argv[1]))' "$1"; }
# rows FROM TO: messages with a moisture that goes around 41, of the last hours
began=$(date +%s)
rows() {
    python3 -c 'import sys
for i in range(int(sys.argv[1]), int(sys.argv[2])):
    print("obs/soil {\"id\":\"r%d\",\"ts\":%d,\"label\":\"bed 2\",\"values\":{\"moisture\":%.1f}}"
          % (i, (int(sys.argv[3]) - 7200 + i) * 1000, 41 + i * 7 % 5))' "$1" "$2" "$began"
}
send_rows() {
    mapfile -t list < <(rows "$1" "$2")
    send "${list[@]}"
}

{
    printf 'molecule: remote\nstate: %s/state\nplugins: [%s/plugins]\natoms:\n' "$work" "$BUILD"
    printf '  soil: { plugin: remote, every: 1s, learn: { warmup: 60 } }\n'
    printf '  pulse: { plugin: pulse, every: 1s, learn: off }\n'
} >m.yaml
"$KIRI" check m.yaml >checked 2>&1 || wrong "kiri check: $(cat checked)"
start_host m.yaml
until_true 20 '"schema is not known yet" in a["note"] and a["state"] == "stale"' || exit 1

# ---- before anybody has said what it is ---------------------------------------------------------
send 'obs/soil {"values":{"moisture":41}}' >answer
grep -q '"ok":false,"code":66,.*send it once' answer || wrong "without a schema: $(cat answer)"

# ---- C5: what is no message ------------------------------------------------------------------------
schema='{"period":"1s","fields":[{"name":"moisture","lo":0,"hi":100,"unit":"%","flags":["always"]}]}'
send "obs/soil {\"schema\":$schema}" >answer
[ "$(cat answer)" = '{"ok":true,"schema":"taken"}' ] || wrong "the schema: $(cat answer)"
send "obs/soil {\"schema\":$schema}" >answer
[ "$(cat answer)" = '{"ok":true,"schema":"as it was"}' ] || wrong "the schema again: $(cat answer)"
messages=()
while IFS= read -r message; do messages+=("$message"); done <<'END'

obs
obs/soil
obs/soil {
obs/soil []
obs/soil {}
obs/soil {"values":7}
obs/soil {"values":{}}
obs/soil {"values":{"moisture":"wet"}}
obs/soil {"values":{"moisture":NaN}}
obs/soil {"values":{"moisture":1e999}}
obs/soil {"values":{"moisture":1,"moisture":2}}
obs/soil {"values":{"moisture":1,"rain":2}}
obs/soil {"values":{"moisture":null}}
obs/soil {"values":{"moisture":41},"ts":"now"}
obs/soil {"values":{"moisture":41},"ts":99999999999999}
obs/soil {"values":{"moisture":41},"id":[]}
obs/soil {"values":{"moisture":41},"more":1}
obs/soil {"schema":{"fields":[{"name":"moisture","lo":9,"hi":0}]}}
obs/soil {"schema":{"fields":[{"name":"moisture"}]}}
obs/soil {"schema":{"fields":[{"name":"hour","kind":"hour"}]}}
obs/pulse {"values":{"cpu":1}}
obs/siol {"values":{"moisture":41}}
obs/../../etc {"values":{"moisture":41}}
score/soil {"values":{"moisture":41}}
{"id":"1","cmd":"stop"}
END
send "${messages[@]}" >answers || wrong "not each message was answered"
i=0
while IFS= read -r answer; do
    case $answer in
    '{"ok":false,"code":'*'"error":"'?*) ;;
    *) wrong "no sentence for ${messages[$i]}: $answer" ;;
    esac
    i=$((i + 1))
done <answers
[ $i -eq ${#messages[@]} ] && [ $i -ge 25 ] || wrong "$i answers to ${#messages[@]} messages"
grep -q 'did you mean soil' answers || wrong "obs/siol is not understood"
[ "$(status 'a["rows"]')" = 0 ] || wrong "a wrong message became a row"
"$BUILD/tests/host/peers" state/inbox garbage 20 </dev/null >garbage.out
"$BUILD/tests/host/peers" state/inbox giant 20 </dev/null >giant.out
until_true 10 's["inbox"]["waiting"] == 0 and a["rows"] == 0'

# ---- rows, and the same message again ---------------------------------------------------------------
send_rows 0 120 >answers
[ "$(grep -c '^{"ok":true,"ts":[0-9]*000,.*"surprise":.*"score":.*"tail":.*"blame":.*"fields":\[{"name":"moisture"' answers)" = 120 ] ||
    wrong "not 120 scores: $(tail -2 answers)"
[ "$(tail -1 answers | member gen)" -ge 1 ] || wrong "it never learned: $(tail -1 answers)"
python3 "$here/ask.py" --to inbox --repeat 8 state/host.json "$(rows 119 120)" >again
[ "$(sort -u again answers | wc -l)" = 120 ] || wrong "the same message has another answer: $(cat again)"
sed 's/"moisture"/"moist"/' <<<"$(rows 119 120)" >other
send "$(cat other)" >answer
grep -q 'this id was used for another message' answer || wrong "an id twice: $(cat answer)"
until_true 5 'a["rows"] == 120'
send 'obs/soil {"values":{"moisture":95}}' >odd
python3 - answers odd <<'PY' || failed=1
import json, sys
usual = [json.loads(line)["surprise"] for line in list(open(sys.argv[1]))[-40:]]
odd = json.load(open(sys.argv[2]))
print("surprise of 41..45: %.2f, of 95: %.2f" % (sum(usual) / len(usual), odd["surprise"]))
raise SystemExit(odd["surprise"] < 2 * max(usual) or odd["blame"] not in ("moisture", ""))
PY

# ---- many senders at once, while it learns: each row is stored once, and answered ------------------
senders=()
for i in 1 2 3 4 5 6 7 8 9 10; do
    send_rows ${i}000 ${i}024 >sender$i &
    senders+=($!)
done
wait "${senders[@]}"
until_true 10 'a["rows"] == 361 and a["waiting"] == 0 and s["inbox"]["waiting"] == 0'
[ "$(cat sender* | grep '^{"ok":true' | member id | sort -u | wc -l)" = 240 ] ||
    wrong "ten senders: not 240 rows of their own: $(cat sender* | grep -v '^{"ok":true')"

# ---- silence, and speech again ------------------------------------------------------------------
until_true 6 'a["state"] == "stale" and "two periods" in a["note"]'
i=300 # until somebody looks, it may be silent again
until send "$(rows $i $((i + 1)))" >answer && [ "$(status 'a["state"] != "stale"')" = True ]; do
    i=$((i + 1))
    [ $i -lt 320 ] || { wrong "it is stale although it speaks: $(status a)"; break; }
done

# ---- a restart knows the schema; the rows are there -------------------------------------------------
for how in -TERM -KILL; do
    gen=$(status 'a["gen"]')
    [ $how = -TERM ] || python3 "$here/ask.py" state/host.json '{"cmd":"save"}' '{"cmd":"flush"}' >/dev/null
    stop_host $how
    start_host m.yaml
    until_true 20 'a["rows"] >= 362' || break
    [ "$(status 'a["gen"]')" -ge "$gen" ] || wrong "after SIG$how it is generation $(status 'a["gen"]')"
    send 'obs/soil {"values":{"moisture":42}}' >answer
    grep -q '"ok":true.*"gen":[1-9]' answer || wrong "after SIG$how: $(cat answer)"
done

# ---- export, record, replay ---------------------------------------------------------------------------
"$KIRI" record --for 1s --output rec --state state --quiet || wrong "kiri record fails"
"$KIRI" export obs --output out --state state --quiet || wrong "kiri export fails"
cmp rec/soil.schema.json out/soil.schema.json || wrong "two schemas"
[ ! -e rec/pulse.schema.json ] || wrong "pulse is no remote atom"
"$KIRI" replay m.yaml --data rec --output played --quiet || wrong "kiri replay fails"
"$KIRI" replay m.yaml --data out --output relearned --quiet || wrong "kiri replay of an export fails"
[ "$(grep -c '"topic":"score/soil"' relearned)" = "$(wc -l <out/soil.jsonl)" ] || wrong "not every row was replayed"
rm rec/soil.schema.json
"$KIRI" replay m.yaml --data rec --output none --quiet 2>said && wrong "replay without a schema"
grep -q 'there is no rec/soil.schema.json' said || wrong "replay without a schema says: $(cat said)"

# ---- another language -------------------------------------------------------------------------------
more='{"period":"1s","fields":[{"name":"moisture","lo":0,"hi":100,"unit":"%"},{"name":"rain","lo":0,"hi":9}]}'
before=$(status 'a["rows"]')
send "obs/soil {\"schema\":$more,\"values\":{\"moisture\":42,\"rain\":0}}" >answer
grep -q '"ok":true.*"name":"rain"' answer || wrong "another schema: $(cat answer)"
send "obs/soil {\"schema\":$schema}" >answer
grep -q '"code":75,.*two senders' answer || wrong "two schemas in a moment: $(cat answer)"
until_true 20 "a['rows'] >= $before and a['gen'] >= 1"
send 'obs/soil {"values":{"moisture":42,"rain":1}}' | grep -q '"ok":true' || wrong "rain is not taken"
sed -i 's/plugin: remote, every/plugin: remote, isolate: process, schema: soil.json, every/' m.yaml
echo "$more" >soil.json
"$KIRI" reload --state state >said 2>&1 || wrong "kiri reload: $(cat said)"
send 'obs/soil {"values":{"moisture":42,"rain":1}}' | grep -q '"ok":true' || wrong "a schema from a file"
send "obs/soil {\"schema\":$schema}" >answer
grep -q 'soil.json, where the YAML' answer || wrong "against the YAML: $(cat answer)"

stop_host -TERM || wrong "SIGTERM exits $?"
grep -E 'ERROR|panic' log && wrong "errors in the log"
exit $failed
