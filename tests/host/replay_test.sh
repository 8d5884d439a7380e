#!/bin/bash
# replay_test.sh KIRI BUILD - what a running host does, and what export, record and replay make
# of it: the same scores again, byte for byte twice, and equal to the live ones.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"
seconds=4
period=20ms waves=10ms
# A sanitizer learns slowly: as many rows as in a plain build while it does.
[ -z "${KIRI_SAN:-}" ] || seconds=6 period=50ms waves=50ms
[ -n "${KIRI_FULL:-}" ] && seconds=60

molecule replay 60 $period 'alarm: 10/min' >m.yaml
cat >>m.yaml <<YAML
  wave:
    plugin: $BUILD/tests/host/wave.so
    every: $waves
    alarm: 1/min
    learn: { warmup: 60 }
  text:
    plugin: $BUILD/tests/host/wave.so
    every: $period
    speaks: text
    learn: { warmup: 60 }
  fresh:
    plugin: $BUILD/tests/host/wave.so
    every: $waves
    learn: { warmup: 50000 }
YAML

# compare LIVE REPLAYED ATOMS: each score of the second that is in the first has the same
# members, but for its place in its run; prints how many there are of each atom
cat >compare.py <<'PY'
import json, sys
def scores(path):
    found = {}
    for line in open(path):
        m = json.loads(line)
        if m["topic"].startswith("score/"):
            for place in ("host", "boot", "seq", "n"):
                del m[place]
            found[m["topic"], m["id"]] = m
    return found
live, again = scores(sys.argv[1]), scores(sys.argv[2])
both = sorted(live.keys() & again.keys())
count = {}
for key in both:
    count[key[0]] = count.get(key[0], 0) + 1
    if live[key] != again[key]:
        sys.exit("live:  %s\nagain: %s" % (live[key], again[key]))
for atom in sys.argv[3:]:
    gens = {live[k]["gen"] for k in both if k[0] == "score/" + atom}
    print("%s: %d scores, generations %d to %d" % (atom, count.get("score/" + atom, 0),
          min(gens, default=0), max(gens, default=0)))
    if count.get("score/" + atom, 0) < 50 or len(gens) < 2 and atom != "fresh":
        sys.exit("too few to compare")
PY
refused() { # CODE WORDS COMMAND...: it exits so, says so, and leaves no out file
    code=$1 words=$2
    shift 2
    rm -f out
    "$@" >said 2>&1
    got=$?
    [ $got -eq "$code" ] || wrong "$* exits $got, not $code: $(cat said)"
    grep -qF -- "$words" said || wrong "$* does not say '$words' but: $(cat said)"
    [ ! -e out ] && ! ls out.* >/dev/null 2>&1 || wrong "$* leaves a file"
}

# ---- a host, heard from its first row on, recorded while it learns --------------------------
mkdir state
"$KIRI" sub score/ model/ --json --state "$work/state" >live 2>/dev/null &
early=$!
start_host m.yaml
until_true 20 'len(s["atoms"]) == 4'
kill $early 2>/dev/null # it may have come too early to know where the host is
"$KIRI" sub score/ model/ --json --state "$work/state" >live 2>sub.log &
sub=$!
until_true 60 'all(x["gen"] >= 2 for x in s["atoms"][:3])'
refused 64 '--for' "$KIRI" record --state state --output out
"$KIRI" record --for ${seconds}s --state state --output rec >said 2>record.log ||
    { wrong "record exits $?:"; cat said record.log; }
cat said
grep -q 'fresh.jsonl: .* no model yet' said || wrong "an atom without a model is not said"
"$KIRI" record --for 10m --state state --output early >/dev/null 2>&1 &
recorder=$!
wait_until 10 test -e early/wave.safetensors
rows=$(status 'a["rows"]') # some more after the models
until_true 10 "a['rows'] > $rows + 30"
interrupt $recorder || wrong "record stopped by Ctrl-C exits $?"
[ -s early/pulse.jsonl ] || wrong "record stopped by Ctrl-C writes nothing"
stop_host -TERM || wrong "SIGTERM exits $?"
kill $sub
wait $sub 2>/dev/null
[ -e rec/fresh.safetensors ] && wrong "an atom that never learned has a model"
grep ' error ' log && wrong "the host logged an error"

