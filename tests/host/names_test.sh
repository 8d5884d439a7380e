#!/bin/bash
# names_test.sh KIRI BUILD - filename in a whole host, with real inotify: it learns 88 names
# of a folder; then 45 files are made, and the five that do not belong are the alarms. And
# E5: 20,000 files at once, observed plus counted as lost is what was created.
KIRI=$1 BUILD=$2
. "$(dirname "$0")/lib.sh"
seeds=1
[ -n "${KIRI_FULL:-}" ] && seeds='1 2 3 4 5'
files=20000 warmup=88
# A sanitizer slows training tenfold: rows come and go, and the kernel keeps all of their events.
[ -z "${KIRI_SAN:-}" ] || seeds= files=2000 warmup=5000

# names SEED learned|later FOLDER: makes 88 files of one convention, or 40 more of it with
# the five published bad ones among them, and waits for nothing.
names() {
    python3 - "$@" <<'END'
import random, sys
seed, which, folder = sys.argv[1:]
r = random.Random(int(seed))
ends = dict(banner='png', email='jpg', video='mp4', logo='svg', report='pdf')
def name():
    kind = r.choice(sorted(ends))
    return 'acr_%s_%s_%s_v%02d.%s' % (kind, r.choice(['spring25', 'bf24', 'fy24q4', 'demo']),
                                      r.choice(['enUS', 'deDE', 'enGB']), r.randint(1, 9), ends[kind])
def some(n, known):
    while n:
        one = name()
        if one not in known:
            known.add(one)
            n -= 1
            yield one
known = set()
learned = list(some(88, known))
later = list(some(40, known)) + ['DELETE_THIS_NOW.exe', '..hidden_config.bat',
    'photo_2024_vacation_IMG_3847.HEIC', 'meeting notes final FINAL v2 (1).docx',
    'acr banner spring enUS v01.png']
r.shuffle(later)
for one in learned if which == 'learned' else later:
    open(folder + '/' + one, 'w').close()
END
}

cat >names.yaml <<END
molecule: names
state: $work/state
plugins: [$BUILD/plugins]
atoms:
  names:
    plugin: filename
    watch: [$work/new]
    learn: { warmup: $warmup }
END

for seed in $seeds; do
    rm -rf state new log
    mkdir new
    names "$seed" learned new
    start_host names.yaml
    until_true 60 "a['gen'] == 1 and a['rows'] == 88" || exit 1
    names "$seed" later new
    until_true 60 "a['rows'] == 133" || exit 1
    "$KIRI" sub obs/names score/names --since oldest --count 266 --json --state state >said ||
        wrong "kiri sub: $?"
    python3 - >found <<'END'
import json
name, odd, tails = {}, set(), {}
for line in open('said'):
    m = json.loads(line)
    if m['topic'] == 'obs/names':
        name[m['id']] = m['values']['name']
    elif m['alarm']:
        odd.add(name[m['id']])
print('\n'.join(sorted(odd)))
END
    printf '%s\n' '..hidden_config.bat' 'DELETE_THIS_NOW.exe' 'acr banner spring enUS v01.png' \
        'meeting notes final FINAL v2 (1).docx' 'photo_2024_vacation_IMG_3847.HEIC' >bad
    diff bad found >differ || wrong "seed $seed: the alarms are not the five: $(cat differ)"
    # Which letters did it: of the last, the first space.
    touch "$work/new/acr_logo demo_enUS_v01.svg"
    until_true 60 "a['rows'] == 134" || exit 1
    [ "$(status "max(range(27), key=lambda i: a['last']['fields'][0]['each'][i])")" = 8 ] ||
        wrong "seed $seed: not the space: $(status "a['last']['fields'][0]")"
    "$KIRI" status --state state >shown
    grep -qF 'acr_logo demo_enUS_v01.svg' shown && grep -q '^ *\^' shown ||
        wrong "kiri status does not mark the letters: $(cat shown)"
    stop_host -TERM || wrong "it exited with $?"
done

# A restart knows what was told.
if [ -n "$seeds" ]; then
    start_host names.yaml
    touch new/acr_logo_demo_enUS_v02.new
    until_true 60 "a['rows'] == 135" || exit 1
    stop_host -TERM || wrong "it exited with $?"
fi

# E5: more files at once than the kernel keeps events for (16,384, where nobody changed it):
# the host stands still meanwhile.
rm -rf state new
mkdir new
start_host names.yaml
until_true 60 "s['atoms'][0]['state'] == 'learning'" || exit 1
kill -STOP "$host"
python3 -c '
for i in range('$files'):
    open("new/file-%05d.dat" % i, "w").close()'
kill -CONT "$host"
until_true 60 "a['rows'] + a['dropped'] == $files" || exit 1
[ "$(status "a['dropped']")" = 0 ] || wrong "$(status "a['dropped']") rows were not scored"
if [ "$(cat /proc/sys/fs/inotify/max_queued_events)" -lt $files ]; then
    timeout 60 "$KIRI" sub note/names --since oldest --count 2 --state state >notes 2>&1
    grep -q 'note/names/incomplete ' notes || wrong "no note says so: $(cat notes)"
    grep -q 'note/names/complete .*all folders were read again: ' notes ||
        wrong "no note says that it is over: $(cat notes)"
fi
stop_host -TERM || wrong "it exited with $?"
[ "$(python3 -c '
import sqlite3
print(sqlite3.connect("state/store.db").execute("select count(distinct label) from obs").fetchone()[0])')" = $files ] ||
    wrong 'not every name is in the store'
[ $failed = 0 ] && echo "${seeds:+five of five, and }all of $files"
exit $failed
