#!/bin/sh
# detection_doc_test.sh KIRI SOURCE - the example in docs/detection.md does what is printed
# there: the alarm opens at the same row, and the same field is blamed.
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
# timestamp, alarm and blame of the rows up to the first alarm, and of the last: what does
# not move with each improvement of the scores
outline() {
    awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        { last = $1 "," $at["alarm"] "," $at["blame"] }
        !seen { print last }
        $at["alarm"] == 1 { seen = 1 }
        END { print last }'
}
outline <"$dir/printed" >"$dir/is"
block text | outline >"$dir/should"
diff "$dir/should" "$dir/is" || {
    echo "docs/detection.md prints (<) what its commands do not (>)"
    exit 1
}
grep -q ',1,' "$dir/is" || {
    echo "docs/detection.md: no row of the example is an alarm"
    exit 1
}