# ---- the same again, twice, and the same as it was live -------------------------------------
for run in 1 2; do
    "$KIRI" replay m.yaml --data rec --output again.$run 2>replay.log ||
        { wrong "replay exits $?:"; cat replay.log; }
done
tail -1 replay.log
cmp again.1 again.2 || wrong "two replays differ"
python3 compare.py live again.1 pulse wave text fresh || wrong "replay is not what was live"
"$KIRI" replay m.yaml --data rec --quiet >again.3 2>replay.log || wrong "replay to stdout: $?"
[ -s replay.log ] && wrong "--quiet says: $(cat replay.log)"
cmp again.1 again.3 || wrong "the standard output differs"
"$KIRI" replay m.yaml --data early --output again.early 2>/dev/null || wrong "early: exit $?"

# ---- the whole store from its first row on --------------------------------------------------
"$KIRI" export obs --output rows --state state || wrong "export exits $?"
"$KIRI" replay m.yaml --data rows --output again.all 2>replay.log || wrong "all rows: exit $?"
python3 compare.py live again.all pulse wave text fresh || wrong "from the start it is not the same"
"$KIRI" replay m.yaml --data rec --from-start --output again.fresh 2>/dev/null
grep -q '"gen":0' again.fresh || wrong "--from-start does not begin without a model"
python3 - <<'PY' || wrong "rows are not what is documented"
import json
for line in open("rows/wave.jsonl"):
    row = json.loads(line)
    assert list(row)[:3] == ["ts", "values", "id"], row
    assert set(row["values"]) <= {"level", "size", "net"}, row
