#!/bin/sh
# eval_test.sh KIRI SOURCE - kiri eval as people and scripts use it.
KIRI=$1
. "$2/tests/host/lib.sh"

exits() { # CODE WORDS...
    want=$1
    shift
    "$KIRI" eval "$@" >out 2>err </dev/null
    got=$?
    last=$*
    [ $got -eq "$want" ] || { wrong "kiri eval $* exits $got, not $want"; cat out err; }
}
says() { grep -qF -- "$2" "$1" || { wrong "'$2' is not in $1 after: kiri eval $last"; cat "$1"; }; }

# wave ROWS ODD: minutes of a wave, far out for five rows from ODD on, which the label says.
wave() {
    awk -v rows="$1" -v odd="$2" 'BEGIN {
        print "timestamp,load,mode,label"
        for (i = 0; i < rows; i++) {
            out = i >= odd && i < odd + 5
            printf "%d,%.4f,%s,%d\n", 1700000000 + 60 * i, out ? 99 : 5 + sin(i / 20) + (i * 7919 % 101) / 500,
                i % 100 < 50 ? "day" : "night", out
        }
    }'
}
wave 900 700 >wave.csv

# ---- usage ------------------------------------------------------------------------------
exits 64
exits 64 wave.csv more.csv
exits 64 -
says err "name a file"
mkfifo pipe
exits 64 pipe
says err "the rows are read twice"
exits 64 wave.csv --label label --windows w.json
exits 64 wave.csv --scores s.csv --budget 1/day
exits 64 wave.csv --score s
exits 64 wave.csv --threshold high
exits 64 wave.csv --buffer -1
exits 64 wave.csv --jobs 0
exits 64 wave.csv --format lines
exits 64 wave.csv --json --markdown
exits 64 wave.csv --html -
exits 64 wave.csv --htlm x
says err "did you mean '--html'"
exits 66 missing.csv
exits 66 wave.csv --windows missing.json
mkdir empty
exits 66 empty
says err "no files *.csv"
exits 65 wave.csv --label lable
says err "did you mean 'label'"
exits 73 wave.csv --html no/such/folder/out.html
ls no 2>/dev/null

# ---- a file -----------------------------------------------------------------------------
exits 0 wave.csv --html page.html
says out "1 stream, 900 rows, 765 judged; 1 event, 5 rows"
for figure in AUROC "average precision" VUS-PR "F1 of alarms" delay "false alarms" oracle; do says out "$figure"; done
cp out first
exits 0 wave.csv --jobs 1 --html again.html --quiet
cmp -s out first || wrong "the same file gives other figures"
cmp -s page.html again.html || wrong "the same file gives another page"
[ -s err ] && wrong "--quiet says something: $(cat err)"
[ "$(wc -c <page.html)" -le 300000 ] || wrong "a page of 900 rows has $(wc -c <page.html) bytes"
grep -qE 'https?://|src=|@import|url\(' page.html && wrong "the page loads something"
exits 0 wave.csv --markdown
says out "| AUROC |"
exits 0 wave.csv --json
python3 - out <<'EOF' || wrong "the JSON is not what it should be: $(cat out)"
import json, sys
r = json.load(open(sys.argv[1]))
assert len(r["streams"]) == 1 and r["overall"]["events"] == 1, r
s = r["streams"][0]
assert s["rows"] == 900 and s["judged"] == 765 and s["anomalous"] == 5, s
assert s["alarms"]["events_found"] == 1 and s["alarms"]["delay_ms"] <= 240000, s
assert 0 <= s["vus_pr"] <= 1 and s["best_events_oracle"]["f1"] == 1, s
assert r["overall"]["pooled"]["alarms"]["promised_per_day"] > .9, r
EOF
python3 - page.html <<'EOF' || wrong "the page is not well-formed"
import html.parser, json, sys
void = {"meta", "link", "input", "br", "hr", "img", "path", "rect"}
class Check(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.data = [], set(), ""
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        assert a.get("id") not in self.ids, a
        if "id" in a:
            self.ids.add(a["id"])
        if tag not in void:
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())
    def handle_data(self, text):
        if self.open and self.open[-1] == "script" and text.lstrip().startswith("{"):
            self.data = text
