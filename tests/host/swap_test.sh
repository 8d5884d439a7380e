#!/bin/bash
# swap_test.sh KIRI BUILD - B7, B8, B9: an atom's .so changes while it runs. Good versions are
# taken a thousand times (30 in plain CI) and nothing is lost, not a row, not a descriptor, not
# a page; bad ones of six kinds change nothing; whatever happens to the file, nothing happens.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
reloads=30 bads=2 rewrites=50 period=20 first=20
[ -n "${KIRI_SAN:-}" ] && reloads=10 bads=1 rewrites=20 first=4
[ -n "${KIRI_FULL:-}" ] && reloads=1000 bads=100 rewrites=1000
by='{x["name"]: x for x in s["atoms"]}'
v="$by['version']"

# The file is replaced as an installer does it: whole, under its name.
install_version() { # NAME
    cp "$1" version.new && mv version.new version.so
}
cp "$BUILD/tests/host/version_1.so" version.so
cat >m.yaml <<END
molecule: swap
state: $work/state
plugins: [$BUILD/plugins]
watch-plugins: false
atoms:
  version: { plugin: $work/version.so, every: ${period}ms, learn: { warmup: 100 } }
  still: { plugin: $BUILD/tests/host/version_1.so, every: ${period}ms, learn: off }
  pulse: { every: 100ms, learn: { warmup: 100 } }
END
start_host m.yaml
until_true 30 "$v['gen'] >= 1 and $by['pulse']['rows'] > 10" || exit 1
"$KIRI" sub score/version --state state --json >sub.jsonl 2>/dev/null &
sub=$!

# What a process holds: descriptors, maps, KiB resident.
holds() {
    echo "$(count_in fd) $(wc -l </proc/$host/maps)" \
        "$(awk '/^VmRSS/ { print $2 }' /proc/$host/status)"
}
stored() { # ATOM
    sqlite3 state/store.db "select label, ts from obs join atom on obs.atom = atom.id
        where name = '$1' order by obs.id"
}
# Every count once and in order, from the first row on. Ticks that were missed since row FROM,
# beyond those that an atom missed which nobody touches: this machine's own.
account() { # PART, FROM, MOST TICKS MISSED
    until_true 5 "$v['rows'] >= $2 + 10" # some ticks to look at
    python3 "$here/ask.py" state/host.json '{"cmd":"flush"}' >/dev/null || wrong 'no flush'
    stored version >rows
    stored still >still
    python3 - "$1" "$2" "$3" $period <<'END' || failed=1
import os, sys
part, first, most, period = sys.argv[1], *map(int, sys.argv[2:])
def read(file):
    rows = [line.split("|") for line in open(file)]
    return [int(r[0]) for r in rows], [int(r[1]) for r in rows]
def missed_in(times):
    gaps = [b - a for a, b in zip(times, times[1:])]
    return sum(max(0, round(g / period) - 1) for g in gaps), max(gaps, default=0)
counts, times = read("rows")
times = times[first:]
missed, longest = missed_in(times)
usual, usual_longest = missed_in([t for t in read("still")[1] if times[0] <= t <= times[-1]])
print("%s: %d rows, the last is count %d; of %d ticks %d missed, the longest gap %d ms; "
      "an atom that nobody touched: %d, %d ms" %
      (part, len(counts), counts[-1], (times[-1] - times[0]) // period, missed, longest,
       usual, usual_longest))
missed -= usual
if counts != list(range(1, len(counts) + 1)):
    sys.exit("FAILED: %s: a row is missing, or there twice" % part)
if missed > most and not os.environ.get("KIRI_SAN"): # which makes all of it late
    sys.exit("FAILED: %s: %d ticks were missed, %d may be" % (part, missed, most))
END
}
rows_now() { stored version | wc -l; }

# Nothing that is done here may end the host: then there is no more to say.
is_up() {
    kill -0 "$host" 2>/dev/null && return 0
    wait "$host"
    echo "FAILED: the host has ended, exit code $?"
    tail -5 log
    exit 1
}

# ---- B8: good versions, one after the other ---------------------------------------------------
flip() { # NAME: installed, asked for, there
    install_version "$BUILD/tests/host/version_$1.so"
    is_up
    "$KIRI" reload version --state state >out 2>err || { wrong "reload: $(cat err)"; return 1; }
    grep -q "atom version: reloaded (version $1, it was $2)" out ||
        wrong "the version does not flip to $1: $(cat out)"
}
# What is bounded is filled first: answers that are remembered, the caches of the store.
if [ -n "${KIRI_FULL:-}" ]; then
    python3 "$here/ask.py" state/host.json $(for i in $(seq 1100); do
        echo '{"cmd":"unload","atom":"nobody-who-is-there-to-be-unloaded"}'
    done) >/dev/null || wrong 'the host does not answer'
    sleep 60
fi
for i in $(seq $first); do # what is allocated once
    flip $((i % 2 + 1)) $(((i + 1) % 2 + 1))
