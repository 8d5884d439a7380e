#!/bin/sh
# host_test.sh KIRI BUILD SOURCE - drift in a running host: sixty days of a log are told at
# the first start and learned, the one of scope creep stands out, and none is told again.
KIRI=$1 BUILD=$2
. "$3/tests/host/lib.sh"

python3 "$3/tests/plugins/drift/life.py" "$work"
printf 'plugins: [%s/plugins]\n' "$BUILD" >>creep.yaml

start_host creep.yaml
until_true 60 'a["rows"] == 61 and a["gen"] == 1'
"$KIRI" sub score/drift --snapshot --count 1 --json --state state >row || wrong "no snapshot"
python3 - row <<'END' || wrong "the last row is another: $(cat row)"
import datetime, json, sys
row = json.load(open(sys.argv[1]))
day = datetime.date.today() - datetime.timedelta(1)
assert datetime.datetime.fromtimestamp(row["ts"] / 1000).date() == day, row
seen = {f["name"]: f["value"] for f in row["fields"]}
assert (seen["added"], seen["done"], seen["switches"]) == (8, 0, 5), seen
assert row["blame"] in seen and row["surprise"] > 1.3, row   # a steady day: .15
END
stop_host -TERM || wrong "the host exits $?"

# Tomorrow has not come: a second start has nothing to tell.
start_host creep.yaml
until_true 30 'a["state"] == "normal" and s["uptime_ms"] > 1500'
stop_host -TERM || wrong "the host exits $?"
"$KIRI" export obs drift --state state >rows 2>/dev/null || wrong "export exits $?"
[ "$(wc -l <rows)" -eq 61 ] || wrong "$(wc -l <rows) rows, not 61: a day was told twice"
exit $failed
