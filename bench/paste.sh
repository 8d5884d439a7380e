#!/bin/sh
# paste.sh NAME DOC - puts what it reads on the standard input into DOC, between the lines
# "<!-- figures: NAME -->" and "<!-- end of figures -->". So no figure of a document is typed:
#
#     build/release/bench/calibration --markdown | bench/paste.sh calibration docs/detection.md
#
# Exit 65 when DOC has no such place or nothing came; then DOC is what it was.
set -eu
[ $# = 2 ] || {
    echo "Usage: paste.sh NAME DOC <figures" >&2
    exit 64
}
new=$(mktemp)
trap 'rm -f "$new" "$new.doc"' EXIT
cat >"$new"
[ -s "$new" ] || {
    echo "paste.sh: nothing came to put into $2" >&2
    exit 65
}
awk -v begin="<!-- figures: $1 -->" -v from="$new" '
    $0 == "<!-- end of figures -->" && inside { inside = 0; done++ }
    !inside
    $0 == begin {
        inside = 1
        while ((getline line < from) > 0)
            print line
        close(from)
    }
    END { exit done != 1 || inside }
' "$2" >"$new.doc" || {
    echo "paste.sh: $2 has no single place for figures of $1" >&2
    exit 65
}
cat "$new.doc" >"$2"
