#!/bin/sh
# detect_test.sh KIRI SOURCE - kiri detect as people and scripts use it.
KIRI=$1
. "$2/tests/host/lib.sh"

exits() { # CODE WORDS...; what comes in is $in
    want=$1
    shift
    "$KIRI" detect "$@" >out 2>err <"${in:-/dev/null}"
    got=$?
    last=$*
    [ $got -eq "$want" ] || { wrong "kiri detect $* exits $got, not $want"; cat out err; }
}
says() { grep -qF -- "$2" "$1" || { wrong "'$2' is not in $1 after: kiri detect $last"; cat "$1"; }; }
rows() { [ "$(wc -l <"$2")" -eq $(($1 + 1)) ] || wrong "$(wc -l <"$2") lines in $2, not a header and $1"; }
in=

# wave FROM TO: rows of a wave with a step far out at 700.
wave() {
    awk -v from="$1" -v to="$2" 'BEGIN {
        print "timestamp,load,mode"
        for (i = from; i < to; i++)
            printf "%d,%.4f,%s\n", 1700000000 + 60 * i,
                i == 700 ? 99 : 5 + sin(i / 20) + (i * 7919 % 101) / 500, i % 100 < 50 ? "day" : "night"
    }'
}
wave 0 900 >wave.csv

# ---- usage ------------------------------------------------------------------------------
exits 64
says err "--input"
exits 64 --input wave.csv
says err "--format csv"
exits 64 --input wave.csv --format cvs
exits 64 --input wave.csv --format sessions --timestamp ts
says err "sessions have no time"
exits 64 --input wave.csv --format sessions --hold 1d
exits 64 --input wave.csv --format sessions --schema x
exits 64 --input wave.csv --format csv --warmup 0
exits 64 --input wave.csv --format csv --warmup 120%
exits 64 --input wave.csv --format csv --budget often
exits 64 --input wave.csv --format csv --seed -1
exits 64 --input wave.csv --format csv --hold soon
exits 64 --input wave.csv --format csv --timestamp - --hold 1d
says err "--hold needs rows with times"
exits 64 --input wave.csv --format lines --budget 1/day
says err "lines have no time"
exits 64 --input wave.csv --format csv --timestamp - --budget 1/day
says err "--timestamp"
exits 64 --input - --train - --format csv
cat wave.csv | "$KIRI" detect --input - --format csv --warmup 10% >out 2>err
[ $? -eq 64 ] || wrong "a part of a pipe is no warm-up"
exits 66 --input missing.csv --format csv
exits 66 --input . --format csv
exits 66 --input wave.csv --format csv --schema missing.json
exits 65 --input wave.csv --format csv --timestamp mode
says err "wave.csv:2: column mode is 'day', which is no time"
exits 65 --input wave.csv --format csv --timestamp tiemstamp
says err "did you mean 'timestamp'"
exits 73 --input wave.csv --format csv --output no/such/folder/out
exits 74 --input wave.csv --format csv --output /dev/full

# ---- a file -----------------------------------------------------------------------------
exits 0 --input wave.csv --format csv --output scores.csv
rows 900 scores.csv
says err "900 rows, 765 scored"
[ "$(head -n 1 scores.csv)" = "timestamp,surprise,score,tail,alarm,state,nats,blame,expected,note" ] ||
    wrong "the header is $(head -n 1 scores.csv)"
[ "$(cut -d, -f1 scores.csv)" = "$(cut -d, -f1 wave.csv)" ] || wrong "the times are not the input's"
awk -F, 'NR > 1 && ($2 == "" || $3 == "" || $4 == "" || $5 !~ /^[01]$/ || $6 == "")' scores.csv |
    grep . && wrong "a number is not there"
sed -n 702p scores.csv | grep -q '^1700042000,.*,1,alarm,[0-9.]*,load,' ||
    wrong "row 700 is no alarm: $(sed -n 702p scores.csv)"
exits 0 --input wave.csv --format csv
cmp -s out scores.csv || wrong "the same file gives other bytes"
in=wave.csv exits 0 --input - --format csv
cmp -s out scores.csv || wrong "the standard input gives other bytes"
exits 0 --input wave.csv --format csv --seed 2 --quiet
cmp -s out scores.csv && wrong "another seed gives the same bytes"
[ -s err ] && wrong "--quiet says something"

# ---- other formats give the same ---------------------------------------------------------
awk -F, 'NR > 1 { printf "{\"timestamp\":%s,\"load\":%s,\"mode\":\"%s\"}\n", $1, $2, $3 }' wave.csv >wave.jsonl
exits 0 --input wave.jsonl --format jsonl
cmp -s out scores.csv || wrong "JSON lines give other bytes"
{ printf '\357\273\277' && sed 's/,/;/g; s/$/\r/' wave.csv; } >wave2.csv
exits 0 --input wave2.csv --format csv
cmp -s out scores.csv || wrong "CRLF, a byte order mark and semicolons give other bytes"

# ---- a pipe, and rows to train on --------------------------------------------------------
cat wave.csv | "$KIRI" detect --input - --format csv --warmup 135 >piped 2>err || wrong "a pipe fails"
cmp -s piped scores.csv || wrong "a pipe gives other bytes than a file"
wave 0 600 >old.csv
wave 600 900 >new.csv
exits 0 --input wave.csv --format csv --warmup 90 --output whole.csv
exits 0 --input new.csv --train old.csv --format csv --output new.scores
says err "300 rows, 300 scored"
tail -n 300 whole.csv >want
tail -n 300 new.scores | cmp -s - want || wrong "--train is not as if its rows stood before"

