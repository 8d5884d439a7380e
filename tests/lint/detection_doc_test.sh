#!/bin/sh
# detection_doc_test.sh KIRI SOURCE - the example in docs/detection.md does what is printed
# there: the same rows are alarms, and the same field is blamed.
set -eu
kiri=$1 doc=$2/docs/detection.md
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# The first fenced block of a language.
block() {
    awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } on && /^```/ { exit } on' "$doc"
}
kiri=$(cd "$(dirname "$kiri")" && pwd)/$(basename "$kiri")
{
    echo "kiri() { '$kiri' \"\$@\"; }"
    block sh
} >"$dir/example.sh"
(cd "$dir" && sh -eu example.sh >printed 2>told) || {
    cat "$dir/told"
    echo "the example in docs/detection.md fails"
    exit 1
}
# timestamp, alarm and blame: what does not depend on how a score is worked out
cut -d, -f1,5,7 "$dir/printed" >"$dir/is"
block text | cut -d, -f1,5,7 >"$dir/should"
diff "$dir/should" "$dir/is" || {
    echo "docs/detection.md prints (<) what its commands do not (>)"
    exit 1
}
grep -q ',1$\|,1,' "$dir/is" || {
    echo "docs/detection.md: no row of the example is an alarm"
    exit 1
}
