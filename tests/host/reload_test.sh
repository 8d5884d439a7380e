#!/bin/bash
# reload_test.sh KIRI BUILD - D3, D4: kiri reload and SIGHUP apply the difference, all of it or
# nothing; models, rows and small state go on.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"
odd=$BUILD/tests/host/odd.so
by='{x["name"]: x for x in s["atoms"]}'

config() { # LINES OF ATOMS on stdin
    printf 'molecule: reload\nstate: %s/state\nplugins: [%s/plugins]\nwatch-plugins: false\natoms:\n' "$work" "$BUILD"
    sed 's/^/  /'
}
reload() { "$KIRI" reload --state state >out 2>err; }
says() { # CODE LINE...
    code=$1
    shift
    reload
    got=$?
    [ $got -eq "$code" ] || { wrong "reload exits $got, not $code:"; cat out err; }
    printf '%s\n' "$@" >expected
    cmp -s out expected || { wrong "reload does not say:"; diff expected out; }
}
refuses() { # WORDS: with 78, and nothing is different afterwards
    before=$(status '[(x["name"], x["period_ms"], x["budget_per_day"]) for x in s["atoms"]]')
    reload
    got=$?
    [ $got -eq 78 ] || { wrong "a wrong file ($1) exits $got:"; cat out err; }
    grep -q -- "$1" err || { wrong "'$1' is not said:"; cat err; }
    after=$(status '[(x["name"], x["period_ms"], x["budget_per_day"]) for x in s["atoms"]]')
    [ "$before" = "$after" ] || wrong "$before became $after"
    [ "$(status "'m.yaml' in s['config_rejected']")" = True ] || wrong "status does not say so"
}

first() {
    config <<END
pulse: { every: 20ms, learn: { warmup: 60 } }
count: { plugin: $odd, mode: note, every: 20ms }
other: { plugin: pulse, every: 50ms }
END
}
first >m.yaml
start_host m.yaml
until_true 30 "$by['pulse']['gen'] >= 1 and $by['pulse']['rows'] > 100" || exit 1
says 0 'nothing changed'
fds=$(count_in fd) tasks=$(count_in task)

# ---- the difference only ----------------------------------------------------------------------
config >m.yaml <<END
pulse: { every: 40ms, alarm: 2/day, learn: { warmup: 60 } }
new: { plugin: pulse, every: 50ms }
count: { plugin: $odd, mode: note, every: 20ms, path: /elsewhere }
END
calls=$(timeout 60 "$KIRI" sub note/count --state state --count 1 2>/dev/null |
    sed 's/.*call \([0-9]*\).*/\1/')
rows=$(status "$by['pulse']['rows']")
says 0 'atom pulse: adjusted (period, budget or learning)' 'atom new: added' \
    'atom count: replaced (other options)' 'atom other: removed'
[ "$(status '[x["name"] for x in s["atoms"]]')" = "['pulse', 'new', 'count']" ] ||
    wrong "the atoms are $(status '[x["name"] for x in s["atoms"]]')"
[ "$(status "$by['pulse']['period_ms'] == 40 and $by['pulse']['budget_per_day'] == 2 and \
    $by['pulse']['rows'] >= $rows and $by['pulse']['gen'] >= 1")" = True ] ||
    wrong "pulse did not just go on: $(status "$by['pulse']")"
more=$(timeout 60 "$KIRI" sub note/count --state state --count 1 2>/dev/null |
    sed 's/.*call \([0-9]*\).*/\1/')
[ "${more:-0}" -gt "${calls:-0}" ] || wrong "small state did not go on: call $calls, then $more"

# a plugin that is another file now: the model goes on, too
mkdir -p plugins
cp "$BUILD/plugins/pulse.so" plugins/
sed -i "s|^plugins: .*|plugins: [$work/plugins]|" m.yaml
rows=$(status "$by['pulse']['rows']")
says 0 'atom pulse: replaced (another plugin file)' 'atom new: replaced (another plugin file)'
until_true 5 "$by['pulse']['gen'] >= 1 and $by['pulse']['rows'] >= $rows"
cp "$BUILD/plugins/pulse.so" plugins/new.so && mv plugins/new.so plugins/pulse.so
says 0 'atom pulse: replaced (another plugin file)' 'atom new: replaced (another plugin file)'
until_true 5 "$by['pulse']['gen'] >= 1 and $by['pulse']['rows'] >= $rows"

# ---- all or nothing ---------------------------------------------------------------------------
cp m.yaml good.yaml
sed -i 's/warmup: 60/warmpu: 60/; s/every: 50ms/every: 50parsecs/' m.yaml
refuses 'did you mean `warmup`'
grep -c 'm.yaml:[0-9]*:[0-9]*: ' err | grep -qx 2 || { wrong "not both mistakes:"; cat err; }
sed 's|state: .*|state: /tmp/elsewhere|' good.yaml >m.yaml
refuses '`state` cannot change'
sed 's|^atoms:|bus: { listen: ["tcp://127.0.0.1:4711"] }\natoms:|' good.yaml >m.yaml
refuses '`bus` cannot change'
{ cat good.yaml; printf '  bad: { plugin: %s/plugins/none.so }\n' "$work"; } >m.yaml
refuses 'none.so'
# what only open() can find comes last: it is taken back with all the rest
sed 's|every: 40ms|every: 30ms|; s|plugin: pulse, every: 50ms|&, procfs: /nowhere|' \
    good.yaml >m.yaml
refuses 'atom new: open: an option is wrong'
until_true 5 "$by['new']['state'] == 'learning' and $by['pulse']['gen'] >= 1"
cp good.yaml m.yaml
says 0 'nothing changed'
[ "$(status 's["config_rejected"]')" = '' ] || wrong "status still says that it was rejected"

# ---- SIGHUP is the same, and the last file counts ----------------------------------------------
first >m.yaml
kill -HUP $host
until_true 10 '[x["name"] for x in s["atoms"]] == ["pulse", "count", "other"]'
# what was removed leaves; a knock at our own doors takes two of each
no_more() { [ "$(count_in fd)" -le $((fds + 2)) ] && [ "$(count_in task)" -le "$tasks" ]; }
wait_until 5 no_more ||
    wrong "$fds descriptors became $(count_in fd), $tasks threads $(count_in task)"
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