# ---- a schema of one's own ----------------------------------------------------------------
echo '{"fields":[{"name":"load","lo":0,"hi":10}]}' >schema.json
exits 0 --input wave.csv --format csv --schema schema.json
rows 900 out
grep -q ',mode,' out && wrong "a column that the schema does not name is blamed"
echo '{"fields":[{"name":"cpu","lo":0,"hi":10}]}' >schema.json
exits 65 --input wave.csv --format csv --schema schema.json
says err "no column for the schema's field cpu"

# ---- bad rows are marked and counted, and none is lost -------------------------------------
awk -F, 'NR == 300 { print $1 ",broken,day"; next } NR == 301 { print $1 ",,day"; next }
    NR == 302 { print $1; next } NR == 303 { print ""; next } NR == 304 { print "soon," $2 "," $3; next }
    NR == 305 { print last "," $2 "," $3; next } NR == 306 { print $1 "," $2 ",dusk"; next }
    NR == 307 { print $1 ",-inf," $3; next } NR == 308 { print $1 ",1e999," $3; next }
    NR == 309 { print "1700000000," $2 "," $3; next } NR == 310 { print $0 ",9"; next }
    { print; last = $1 }' wave.csv >bad.csv
exits 0 --input bad.csv --format csv
rows 900 out
says err "bad.csv: 1 row has text where a number is expected, line 300, column load"
says err "bad.csv: 2 rows lack a value, the first in line 301, column load"
says err "line 305, column timestamp"
says err "bad.csv: 1 row is an empty line, line 303"
says err "bad.csv: 1 row has no time that can be read, line 304, column timestamp"
says err "line 306, column mode"
says err "bad.csv: 2 rows have an infinite number, the first in line 307, column load"
says err "bad.csv: 2 rows are earlier than a row before them, the first in line 305, column timestamp"
says err "bad.csv: 2 rows have another number of columns than the header, the first in line 302"
[ "$(cut -d, -f1 out | sed '303d;309d')" = "$(cut -d, -f1 bad.csv | sed '303d;309d')" ] || wrong "rows are shifted"
sed -n 300p out | grep -q ',no number$' || wrong "the note is missing: $(sed -n 300p out)"
printf 't,a,b\n1,7,on\n2,7,on\n3,7,on\n' >same.csv
exits 0 --input same.csv --format csv --timestamp - --warmup 3
says err "column a is the same in each row of the warm-up"
says err "column b is the same in each row of the warm-up"
: >empty.csv
exits 65 --input empty.csv --format csv
says err "is empty"
echo 'a,b' >head.csv
exits 0 --input head.csv --format csv
rows 0 out
printf 'v\n1\n2\n3\n' >few.csv
exits 0 --input few.csv --format csv --warmup 750
rows 3 out
says err "no row has a score"

# ---- any length in the same memory ---------------------------------------------------------
# 100 MB through a pipe (1 GB with KIRI_FULL=1), in rows of 10 KB; a sanitizer needs more.
most=30 rows=10000
[ -z "${KIRI_SAN:-}" ] || most=1000 rows=1000
[ -z "${KIRI_FULL:-}" ] || rows=100000
python3 - "$KIRI" $rows $most <<'EOF' || wrong "memory grows with the input"
import resource, subprocess, sys
rows = int(sys.argv[2])
kiri = subprocess.Popen([sys.argv[1], "detect", "--input", "-", "--format", "csv", "--quiet"],
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
import threading
seen = []
def read():
    seen.append(sum(1 for _ in kiri.stdout))
t = threading.Thread(target=read)
t.start()
kiri.stdin.write(b"ts,v,w,comment\n")
for i in range(rows):
    kiri.stdin.write(b"%d,%d,%d,%s\n" % (1700000000 + i, i * 7919 % 101, i % 50, b"x" * 10000))
kiri.stdin.close()
t.join()
assert kiri.wait() == 0 and seen == [rows + 1], (kiri.returncode, seen)
mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print("%d rows in %.1f MB" % (rows, mb))
assert mb <= float(sys.argv[3]), mb
EOF

# ---- rows come out while a pipe is waited for; Ctrl-C --------------------------------------
mkfifo pipe
"$KIRI" detect --input pipe --format csv --warmup 100 >live 2>err &
detect=$!
exec 3>pipe
head -n 301 wave.csv >&3
scored() { [ "$(wc -l <live)" -eq 301 ]; }
wait_until 10 scored
rows 300 live
interrupt $detect
[ $? -eq 130 ] || wrong "Ctrl-C is not 130"
says err "interrupted after 300 rows"
exec 3>&-
"$KIRI" detect --input pipe --format csv --warmup 100 --output never.csv 2>err &
detect=$!
exec 3>pipe
head -n 301 wave.csv >&3
begun() { ls never.csv.* >/dev/null 2>&1; }
wait_until 10 begun
interrupt $detect
[ $? -eq 130 ] || wrong "Ctrl-C is not 130 with --output"
exec 3>&-
ls never.csv* >/dev/null 2>&1 && wrong "half an output is left: $(ls never.csv*)"

# ---- an output that fails is said while the pipe is still open -------------------------------
"$KIRI" detect --input pipe --format csv --warmup 100 --output /dev/full 2>err &
detect=$!
exec 3>pipe
head -n 301 wave.csv >&3
wait $detect
code=$?
[ $code -eq 74 ] || wrong "a full disk is $code, not 74"
grep -q "cannot write /dev/full" err || wrong "a full disk is not said: $(cat err)"
exec 3>&-
exit $failed
