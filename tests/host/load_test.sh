#!/bin/bash
# load_test.sh KIRI BUILD - kiri load, unload, reload ATOM, and plugin files that change by
# themselves: what is loaded by hand is there again after a restart, what is wrong changes
# nothing and is said in a sentence.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
by='{x["name"]: x for x in s["atoms"]}'

config() { # MORE LINES
    cat >m.yaml <<END
molecule: load
state: $work/state
plugins: [$BUILD/plugins]
$1
atoms:
  pulse: { every: 50ms }
END
}
says() { # CODE WORDS COMMAND...
    code=$1 words=$2
    shift 2
    "$KIRI" "$@" --state state >out 2>err
    got=$?
    [ $got -eq "$code" ] || { wrong "kiri $* exits $got, not $code:"; cat out err; }
    cat out err | grep -qF -- "$words" || { wrong "kiri $*: '$words' is not said:"; cat out err; }
}
names() { status '[x["name"] for x in s["atoms"]]'; }

config ''
cp "$BUILD/tests/host/version_1.so" version.so
start_host m.yaml
until_true 20 "$by['pulse']['rows'] > 0"

# ---- load -------------------------------------------------------------------------------------
says 0 'atom version: loaded from' load version.so --set every=20ms
until_true 10 "$by['version']['rows'] > 3 and $by['version']['by_hand'] and \
    $by['version']['file'] == '$work/version.so'"
says 64 '`kiri reload version` takes its file anew' load version.so
says 0 'atom other: loaded' load ./version.so --name other --set every=1s --set learn.warmup=100
[ "$(status "$by['other']['period_ms'] == 1000 and $by['other']['warmup'] == 100")" = True ] ||
    wrong "the options are not taken: $(status "$by['other']")"
mkdir sub
(cd sub && "$KIRI" load "$BUILD/tests/host/odd.so" --state ../state --set mode=note \
    --set every=1s --set path=here >/dev/null) || wrong 'odd is not loaded'
grep -qF "\"path\": \"$work/sub/here\"" state/loaded.json ||
    wrong "paths do not start in the caller's directory: $(cat state/loaded.json)"
says 64 "cannot be an atom's name" load version.so --name Nope
echo garbage >junk.so
says 65 'it is not a shared object' load junk.so
says 66 'there is no such file' load nowhere.so
says 65 'it crashed when it was opened' load "$BUILD/tests/faults/atoms/crash_constructor.so"
says 78 'did you mean `mode`?' load "$BUILD/tests/host/odd.so" --name o --set mod=note
says 78 'an option is wrong (ECONFIG)' load "$BUILD/tests/host/version_wrong.so" --name o
says 78 'the outside world failed (EIO)' load "$BUILD/tests/host/version_away.so" --name o
says 64 'option=value' load version.so --name o --set every
says 0 'atom fast: loaded' load pulse --name fast --set every=1s
says 0 'atom far: loaded' load remote --name far # it waits for its schema
says 0 'atom far: reloaded' reload far
says 0 'atom far: unloaded' unload far

# ---- what is no such request ------------------------------------------------------------------
ask() { python3 "$here/ask.py" state/host.json "$1" | grep -qF -- "$2" || wrong "$1: not '$2'"; }
ask '{"cmd":"load"}' '`plugin` says which'
ask '{"cmd":"load","plugin":7}' '`plugin` is a text'
ask '{"cmd":"load","plugin":"./x.so"}' 'paths are absolute here'
ask '{"cmd":"load","plugin":"/x.so","dir":"here"}' 'paths are absolute here'
ask '{"cmd":"load","plugin":"/x.so","options":["every"]}' '`options` is an object'
ask '{"cmd":"load","plugin":"/x.so","options":{"plugin":"/y.so"}}' 'is a member of the request'
ask '{"cmd":"load","plugin":"/x.so","name":""}' '`name` is a text that is not empty'
ask '{"cmd":"load","plugin":"/x.so"}' 'No such file'
ask '{"cmd":"unload"}' '`atom` says which one'
ask '{"cmd":"reload","atom":["a"]}' '`atom` is a text'
ask '{"cmd":"load","plugin":"pulse","name":"p","options":{"every":{"a":1}}}' '`every` must be'
[ "$(names)" = "['pulse', 'version', 'other', 'odd', 'fast']" ] || wrong "the atoms are $(names)"

# ---- it stays, across a reload and a restart ---------------------------------------------------
says 0 'nothing changed' reload
stop_host -TERM || wrong "SIGTERM exits $?"
rm -rf sub
start_host m.yaml
until_true 20 "$by['version']['rows'] > 10 and $by['odd']['by_hand']"
[ "$(names)" = "['pulse', 'version', 'other', 'odd', 'fast']" ] || wrong "then they are $(names)"

