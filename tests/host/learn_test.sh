#!/bin/bash
# learn_test.sh KIRI BUILD - what a host learns of an alarm: nothing until `learn.hold` is over,
# by the rows' own times; then all of it. What people say of rows: survives SIGKILL, is said again
# or taken back, and wrong ranges get a sentence.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
send() { python3 "$here/ask.py" --to inbox state/host.json "$@"; }
# rows FROM TO: two numbers that move together, a row a minute
began=$(date +%s)
rows() {
    python3 -c 'import random, sys
for i in range(int(sys.argv[1]), int(sys.argv[2])):
    r = random.Random(i)
    level = 20 + 8 * ((i * 7) % 24) / 24
    a, b = (level + r.random() for _ in "ab")
    print("obs/soil {\"id\":\"r%d\",\"ts\":%d,\"values\":{\"wet\":%.2f,\"warm\":%.2f}}"
          % (i, (int(sys.argv[3]) - 172800 + 60 * i) * 1000, a, b))' "$1" "$2" "$began"
}
feed() { # FROM TO -> answers
    mapfile -t list < <(rows "$@")
    send "${list[@]}" >answers || wrong "rows $1 to $2 were not taken"
}
says() { # CODE WORDS COMMAND...
    code=$1 words=$2
    shift 2
    "$@" >said 2>&1
    got=$?
    [ $got -eq "$code" ] || wrong "$* exits $got, not $code: $(cat said)"
    grep -qF -- "$words" said || wrong "$* does not say '$words' but: $(cat said)"
}
at() { # N: the id of the Nth answer
    python3 -c 'import json, sys
print(json.loads(open("answers").read().splitlines()[int(sys.argv[1]) - 1])["id"])' "$1"
}

{
    printf 'molecule: learn\nstate: %s/state\natoms:\n' "$work"
    # an alarm a row is accepted: once it is trained there always is one
    printf '  soil: { plugin: remote, every: 1m, alarm: 1/min, learn: { warmup: 200, hold: 2h } }\n'
    printf '  idle: { plugin: remote, every: 1m }\n'
} >m.yaml
start_host m.yaml
until_true 20 '"schema is not known yet" in a["note"]' || exit 1
schema='{"period":"1m","fields":[{"name":"wet","scale":"learned"},{"name":"warm","scale":"learned"}]}'
send "obs/soil {\"schema\":$schema}" "obs/idle {\"schema\":$schema}" >answer
grep -q '"ok":false' answer && wrong "the schema: $(cat answer)"
says 75 'no model yet' "$KIRI" dismiss idle 1..9 --state state
feed 0 200
[ "$(status 'a["hold_ms"] == 7200000 and a["share"] == .25')" = True ] ||
    wrong "it is not as the YAML says: $(status 'a')"

# ---- an alarm waits for two hours of its rows -------------------------------------------------
feed 200 260
first=$(at 1) last=$(at 60)
[ "$(status 'a["state"], a["held_back"]')" = "('alarm', 60)" ] ||
    wrong "after an hour: $(status 'a["state"], a["held_back"]')"
feed 260 320
[ "$(status 'a["held_back"]')" = 120 ] || wrong "after two hours $(status 'a["held_back"]') rows wait"
feed 320 340
[ "$(status 'a["state"], a["held_back"]')" = "('alarm', 0)" ] ||
    wrong "after more than two hours: $(status 'a["state"], a["held_back"]')"

# ---- what people say --------------------------------------------------------------------------
says 0 'soil: 60 rows dismissed' "$KIRI" dismiss soil "$first..$last" --state state
stop_host -KILL
start_host m.yaml
until_true 20 'a["gen"] >= 1 and a["rows"] == 340' || exit 1
[ "$(status 'a["judged"]')" = 60 ] || wrong "after SIGKILL it knows $(status 'a["judged"]') judged rows"
says 0 'soil: 1 row approved' "$KIRI" approve soil "$first" --state state
says 64 'no such atom' "$KIRI" approve sol 1..2 --state state
says 64 'no range of row ids' "$KIRI" approve soil 9..8 --state state
says 64 'no range of row ids' "$KIRI" approve soil 1-8 --state state
says 66 'remembers none' "$KIRI" approve soil 900000..900001 --state state
for request in '{"cmd":"judge"}' '{"cmd":"judge","atom":"soil","from":1,"to":2,"verdict":"maybe"}' \
    '{"cmd":"judge","atom":"soil","from":0,"to":2,"verdict":"approve"}' \
    '{"cmd":"judge","atom":"soil","from":1,"verdict":"approve"}'; do
    python3 "$here/ask.py" state/host.json "$request" | grep -q '"ok":false,"code":64' ||
        wrong "it takes $request"
done
[ "$(status 'a["judged"]')" = 61 ] || wrong "it knows $(status 'a["judged"]') judged rows"

# ---- a reload changes it in place -------------------------------------------------------------
sed -i 's/hold: 2h/hold: 9h, share: 5%/' m.yaml
"$KIRI" reload --state state >said || wrong "reload: $(cat said)"
[ "$(status 'a["hold_ms"], a["share"]')" = '(32400000, 0.05)' ] ||
    wrong "after a reload: $(status 'a["hold_ms"], a["share"]')"
feed 340 350
[ "$(status 'a["held_back"]')" = 10 ] || wrong "with a longer hold $(status 'a["held_back"]') rows wait"

stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
