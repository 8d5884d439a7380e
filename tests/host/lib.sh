# tests/host/lib.sh - what the tests of the whole executable share: a working folder of their
# own, a host in it, and questions to it. They speak to the host only as a user can: YAML,
# signals, kiri. Source it with KIRI set, and BUILD for molecule. status needs python3.
set -u
work=$(mktemp -d)
host=
# What a sanitizer found is worth more than the exit code it leaves.
trap 'stop_host -KILL; grep -hA40 "Sanitizer\|runtime error" "$work/log" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
export HOME="$work" LC_ALL=C.UTF-8
unset STATE_DIRECTORY RUNTIME_DIRECTORY XDG_RUNTIME_DIR XDG_STATE_HOME
failed=0

# Seconds that a test names are those of a machine with nothing else to do. They only end what
# would hang: a loaded machine gets so many times as long. A promise about time is measured.
patience=4
[ -z "${KIRI_SAN:-}" ] || patience=10

wrong() {
    echo "FAILED: $*"
    failed=1
}

# molecule NAME WARMUP EVERY [MORE YAML OF THE ATOM]... > file
molecule() {
    printf 'molecule: %s\nstate: %s/state\nplugins: [%s/plugins]\natoms:\n' "$1" "$work" "$BUILD"
    printf '  pulse:\n    plugin: pulse\n    every: %s\n    learn: { warmup: %s }\n' "$3" "$2"
    shift 3
    for line in "$@"; do printf '    %s\n' "$line"; done
}

start_host() { # FILE
    "$KIRI" run "$1" 2>>log &
    host=$!
}

# Messages that NNG has lost to peers who left (host/bus/outgoing.c), of a host built with
# AddressSanitizer: it says at its end how many blocks it forgave, two for each. Only those whose
# leaving meets a sending can be lost; ours, if we lost them, would be hundreds.
most_lost=40
hold_to_bound() {
    lost=$(awk '$3 == "^outgoing$" { n += $1 } END { print n + 0 }' "$work/log" 2>/dev/null)
    [ "${lost:-0}" -le $most_lost ] || wrong "blocks of messages that were sent and never freed: $lost"
}

stop_host() { # SIGNAL -> what it exited with
    [ -n "$host" ] || return 0
    kill "$1" "$host" 2>/dev/null
    wait "$host" 2>/dev/null
    code=$?
    host=
    hold_to_bound
    return $code
}

# SECONDS HOST EXPRESSION COMMAND...: asks until the expression over the status `s` and its first
# atom `a` is true, some times a second while HOST, if one is named, runs; 0 SECONDS: asks once
# and prints the value.
ask_py='
import json, subprocess, sys, time

def value():
    said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
    s = json.loads(said)
    return eval(expression, {"s": s, "a": s["atoms"][0] if s["atoms"] else None})

def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

seconds, host, expression, *command = sys.argv[1:]
expression = compile(expression.strip(), "expression", "eval")
end, pause = time.monotonic() + float(seconds), .05
while True:
    try:
        now, known = value(), True
    except Exception: # nobody answers, or it has no such atom yet
        now, known = None, False
    if seconds == "0":
        if known:
            print(now)
        sys.exit(not known)
    if now is True:
        sys.exit(0)
    if time.monotonic() > end or host and not runs(host):
        sys.exit(1)
    time.sleep(pause)
    pause = min(pause * 1.3, .2)
'
ask_status() { # SECONDS EXPRESSION, by $by_bus where a test sets it
    if [ -n "${by_bus:-}" ]; then
        python3 -S -c "$ask_py" "$1" "$host" "$2" "$KIRI" status --json --bus "$by_bus"
    else
        python3 -S -c "$ask_py" "$1" "$host" "$2" "$KIRI" status --json --state "$work/state"
    fi
}

# status EXPRESSION: what it is now; "" when nobody answers.
status() { ask_status 0 "$1" 2>/dev/null; }

# until_true SECONDS EXPRESSION
until_true() {
    ask_status $(($1 * patience)) "$2" && return 0
    wrong "not within $(($1 * patience)) s: $2; status: $(status 's'); log:"
    tail -20 log
    return 1
}

# wait_until SECONDS COMMAND...: until the command succeeds; 1 when it never did.
wait_until() {
    deadline=$(($(date +%s) + $1 * patience))
    shift
    until "$@"; do
        [ "$(date +%s)" -le "$deadline" ] || return 1
        sleep 0.1
    done
}

# count_in fd|task [PID]: how many descriptors or threads the host has, or another process.
count_in() { find "/proc/${2:-$host}/$1" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }

# runs PID: it has not ended; what nobody has waited for yet has.
runs() { grep -qs '^State:.[^ZX]' "/proc/$1/status"; }

# interrupt PID: SIGINT, again if it was not listening yet -> what it exits with
interrupt() {
    while runs "$1"; do
        kill -INT "$1" 2>/dev/null
        for _ in $(seq 20); do
            runs "$1" || break
            sleep 0.1
        done
    done
    wait "$1"
}

# block LANGUAGE DOCUMENT: its first fenced block of that language
block() { awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } on && /^```/ { exit } on' "$2"; }

# What stands in a folder, names and bytes, to see that nothing changed. A running host's own
# files are left out by the caller.
fingerprint() { (cd "$1" 2>/dev/null && find . -type f -exec sha256sum {} + | sort) || echo none; }
