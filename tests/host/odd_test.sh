#!/bin/bash
# odd_test.sh KIRI BUILD - one atom's failure is one atom's failure: the one that sleeps, fails
# or finds a bug in itself is named, and its neighbour goes on (RELIABILITY.md B5, G2). An atom
# that waits on a descriptor costs nothing, and small state outlives a restart.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"

odd() { # NAME MODE [MORE]
    printf '  %s: { plugin: %s/tests/host/odd.so, mode: %s%s }\n' "$1" "$BUILD" "$2" "${3:-}"
}
{
    printf 'molecule: odd\nstate: %s/state\nplugins: [%s/plugins]\natoms:\n' "$work" "$BUILD"
    odd aline line ", path: $work/fifo"
    odd bsleep sleep ', every: 10ms'
    odd cfail fail ", every: 20ms, path: $work/broken"
    odd dbug bug ', every: 10ms'
    odd enote note ', every: 20ms'
    printf '  well: { plugin: pulse, every: 20ms, learn: off }\n'
} >m.yaml
most=8000 # ms; five where nothing else runs; a sanitizer writes its report after the end
[ -z "${KIRI_FULL:-}" ] || most=5000
[ -z "${KIRI_SAN:-}" ] || most=15000
by='{x["name"]: x for x in s["atoms"]}'

# ---- a FIFO that is not there yet is tried again --------------------------------------------
start_host m.yaml
until_true 5 "$by['aline']['state'] == 'error' and $by['well']['rows'] > 0"
mkfifo fifo
until_true 10 "$by['aline']['state'] == 'learning'"
printf 'a\nb\na\n' >fifo
until_true 5 "$by['aline']['rows'] == 3"
printf 'b' >fifo
until_true 5 "$by['aline']['rows'] == 4 and $by['aline']['skipped'] == 0"

# ---- an atom with a bug in itself is not asked again, and says so -----------------------------
until_true 5 "$by['dbug']['state'] == 'broken' and 'bug' in $by['dbug']['note']"
until_true 1 "$by['dbug']['rows'] == 19"

# ---- an atom whose world fails is tried again, and well when the world is --------------------
: >broken
until_true 5 "$by['cfail']['state'] == 'error'"
rm broken
until_true 5 "$by['cfail']['state'] != 'error'"

# ---- an atom that hangs is seen; nobody waits for it -------------------------------------------
until_true 20 "$by['bsleep']['state'] == 'stuck'"
until_true 10 "$by['bsleep']['state'] != 'stuck'"

# ---- stopping does not wait for a callback for ever; state is kept -----------------------------
kill -USR1 $host # what means nothing to a host neither ends it nor makes it deaf (E6)
kill -USR2 $host
calls=$(sqlite3 state/store.db "select count(*) from kv")
[ "$calls" -ge 1 ] || wrong "no key was stored"
began=$(date +%s%3N)
stop_host -TERM || wrong "SIGTERM exits $?"
took=$(($(date +%s%3N) - began))
[ $took -le $most ] || wrong "stopping took $took ms"
rows=$(sqlite3 state/store.db 'select count(*) from obs')
meanwhile=$(sqlite3 state/store.db "
    create temp view row as select name, obs.id, ts from obs join atom on obs.atom = atom.id;
    with hung as (select ts, lag(ts) over (order by id) as since from row where name = 'bsleep')
    select max((select count(*) from row where name = 'well' and row.ts > since and row.ts < hung.ts))
    from hung where ts - since > 4000")
[ "${meanwhile:-0}" -ge 50 ] || wrong "pulse made $meanwhile rows in the 5 s in which another hung"
start_host m.yaml
until_true 10 "$by['enote']['rows'] > 0"
timeout 60 "$KIRI" sub note/enote --state state --count 1 >note 2>/dev/null
n=$(sed 's/.*call \([0-9]*\).*/\1/' note)
[ "$n" -gt 50 ] || wrong "the count did not go on: $(cat note)"
stop_host -TERM

# ---- E6: also while a plugin is probed that never opens ------------------------------------------
printf 'state: %s/other\natoms: { a: { plugin: %s/tests/faults/atoms/spin_constructor.so } }\n' \
    "$work" "$BUILD" >spin.yaml
start_host spin.yaml
probes() { grep -qs "^PPid:	$host$" /proc/[0-9]*/status; }
wait_until 10 probes || wrong "no plugin is probed"
began=$(date +%s%3N)
stop_host -TERM || wrong "SIGTERM while a plugin is probed exits $?"
took=$(($(date +%s%3N) - began))
[ $took -le $most ] || wrong "stopping while a plugin is probed took $took ms"

echo "$meanwhile rows of another while one hung for 5 s; $rows rows; stopped in $took ms"
exit $failed