done
sleep 0.5
from=$(rows_now) began=$(date +%s)
settled() { # a model on its way, a caller, a turn of learning have what goes back
    after=$(holds)
    read -r fds_then maps_then kib_then <<<"$after"
    [ $fds_then -le $fds ] || return 1
    # A sanitizer has maps of its own, and keeps what was freed.
    [ -n "${KIRI_SAN:-}" ] || { [ $maps_then -le $maps ] && [ $kib_then -le $((kib + 1024)) ]; }
}
# What is allocated once may come late on a loaded machine (a thread's first malloc), but not
# three times: what a reload loses grows each time.
kept=1 made=0
for try in 1 2 3; do
    before=$(holds)
    read -r fds maps kib <<<"$before"
    for i in $(seq "$reloads"); do
        flip $((i % 2 + 1)) $(((i + 1) % 2 + 1)) || break
    done
    made=$((made + reloads))
    wait_until 2 settled && kept=0
    echo "B8: $made reloads, $(($(date +%s) - began)) s; descriptors, maps, KiB: $before -> $after"
    [ $kept = 1 ] || break
done
[ $kept = 0 ] || wrong "B8: three times more descriptors, maps or memory"
account B8 "$from" "$made"
[ "$(status "$v['replaced'] == $made + $first and $v['gen'] >= 1 and $v['dropped'] == 0")" = True ] ||
    wrong "B8: the model did not go on: $(status "$v")"

# ---- B9: bad versions of six kinds ------------------------------------------------------------
sed -i 's/^watch-plugins.*/watch-plugins: true/' m.yaml # from here on files are watched, too
"$KIRI" reload --state state >/dev/null || wrong 'the config is not taken'
head -c 4000 "$BUILD/tests/host/version_2.so" >cut.so
running=$(status "$v['version']") from=$(rows_now)
bad() { # FILE, WORDS OF THE SENTENCE
    install_version "$1"
    is_up
    "$KIRI" reload version --state state >out 2>err && wrong "B9: $1 was taken: $(cat out)"
    grep -q "$2" err || wrong "B9: $1: '$2' is not said: $(cat err)"
    [ "$(status "'$2' in $v['rejected'] and $v['version'] == '$running'")" = True ] ||
        wrong "B9: status does not say that $1 was rejected: $(status "$v['rejected']")"
}
for _ in $(seq "$bads"); do
    bad cut.so 'it is cut short'
    bad "$BUILD/tests/faults/atoms/crash_constructor.so" 'it crashed when it was opened'
    bad "$BUILD/tests/faults/atoms/future_abi.so" 'it speaks ABI 2'
    bad "$BUILD/tests/host/version_wrong.so" 'an option is wrong (ECONFIG)'
    bad "$BUILD/tests/host/version_away.so" 'the outside world failed (EIO)'
    bad "$BUILD/tests/host/version_speechless.so" '1..64 are possible'
done
account B9 "$from" $((6 * bads))
install_version "$BUILD/tests/host/version_$running.so"
until_true 10 "$v['rejected'] == ''" # a good one is taken by itself

# ---- B7: whatever happens to the file ---------------------------------------------------------
from=$(rows_now) errors=$(status "$v['errors']")
for i in $(seq "$rewrites"); do
    case $((i % 5)) in
    0) : >version.so ;;
    1) echo garbage >version.so ;;
    2) rm -f version.so ;;
    3) cp "$BUILD/tests/host/version_1.so" version.so && truncate -s 5000 version.so ;;
    4) cat "$BUILD/tests/host/version_2.so" >version.so ;;
    esac
    is_up
    [ $((i % 100)) -ne 50 ] || sleep 0.7 # long enough to be looked at
done
account B7 "$from" $((rewrites / 10))
rm -f version.so
until_true 10 "'no such file' in $v['rejected'].lower()"
[ "$(status "$v['state'] in ('normal', 'alarm') and $v['errors'] == $errors")" = True ] ||
    wrong "B7: the atom is not well: $(status "$v")"
install_version "$BUILD/tests/host/version_2.so"
until_true 10 "$v['version'] == '2' and $v['rejected'] == ''"

# ---- another language: the old model is kept, history is learned anew --------------------------
install_version "$BUILD/tests/host/version_wide.so"
until_true 20 "$v['version'] == 'wide' and $v['gen'] >= 1 and $v['rows'] > 300"
ls state/models/version.safetensors.old-* >/dev/null 2>&1 || wrong "the old model was not kept"
account 'another language' "$from" 1000000
kill $sub
stop_host -TERM || wrong "SIGTERM exits $?"
grep -c 'another version was rejected' log
python3 - <<'END' || failed=1
import json, sys
ids = [json.loads(line)["id"] for line in open("sub.jsonl") if '"score/version"' in line]
if ids != sorted(set(ids)):
    sys.exit("FAILED: a row was scored twice, or out of order")
print("%d scores heard" % len(ids))
END
exit $failed
