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

stop_host() { # SIGNAL -> what it exited with
    [ -n "$host" ] || return 0
    kill "$1" "$host" 2>/dev/null
    wait "$host" 2>/dev/null
    code=$?
    host=
    return $code
}

# status EXPRESSION over the status `s` and its first atom `a`; "" when nobody answers. Asked
# by $by_bus where a test sets it.
status() {
    {
        if [ -n "${by_bus:-}" ]; then
            "$KIRI" status --json --bus "$by_bus"
        else
            "$KIRI" status --json --state "$work/state"
        fi
    } 2>/dev/null | python3 -c '
import json, sys
try:
    s = json.load(sys.stdin)
except ValueError:
    sys.exit(1)
a = s["atoms"][0] if s["atoms"] else None
print(eval(sys.argv[1]))' "$1" 2>/dev/null
}

# until_true SECONDS EXPRESSION: asks ten times a second.
until_true() {
    tries=$(($1 * 10))
    while [ "$tries" -gt 0 ]; do
        [ "$(status "$2")" = True ] && return 0
        tries=$((tries - 1))
        sleep 0.1
    done
    wrong "not within $1 s: $2; status: $(status 's'); log:"
    tail -20 log
    return 1
}

# What stands in a folder, names and bytes, to see that nothing changed. A running host's own
# files are left out by the caller.
fingerprint() { (cd "$1" 2>/dev/null && find . -type f -exec sha256sum {} + | sort) || echo none; }
