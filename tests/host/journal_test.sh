#!/bin/bash
# journal_test.sh KIRI BUILD - RELIABILITY C1, whole: a flood of messages to `kiri sub` on three
# topics, another subscriber stopped with SIGSTOP, the host killed and started again in the
# middle. What the journal has, kiri sub prints, each once and in order; what it prints besides
# was heard right before the kill. KIRI_FULL=1: 100,000 messages at 5,000/s.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"
rows=2 total=600 seconds=1 # a turn, an atom and run; of the first run until the kill
[ -n "${KIRI_FULL:-}" ] && rows=9 total=12000 seconds=8

{
    printf 'molecule: flood\nstate: %s/state\nplugins: [%s/plugins]\n' "$work" "$BUILD"
    printf 'retention: { journal-size: 512MiB }\natoms:\n'
    for atom in a ab b; do
        printf '  %s: { plugin: %s/tests/host/flood.so, every: 10ms, learn: off' $atom "$BUILD"
        printf ', rows: %s, total: %s }\n' $rows $total
    done
} >m.yaml
bus=ipc://$work/state/bus
mkdir -m 700 state
cat >compare.py <<'PY'
import json, sqlite3, sys
wanted = ("score/a ", "score/b ", "score/ab ")
db = sqlite3.connect("file:state/store.db?mode=ro", uri=True)
place = lambda line: (lambda m: (m["boot"], m["seq"]))(json.loads(line[line.index(" "):]))
journal = [bytes(b).decode() for b, in db.execute("select bytes from message order by id")]
journal = [place(m) for m in journal if m.startswith(wanted)]
heard = [place(line) for line in open("heard")]
known = set(journal)
if len(set(heard)) != len(heard):
    sys.exit("printed twice: %d" % (len(heard) - len(set(heard))))
if [p for p in heard if p in known] != journal:
    missing = [p for p in journal if p not in set(heard)]
    sys.exit("%d of %d not printed, first %s, or out of order" %
             (len(missing), len(journal), missing[:1]))
last = {}
for boot, seq in journal:
    last[boot] = seq
early = [p for p in heard if p not in known and p[1] < last.get(p[0], 0)]
if early:
    sys.exit("printed what the journal left out: %s" % early[:3])
print("%d messages journalled on three topics, all printed once and in order; %d more were "
      "heard before the kill" % (len(journal), len(heard) - len(journal)))
PY

# ---- subscribers: one that listens, in each run one that is stopped ----------------------------
"$KIRI" sub score/a score/b score/ab --bus "$bus" >heard 2>sub.log &
sub=$!
stopped_subscriber() {
    "$KIRI" sub '' --bus "$bus" >/dev/null 2>&1 &
    stopped=$!
    disown $stopped
    until_true 20 's["traffic"]["peers"] == 2'
    kill -STOP $stopped
}
traffic() { # what is remembered of a run
    messages=$((${messages:-0} + $(status 's["traffic"]["published"]')))
    p99="${p99:-} $(status 's["traffic"]["send_p99_us"]')"
}

# ---- the flood, a kill in its middle, and the flood of the next run -----------------------------
start_host m.yaml
stopped_subscriber
sleep $seconds
traffic
stop_host -KILL
kill -KILL $stopped
start_host m.yaml
stopped_subscriber
until_true 120 "s['traffic']['published'] >= 6 * $total"
took=$(status 's["uptime_ms"]')
traffic

# ---- the subscriber has it all, soon after ------------------------------------------------------
has_it_all() { python3 compare.py >verdict 2>&1; }
wait_until 10 has_it_all || wrong "$(cat verdict)"
kill -0 $sub || wrong "kiri sub ended"
kill -INT $sub
wait $sub || wrong "kiri sub exits $?"
grep -q lost sub.log && wrong "kiri sub says: $(cat sub.log)"
kill -KILL $stopped
stop_host -TERM || wrong "SIGTERM exits $?"
cat verdict
echo "$messages messages in both runs, the second one $took ms; 99 % of the sends took at most" \
    "$p99 us"
for us in $p99; do
    [ "$us" -le 1024 ] || [ -z "${KIRI_FULL:-}" ] || [ -n "${KIRI_SAN:-}" ] ||
        wrong "sending takes $us us"
done
exit $failed
