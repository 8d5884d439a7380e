#!/bin/sh
# sweep_test.sh SAVER - RELIABILITY A1: SIGKILL, EIO, ENOSPC and EINTR injected at each system
# call of a save (atomic.c) and of a store's commit. Afterwards there are the old bytes or the
# new ones, the ones before them, and no temporary file once it was swept; the store has its
# rows, the last one or not, and goes on. KIRI_FULL=1: every position; else a sample.
set -u
saver=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
runs=0 killed=0 refused=0 done=0 failed=0

wrong() {
    echo "FAILED: $*"
    failed=1
}

# inject CALL FAULT WHEN COMMAND DIR -> its exit code, in $code.
inject() {
    case $2 in KILL) how=signal=KILL ;; *) how=error=$2 ;; esac
    strace -f -qq -o trace -e "trace=$1" -e "inject=$1:$how:when=$3" "$saver" "$4" "$5" \
        >out 2>err
    code=$?
    runs=$((runs + 1))
    case $code in
    0) done=$((done + 1)) ;;
    137) killed=$((killed + 1)) ;;
    *) refused=$((refused + 1)) ;;
    esac
}

fresh() { rm -rf room && mkdir -m 700 room; }

save_under() { # CALL FAULT WHEN
    fresh
    "$saver" make room || wrong "cannot make a model"
    inject "$1" "$2" "$3" save room
    what=$("$saver" look room) || wrong "save: $2 at $1 $3: neither old nor new bytes"
    [ "$code" != 0 ] || [ "$what" = new ] || wrong "save: $2 at $1 $3: said done, is $what"
    "$saver" sweep room || wrong "save: $2 at $1 $3: a temporary file stays"
    "$saver" save room 2>/dev/null || wrong "save: $2 at $1 $3: the next save fails"
}

commit_under() { # CALL FAULT WHEN
    rm -rf room && cp -r five room
    inject "$1" "$2" "$3" commit room
    n=$("$saver" rows room 2>>err) || wrong "commit: $2 at $1 $3: degraded or damaged: $(cat err)"
    case $n in
    6) ;;
    5) [ "$code" != 0 ] || wrong "commit: $2 at $1 $3: said done, is not" ;;
    *) wrong "commit: $2 at $1 $3: $n rows of 5 or 6" ;;
    esac
}

# positions CALL COMMAND DIR -> those to inject at, of all that CALL is made: each one, or the
# last two and one in the middle (the first ones are the loader's).
positions() {
    strace -f -qq -o trace -e "trace=$1" "$saver" "$2" "$3" >out 2>err
    n=$(grep -c "$1" trace)
    if [ -n "${KIRI_FULL:-}" ]; then
        seq 1 "$n"
    else
        printf '%s\n' "$n" $((n - 1)) $((n / 2 + 1)) | awk '$1 > 0' | sort -nu
    fi
}

faults='KILL EIO'
[ -z "${KIRI_FULL:-}" ] || faults='KILL EIO ENOSPC EINTR'

for call in openat write fsync close linkat renameat unlinkat; do
    fresh
    "$saver" make room || wrong "cannot make a model"
    for when in $(positions $call save room); do
        for fault in $faults; do
            save_under $call "$fault" "$when"
        done
    done
done
echo "save: $runs runs, $killed killed, $refused refused, $done done"
[ $killed -ge 7 ] && [ $refused -ge 7 ] || wrong "the faults did not happen"

runs=0 killed=0 refused=0 done=0
fresh
for i in 1 2 3 4 5; do "$saver" commit room || wrong "commit $i"; done
mv room five
for call in openat pwrite64 fdatasync fsync ftruncate unlink; do
    rm -rf room && cp -r five room
    for when in $(positions $call commit room); do
        for fault in $faults; do
            commit_under $call "$fault" "$when"
        done
    done
done
echo "commit: $runs runs, $killed killed, $refused refused, $done done"
[ $killed -ge 3 ] || wrong "the faults did not happen"
exit $failed