# ---- reload of one -----------------------------------------------------------------------------
says 0 'atom version: reloaded (version 1, it was 1)' reload version
says 64 'there is no atom `nope`' reload nope

# ---- unload ------------------------------------------------------------------------------------
says 0 'atom fast: unloaded; its model and its observations are kept' unload fast
says 0 'unloaded until the next `kiri reload` or start' unload pulse
says 64 'there is no atom `pulse`' unload pulse
[ "$(names)" = "['version', 'other', 'odd']" ] || wrong "after unload they are $(names)"
says 0 'atom pulse: added' reload
for atom in odd other; do says 0 "atom $atom: unloaded" unload $atom; done

# ---- a plugin that is gone or changed while no host runs ----------------------------------------
stop_host -TERM || wrong "SIGTERM exits $?"
mv version.so gone.so
start_host m.yaml
until_true 20 "[x['name'] for x in s['left_out']] == ['version'] and $by['pulse']['rows'] > 0"
says 0 "atom version, loaded by hand, is left out: $work/version.so: No such file" reload
cp "$BUILD/tests/host/version_2.so" version.new && mv version.new version.so
until_true 10 "$by['version']['version'] == '2' and s['left_out'] == []" # by itself

# ---- files are watched ---------------------------------------------------------------------------
cat "$BUILD/tests/host/version_1.so" >version.so # in place
until_true 10 "$by['version']['version'] == '1' and $by['version']['replaced'] == 1"
cp version.so same.so
exec 9>version.so # somebody has the old one open, and closes it while another is written
rm -f version.so
(exec 9>&-; head -c 3000 same.so; sleep 1.2; tail -c +3001 same.so) >version.so &
writer=$!
sleep 0.3
exec 9>&-
wait $writer
until_true 10 "$by['version']['replaced'] == 2"
grep -q 'cut short' log && wrong 'a file that was being written was taken for finished'
echo garbage >version.so
until_true 10 "'it is not a shared object' in $by['version']['rejected']"
touch version.so
sleep 0.8
[ "$(grep -c 'another version was rejected' log)" -le 2 ] || wrong 'it is said again and again'
rm version.so
until_true 10 "'No such file' in $by['version']['rejected']"
mkdir build && mv build b2 && cp same.so b2/version.so && mv b2/version.so .
until_true 10 "$by['version']['replaced'] == 3 and $by['version']['rejected'] == ''"
# The whole directory goes, and comes again.
mkdir d && cp same.so d/version.so
says 0 'atom version: unloaded' unload version
says 0 'atom version: loaded' load d/version.so --set every=20ms
mv d d.old && mkdir d && cp "$BUILD/tests/host/version_2.so" d/
until_true 1 "$by['version']['version'] == '1'"
mv d/version_2.so d/version.so
until_true 10 "$by['version']['version'] == '2'"
config 'watch-plugins: false'
says 0 'nothing changed' reload
cp same.so d/version.so
sleep 1
[ "$(status "$by['version']['version']")" = 2 ] || wrong 'watch-plugins: false still watches'
says 0 'version 1, it was 2' reload version

# ---- the YAML rules --------------------------------------------------------------------------------
printf '  version: { plugin: %s/d/version.so, every: 30ms }\n' "$work" >>m.yaml
says 0 'the config has it now' reload
[ ! -e state/loaded.json ] || wrong "loaded.json is still there: $(cat state/loaded.json)"
[ "$(status "$by['version']['period_ms'] == 30 and not $by['version']['by_hand']")" = True ] ||
    wrong "the YAML does not rule: $(status "$by['version']")"
echo '{"version":' >state/loaded.json
stop_host -TERM || wrong "SIGTERM exits $?"
start_host m.yaml # damaged: set aside, and said
until_true 20 "$by['version']['rows'] > 0"
grep -q 'loaded.json: .*kept as loaded.json.bad-' log || wrong "a damaged loaded.json is not said"

# ---- one that hangs makes room for one that does not -----------------------------------------------
cp "$BUILD/tests/host/version_hangs.so" hang.so
says 0 'atom hang: loaded' load hang.so --name hang --set every=20ms
until_true 10 "$by['hang']['state'] == 'stuck'"
cp "$BUILD/tests/host/version_1.so" hang.new && mv hang.new hang.so
says 0 'atom hang: reloaded (version 1, it was hangs)' reload hang
until_true 10 "$by['hang']['state'] == 'learning' and $by['hang']['rows'] > 25"
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
