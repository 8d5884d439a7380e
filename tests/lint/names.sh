#!/bin/sh
# names.sh [ROOT] - words that may not stand in the tree: paths of one machine, work left
# for later, flags that change arithmetic, tests that skip. Exit 1 when there is one.
set -eu
root=${1:-$(dirname "$0")/../..}
cd "$root"
bad=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT

# What is tracked; in an unpacked archive without git, what is there.
if git rev-parse --show-toplevel >"$list" 2>/dev/null &&
    [ "$(cat "$list")" = "$(pwd -P)" ]; then
    git ls-files -co --exclude-standard >"$list"
else
    find . -type f ! -path './build*' ! -path './.git/*' | sed 's|^\./||' >"$list"
fi

# forbid SENTENCE FILES PATTERN: FILES and PATTERN are extended regular expressions; the
# brackets in the patterns below keep this file from finding itself.
forbid() {
    files=$(grep -E "$2" "$list" | grep -v '^LICENSE$' || true)
    [ -n "$files" ] || return 0
    found=$(printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 grep -sHnIE -- "$3" || true)
    [ -n "$found" ] || return 0
    printf '%s\n  ^ %s\n' "$found" "$1"
    bad=1
}

forbid 'a path of one machine' '.' '(^|[^A-Za-z0-9_.])/(work|root|Users)[/]|/tmp/b[-]'
forbid 'work left for later: finish it, or open an issue' '\.([ch]|sh|cmake|ya?ml|py|js|md)$|CMakeLists.txt$|^scripts/|^\.ci/' \
    '(^|[^A-Za-z])(TOD[O]|FIXM[E]|XX[X]|HAC[K])([^A-Za-z]|$)'
forbid 'this flag changes what the engine computes' '(CMakeLists.txt|CMakePresets.json|\.(cmake|[ch])|^scripts/.*)$' \
    '-ffast-mat[h]|-funsafe-mat[h]|-Ofas[t]'
forbid 'this flag builds for one machine only' '^(cmake|host|sdk|plugins|tests|scripts)/|^CMake' '-march=nativ[e]'
forbid 'a test that skips proves nothing' '^tests/.*\.c$' '(^|[^A-Za-z_])skip[(]'
forbid 'alloca has no limit' '\.[ch]$' '(^|[^A-Za-z_])alloca[(]'
forbid 'a merge left its marks' '.' '^(<<<<<<[<]|>>>>>>[>]) '
forbid 'carriage return at the end of a line' '\.([ch]|sh|cmake|ya?ml|md)$' "$(printf '\r')\$"
exit $bad
