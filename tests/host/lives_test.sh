#!/bin/bash
# lives_test.sh KIRI BUILD KILL|TERM - hosts that are ended at random moments, 0 to 3 s after
# they started: collecting, training, saving, or not even up yet.
#
# A2, KILL: every restart scores within 2 s, with a whole model and a sound store, and at most
#   1 s of observations is lost. The atom writes down what it hands out; that is compared.
# E6, TERM: exit code 0 within 5 s, nothing is lost, and the next one goes on where it was.
#
# 1,000 kills and 200 stops with KIRI_FULL=1, side by side; few otherwise.
KIRI=$1 BUILD=$2 signal=$3
. "$(dirname "$(realpath "$0")")/lib.sh"
ends=20 scores_by=2000
[ "$signal" = KILL ] || ends=10
[ -z "${KIRI_FULL:-}" ] || ends=$((ends == 20 ? 1000 : 200))
may_lose=1000
[ -z "${KIRI_SAN:-}" ] || ends=$((ends / 5)) scores_by=10000 may_lose=2000
[ "$signal" = KILL ] || may_lose=0
a_life=5 # ends before a state directory is looked at and a new one begins
period=10
workers=$((ends / a_life < 2 * $(nproc) ? ends / a_life : 2 * $(nproc)))
[ $workers -ge 1 ] || workers=1 a_life=$ends

now_ms() { local us=${EPOCHREALTIME/[.,]/}; now=$((us / 1000)); }
pause() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; } # MILLISECONDS

# tell WORD [NUMBER]: one line of what happened, summed up at the end.
tell() { echo "$*" >>"$work/told"; }
bad() {
    echo "wrong" >>"$work/told"
    echo "FAILED: $(basename "$PWD"): $*" >&2
    tail -n 20 log >&2
}

# late WHAT MS MOST: more is wrong. In the sample of plain CI, whose machine may be loaded, one in ten
# may take up to twice as long.
late() {
    [ "$2" -gt "$3" ] || return
    if [ -z "${KIRI_FULL:-}" ] && [ "$2" -le $((2 * $3)) ]; then
        tell late "$2"
    else
        bad "$1 $2 ms"
    fi
}

asked() { # an answer of the host, in $answer
    answer=$("$KIRI" status --json --state "$PWD/state" 2>/dev/null)
}

# Waits until the host has scored, or until the moment has come: MS since start.
until_scored() {
    scored=
    while now_ms && [ $((now - began)) -lt "$1" ]; do
        if asked && [[ $answer = *'"last":{'* ]]; then
            now_ms
            scored=$((now - began))
            return
        fi
        sleep 0.02
    done
}

# The moment in which a model is being saved, or 3 s after the start.
until_saving() {
    while now_ms && [ $((now - began)) -lt 3000 ]; do
        [ ! -e state/models/ledger.safetensors.tmp ] || return
    done
}

end_host() {
    asked && [[ $answer = *'"training":{'* ]] && tell training
    [ $((RANDOM % 10)) -ne 0 ] || until_saving
    now_ms
    local asked_at=$now code
    kill -$signal "$host" 2>/dev/null
    wait "$host" 2>/dev/null
    code=$?
    host=
    now_ms
    [ ! -e state/models/ledger.safetensors.tmp ] || tell saving
    [ "$signal" = TERM ] || return
    tell stopped $((now - asked_at))
    [ $code -eq 0 ] || bad "SIGTERM $((asked_at - began)) ms after the start exits $code"
    [ $((now - asked_at)) -le 5000 ] || bad "stopping took $((now - asked_at)) ms"
}