c = Check()
c.feed(open(sys.argv[1], encoding="utf-8").read())
c.close()
assert c.open == [], c.open
assert json.loads(c.data)["streams"][0]["plot"]["n"] == 900
EOF

# ---- scores of others, and our own again ------------------------------------------------
"$KIRI" detect --input wave.csv --format csv --output own.csv --quiet
cut -d, -f1-3 wave.csv >bare.csv
"$KIRI" detect --input bare.csv --format csv --output own.csv --quiet
exits 0 wave.csv --json
cp out first
exits 0 wave.csv --scores own.csv --json
python3 - first out <<'EOF' || wrong "scores in a file are not those in process"
import json, sys
a, b = (json.load(open(f))["streams"][0] for f in sys.argv[1:])
for key in ("judged", "auroc", "average_precision", "vus_pr"):
    assert abs(a[key] - b[key]) < 1e-6, (key, a, b)
for key in ("opened", "right", "events_found", "f1", "rows_f1", "delay_ms"):
    assert a["alarms"][key] == b["alarms"][key], (key, a, b)
EOF
exits 0 wave.csv --scores own.csv --threshold 5
says out "no budget was promised"
head -n 100 own.csv >short.csv
exits 65 wave.csv --scores short.csv
says err "short.csv has 99 rows and the labelled stream 900: each row needs a score"
sed '3s/^\([^,]*,[^,]*\),[^,]*/\1,nan/' own.csv >nan.csv
exits 65 wave.csv --scores nan.csv
says err "nan.csv:3: 'nan' in column score is no number"

# ---- a corpus: labels in columns, and as NAB has them -----------------------------------
mkdir -p many/sub
wave 400 300 >many/a.csv
wave 300 200 >many/sub/b.csv
exits 0 many --html many.html
says out "sub/b.csv"
says out "2 streams, 700 rows"
mkdir -p nab/data/g nab/labels
cut -d, -f1,2 many/a.csv >nab/data/g/a.csv
cut -d, -f1,2 many/sub/b.csv >nab/data/g/b.csv
echo '{"g/a.csv":[["2023-11-15 03:13:20.000000","2023-11-15 03:17:20.000000"]],"g/b.csv":[]}' >nab/labels/combined_windows.json
exits 0 nab --json
python3 -c 'import json; r = json.load(open("out"))["overall"]; assert (r["events"], r["anomalous"], r["streams"]) == (1, 5, 2), r' ||
    wrong "windows are not the rows that they name: $(cat out)"
exits 0 nab/data/g/a.csv --windows nab/labels/combined_windows.json
says out "1 event, 5 rows"
exits 65 wave.csv --windows nab/labels/combined_windows.json
says err "has no windows for wave.csv"
exits 65 nab/data/g/b.csv --windows nab/labels/combined_windows.json
says err "there is nothing to find"

awk -F, 'NR > 1 { printf "{\"ts\":%s,\"load\":%s,\"is_anomaly\":%s}\n", $1, $2, $4 == 1 ? "true" : "false" }' wave.csv >wave.jsonl
exits 0 wave.jsonl
says out "1 stream, 900 rows, 765 judged; 1 event, 5 rows"

# ---- Ctrl-C leaves nothing ---------------------------------------------------------------
wave 150000 120000 >long.csv
"$KIRI" eval long.csv --html never.html >out 2>err &
eval=$!
begun() { grep -q "rows/s" err; }
wait_until 20 begun
interrupt $eval
[ $? -eq 130 ] || wrong "Ctrl-C is not 130: $(cat err)"
[ -s out ] && wrong "half a result: $(cat out)"
ls never.html* >/dev/null 2>&1 && wrong "half a page is left"

# ---- in a browser, where there is one ------------------------------------------------------
if [ -n "${KIRI_FULL:-}" ] && command -v chromium >/dev/null; then
    chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr --virtual-time-budget=5000 \
        --dump-dom "file://$work/many.html" >dom 2>console
    grep -i 'CONSOLE' console && wrong "the page complains"
    [ "$(grep -o 'class="tile"' dom | wc -l)" -ge 6 ] || wrong "the page shows no figures"
    [ "$(grep -o '<article' dom | wc -l)" -eq 2 ] || wrong "the page has no plot for each stream"
fi
exit $failed