PY
all=$(cat rows/*.jsonl | wc -l)
[ "$("$KIRI" export obs --output - --state state | wc -l)" -eq "$all" ] || wrong "export to -"
[ "$("$KIRI" export obs wave --state state | cmp - rows/wave.jsonl && echo same)" = same ] ||
    wrong "one atom to the standard output is not its file"
middle=$(sed -n 100p rows/wave.jsonl | sed 's/.*"ts":\([0-9]*\).*/\1/')
before=$("$KIRI" export obs wave --to "$middle" --state state | wc -l)
after=$("$KIRI" export obs wave --from "$middle" --state state | wc -l)
[ $((before + after)) -eq "$(wc -l <rows/wave.jsonl)" ] && [ "$before" -gt 50 ] ||
    wrong "--from and --to part $before and $after rows"
refused 73 '--force' "$KIRI" export obs --output rows --state state
"$KIRI" export obs --output rows --force --quiet --state state || wrong "--force: exit $?"
refused 66 "did you mean 'wave'" "$KIRI" export obs wavy --state state
refused 64 "knows obs" "$KIRI" export scores --state state
refused 64 "--output DIR" "$KIRI" export obs --state state
refused 64 "--from takes a time" "$KIRI" export obs wave --from yesterday --state state
refused 66 "" "$KIRI" export obs wave --state nowhere
refused 69 "" "$KIRI" record --for 5s --output out --state state

# ---- rows that somebody made by hand --------------------------------------------------------
mkdir hand
row() { printf '{"ts":%s,"values":{"level":%s}}\n' "$1" "$2"; }
{ row 3000 0.5; row 1000 -1; row 2000 null; } >hand/wave.jsonl
touch hand/feedback.jsonl hand/pulse.scores.jsonl hand/other.jsonl
"$KIRI" replay m.yaml --data hand --output out 2>said || wrong "by hand: exit $?: $(cat said)"
[ "$(grep -o '"ts":[0-9]*' out | tr '\n' ' ')" = '"ts":3000 "ts":1000 "ts":2000 ' ] ||
    wrong "rows whose times run backwards: $(cat out)"
for words in 'feedback.jsonl: this version does not read it' \
    'pulse.scores.jsonl: this version does not read it' 'other.jsonl: m.yaml has no such atom' \
    'pulse: there is no hand/pulse.jsonl'; do
    grep -qF "$words" said || wrong "'$words' is not said: $(cat said)"
done
row 4000 '"x"' >>hand/wave.jsonl
refused 65 'hand/wave.jsonl:4: "level" takes a number' \
    "$KIRI" replay m.yaml --data hand --output out
echo nonsense >hand/wave.jsonl
refused 65 'hand/wave.jsonl:1: ' "$KIRI" replay m.yaml --data hand --output out
row 1 1 >hand/wave.jsonl
cp rec/pulse.safetensors hand/wave.safetensors
refused 65 'another language' "$KIRI" replay m.yaml --data hand --output out
head -c 3000 rec/wave.safetensors >hand/wave.safetensors
refused 65 'hand/wave.safetensors' "$KIRI" replay m.yaml --data hand --output out
mkdir empty
refused 66 'for no atom' "$KIRI" replay m.yaml --data empty --output out
refused 66 'cannot open the folder' "$KIRI" replay m.yaml --data nowhere --output out
refused 64 '--data' "$KIRI" replay m.yaml --output out
refused 64 '--operator' "$KIRI" replay m.yaml --data rec --operator x --output out
refused 73 'cannot write' "$KIRI" replay m.yaml --data rec --output nowhere/out
rm hand/wave.safetensors
for i in $(seq 2000); do row "$i" 0.$i; done >hand/wave.jsonl
for _ in $(seq 8); do cat hand/wave.jsonl; done >long && mv long hand/wave.jsonl
"$KIRI" replay m.yaml --data hand --output out >/dev/null 2>&1 &
player=$!
begun() { ls out.*.tmp >/dev/null 2>&1; }
wait_until 10 begun
interrupt $player
[ $? -eq 130 ] || wrong "Ctrl-C during a replay exits $?, not 130"
ls out out.* >/dev/null 2>&1 && wrong "Ctrl-C leaves a file"

# ---- learning beyond its share of a core: turns that were passed over are, again ----------------
mv state first
{
    printf 'molecule: busy\nstate: %s/state\natoms:\n' "$work"
    printf '  flood: { plugin: %s/tests/host/flood.so, every: 50ms, rows: 50' "$BUILD"
    printf ', total: 100000000, learn: { warmup: 60, share: 0.1%% } }\n'
} >busy.yaml
start_host busy.yaml
until_true 10 'a["rows"] > 0'
"$KIRI" sub score/ model/ --json --state "$work/state" >live 2>sub.log &
sub=$!
until_true 60 'a["gen"] > 1 and a["turns_skipped"] > 2'
[ "$(status 'a["dropped"]')" = 0 ] || wrong "rows were dropped: this machine is too slow for it"
stop_host -TERM || wrong "SIGTERM exits $?"
kill $sub
wait $sub 2>/dev/null
"$KIRI" export obs --output busy --quiet --state state || wrong "export exits $?"
grep -q '"turn":"skipped"' busy/flood.jsonl || wrong "no row says that a turn was passed over"
"$KIRI" replay busy.yaml --data busy --output again.busy 2>replay.log || wrong "busy: exit $?"
python3 compare.py live again.busy flood || wrong "it learned when the host had not"

# ---- the example of docs/replay.md, cut out of it --------------------------------------------
mkdir docs bin
ln -s "$KIRI" bin/kiri
block sh "$(dirname "$(realpath "$0")")/../../docs/replay.md" >docs/example.sh
(cd docs && PATH="$work/bin:$PATH" sh -e example.sh >said 2>&1) ||
    wrong "the example of docs/replay.md exits $?: $(cat docs/said)"
[ "$(grep -c '"topic":"score/pulse"' docs/rows.scores)" = 3 ] || wrong "its output is not 3 scores"
exit $failed
