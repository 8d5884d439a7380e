#!/bin/sh
# symbols.sh LIB.a... - no two rooms have a function or variable of one name. The linker takes
# either without a word, and then one room calls the other's.
set -eu
[ $# -gt 0 ] || {
    echo "no room was built"
    exit 1
}
for lib in "$@"; do
    nm -g --defined-only "$lib" 2>/dev/null | awk -v lib="$(basename "$lib")" \
        'NF == 3 && $2 ~ /^[BDRTVW]$/ { print $3, lib }' | sort -u
done | awk '
    $1 in room { print $1 " is in " room[$1] " and in " $2; bad = 1 }
    { room[$1] = $2 }
    END { exit bad }
'
