#!/bin/bash
# stranger_test.sh KIRI BUILD SOURCE [TRANSCRIPT] - types what docs/writing-an-atom.md says under
# "Ten minutes", line by line, in an empty home outside the source tree, and nothing else: from
# the install to the scores of an own atom. With TRANSCRIPT, writes what that printed.
set -u
KIRI=$1 BUILD=$2 doc=$3/docs/writing-an-atom.md record=${4:-}
work=$(mktemp -d)
cd "$work" || exit 1
command -v make >/dev/null || export CMAKE_GENERATOR=Ninja
finish() {
    kill -- "-$typist" 2>/dev/null # all that was started in the background
    for _ in $(seq 80); do
        kill -0 -- "-$typist" 2>/dev/null || break
        sleep 0.1
    done
    rm -rf "$work"
}
trap finish EXIT

# The lines to type; a diff block is saved as the guide says.
awk '
    /^## / { on = $0 == "## Ten minutes" }
    on && /^```sh$/ { kind = "sh"; next }
    on && /^```diff$/ { kind = "diff"; print "save <<\047END\047"; next }
    /^```/ { if (kind == "diff") print "END"; kind = "" }
    kind == "sh" { print "type_in <<\047END\047"; print; print "END" }
    kind == "diff" { print }
' "$doc" >steps
[ "$(grep -c '^type_in' steps)" -ge 12 ] || { echo "the guide has too few lines to type"; exit 1; }

cat >typist <<'END'
save() { cat >soil.diff; }
type_in() {
    read -r line
    printf '$ %s\n' "$line"
    [[ $line != "kiri load"* ]] || answers # a person is slower than a host and a sensor
    case $line in # a test does not sleep: it waits for what the reader has long had
    'sleep 25') [ -n "$RECORD" ] || line=learned ;;
    'sleep 2') line=taken ;;
    esac
    eval "${line//build\/release/"$BUILD"}" || { echo "(exit $?)"; exit 1; }
}
answers() {
    for _ in $(seq 100); do
        ! { kiri status >/dev/null 2>&1 && [ -e now ]; } || return 0
        sleep 0.1
    done
}
learned() {
    for _ in $(seq 300); do
        ! kiri status --json | grep -q '"name":"soil".*"gen":[1-9]' || return 0
        sleep 0.1
    done
}
taken() {
    for _ in $(seq 300); do
        ! grep -q 'version 1\.1' kiri.log || return 0
        sleep 0.1
    done
}
END
begun=$(date +%s)
env -i HOME="$work" PATH="$PATH" LC_ALL=C.UTF-8 BUILD="$BUILD" RECORD="$record" \
    ${CMAKE_GENERATOR:+CMAKE_GENERATOR="$CMAKE_GENERATOR"} \
    setsid timeout --foreground 300 bash -c '. ./typist; . ./steps' >said 2>&1 &
typist=$!
wait $typist
code=$?
took=$(($(date +%s) - begun))
sed -i "s|$work|/home/you|g" said

failed=0
says() { grep -qE -- "$1" said || { echo "FAILED: nothing says $1"; failed=1; }; }
[ $code -eq 0 ] || { echo "FAILED: exit $code"; failed=1; }
[ $took -lt 600 ] || { echo "FAILED: it took $took s"; failed=1; }
[ "$(grep -c '100% tests passed' said)" -eq 2 ] || { echo "FAILED: the tests did not pass twice"; failed=1; }
[ "$(grep -cE '^score/soil \{.*"name":"moisture","word":"M8","value":4[0-3][.,]' said)" -ge 3 ] ||
    { echo "FAILED: not three scores of the moisture"; failed=1; }
says '^score/soil \{.*"state":"(normal|alarm)".*"word":"M1","value":7.5'
says '^● soil  (normal|alarm)'
says 'atom soil: .*version 1\.1, it was 1\.0'
says '^atom soil: .*unloaded'
if [ $failed -ne 0 ]; then
    cat said
    echo "log:"
    cat soil/kiri.log
    exit 1
fi
[ -z "$record" ] || {
    printf '# The first atom, as it was typed\n\n'
    printf 'What the lines of [writing-an-atom.md](writing-an-atom.md) print with KIRI %s on\n' \
        "$(head -n 1 "$(dirname "$doc")/../VERSION")"
    printf '%s, from the install to the scores in %s s of computer time.\n' \
        "$(. /etc/os-release && echo "$PRETTY_NAME")" "$took"
    printf 'Written by `tests/host/stranger_test.sh`, which types them on every change.\n\n```\n'
    cat said
    printf '```\n'
} >"$record"
echo "from the install to the scores: $took s"