# One start, one random moment, one end.
live_once() {
    local moment=$((RANDOM * 3000 / 32768)) model= rows=
    [ ! -e state/models/ledger.safetensors ] || model=yes
    [ "$signal" = KILL ] || rows=$(sqlite3 state/store.db 'select count(*) from obs' 2>/dev/null)
    : >log
    now_ms
    began=$now
    "$KIRI" run m.yaml --for 60s 2>>log &
    host=$!
    until_scored $moment
    if [ -n "$scored" ]; then
        tell scored "$scored"
        late 'the first score came after' "$scored" $scores_by
        now_ms
        [ $((moment - now + began)) -le 0 ] || pause $((moment - now + began))
        [ -z "$model" ] || grep -q 'goes on with generation' log ||
            bad "it does not go on with the model that it had"
        [ "${rows:-0}" = 0 ] || grep -qE "[ ,]$rows rows" log ||
            bad "it does not go on with $rows rows"
    else
        late 'there was no score after' $moment $scores_by
    fi
    end_host
    ! grep -E 'bad-|damaged|checksum|anew|malformed|Sanitizer|runtime error' log ||
        bad "it found damage"
    echo $(($(stat -c %s ledger 2>/dev/null || echo 0) / 32)) >>ends
    tell ended
}

# What one end lost: the rows that the ledger has and the store has not. They must be its last.
losses() {
    sqlite3 state/store.db 'select label from obs' >stored
    awk -v period=$period '
        BEGIN { at = 0 }
        function close_end() {
            if (first) print "lost", last - first + period
            first = 0
            at++
        }
        FILENAME == "stored" { have[$1 + 0] = 1; next }
        FILENAME == "ends" { end[n++] = $1; next }
        {
            while (at < n && $1 + 0 >= end[at]) close_end()
            if (!(($1 + 0) in have)) { if (!first) first = $2 + 0 }
            else if (first) { print "hole", $1 + 0; exit }
            last = $2 + 0
        }
        END { close_end() }' stored ends ledger
}

# A state directory from its first start to its last end, then looked at.
life() {
    rm -rf state ledger log ends
    touch ledger
    for _ in $(seq "$1"); do live_once; done
    [ -e state/store.db ] || return
    local check word number
    check=$(sqlite3 state/store.db 'pragma integrity_check' 2>&1)
    [ "$check" = ok ] || bad "integrity_check says $check"
    ! find state | grep -E 'bad-|old-' || bad "something was set aside"
    if [ -e state/models/ledger.safetensors ]; then
        "$KIRI" inspect state/models/ledger.safetensors >/dev/null || bad "an unusable model"
        tell whole_model
    fi
    losses >lost
    while read -r word number; do
        tell "$word" "$number"
        [ "$word" = lost ] || bad "rows are missing before row $number, which is there"
        late 'observations are lost:' "$number" $may_lose
    done <lost
}

worker() { # NAME ENDS
    mkdir "$work/$1" && cd "$work/$1" || exit 1
    RANDOM=$((BASHPID + $(date +%N | sed 's/^0*//')))
    cat >m.yaml <<END
molecule: life
state: $PWD/state
atoms:
  ledger:
    plugin: $BUILD/tests/faults/ledger.so
    every: ${period}ms
    learn: { warmup: 200 }
    path: $PWD/ledger
END
    local left=$2
    while [ "$left" -gt 0 ]; do
        life $((left < a_life ? left : a_life))
        left=$((left - a_life))
        [ "$(grep -c wrong "$work/told")" -lt 5 ] || return
    done
}

: >told
for i in $(seq $workers); do
    worker "$i" $(((ends + i - 1) / workers)) &
done
wait
awk -v signal="$signal" '
    { n[$1]++; sum[$1] += $2; if ($2 > most[$1]) most[$1] = $2 }
    END {
        printf "%d ends by SIG%s: %d in training, %d in saving; %d whole models; ",
            n["ended"], signal, n["training"], n["saving"], n["whole_model"]
        printf "first score after %d ms at most, %d on average of %d; ", most["scored"],
            n["scored"] ? sum["scored"] / n["scored"] : 0, n["scored"]
        printf "%d ms of observations lost at most, %d on average of %d", most["lost"],
            n["lost"] ? sum["lost"] / n["lost"] : 0, n["lost"]
        if (signal == "TERM") printf "; stopped within %d ms", most["stopped"]
        print ""
    }' told
grep -q '^wrong' told && failed=1
[ "$(grep -c '^late' told)" -le $((ends / 10 + 1)) ] || wrong "late too often: $(grep '^late' told | tr '\n' ' ')"
[ "$(grep -c ended told)" -eq $ends ] || wrong "not all $ends ends were made"
exit $failed
