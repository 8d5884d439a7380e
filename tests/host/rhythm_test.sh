#!/bin/bash
# rhythm_test.sh KIRI BUILD - an atom with a period and an fd, in the host and in a cell: rows
# come with the period only, however often the fd has it look in between; and what it looks at
# is there: a terminal, a repository.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"

mkdir -p dev/pts r
touch dev/pts/3
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q r
cat >m.yaml <<END
molecule: rhythm
state: $work/state
plugins: [$BUILD/plugins]
atoms:
  here:  { plugin: rhythm, every: 1s, look: 120ms, idle: terminals, dev: dev, repositories: [r, gone] }
  apart: { plugin: rhythm, every: 1s, look: 120ms, idle: terminals, dev: dev, repositories: r,
           isolate: process }
END
(while [ -d dev ]; do touch -a dev/pts/3 && sleep 0.2; done 2>/dev/null) &
typist=$!
start_host m.yaml
until_true 20 'all(x["rows"] >= 2 for x in s["atoms"])' || exit 1
git -C r commit -q --allow-empty -m x
until_true 20 'all(x["rows"] >= 6 for x in s["atoms"])'
kill $typist
skipped=$(status 'max(x["skipped"] for x in s["atoms"])')
stop_host -TERM || wrong "it exits $?"

for atom in here apart; do
    "$KIRI" export obs $atom --state state >$atom.jsonl 2>err || { wrong "$atom:"; cat err; }
    python3 - $atom.jsonl "$skipped" <<'END' || wrong "$atom: see above"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
gaps = [b["ts"] - a["ts"] for a, b in zip(rows, rows[1:])]
values = [r["values"] for r in rows]
bad = []
# a late row may be near the one after it; looks would be eight a second
if len(gaps) > (rows[-1]["ts"] - rows[0]["ts"]) / 1000 + 1:
    bad.append(f"rows come between the ticks: {gaps}")
if sum(v["commits"] == 1 for v in values) != 1:
    bad.append("the commit is not in exactly one row")
if not any(v.get("active", 0) > 50 for v in values):
    bad.append("nobody is seen at work")
if any("idle" not in v or v["idle"] > 15 for v in values):
    bad.append("somebody is seen idle")
print(f"{sys.argv[1]}: {len(rows)} rows, {min(gaps)}..{max(gaps)} ms apart, {sys.argv[2]} ticks missed")
for b in bad:
    print(f"  {b}: {values}")
sys.exit(bool(bad))
END
done
grep -q "rhythm: idle time from the terminals" log || { wrong "the log says no source:"; cat log; }
grep -q "gone is no git repository" log || { wrong "the log does not miss the repository:"; cat log; }
exit $failed
