#!/bin/sh
# self_test.sh CC - every lint finds a planted violation, names it, and passes without it.
set -eu
cc=$1
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# finds WHAT SENTENCE COMMAND...: the command must fail and say SENTENCE.
finds() {
    what=$1 sentence=$2
    shift 2
    if "$@" >"$dir/out" 2>&1; then
        echo "not found: $what"
        bad=1
    elif ! grep -qF -- "$sentence" "$dir/out"; then
        echo "$what: found, but \`$sentence' was not said:"
        cat "$dir/out"
        bad=1
    fi
}
# passes WHAT COMMAND...
passes() {
    what=$1
    shift
    if ! "$@" >"$dir/out" 2>&1; then
        echo "refused without reason: $what"
        cat "$dir/out"
        bad=1
    fi
}

# --- includes.sh: a small house, and one wrong include at a time
tree=$dir/house
mkdir -p "$tree"/host/base "$tree"/host/engine "$tree"/host/model "$tree"/host/store \
    "$tree"/host/bus "$tree"/host/flow "$tree"/host/cli "$tree"/host/client \
    "$tree"/sdk/src "$tree"/plugins/pulse
echo '#include "engine/gpt.h"' >"$tree/host/model/weights.c"
echo '#include <nng/nng.h>' >"$tree/host/bus/bus.c"
echo '#include <kiri/atom.h>' >"$tree/plugins/pulse/pulse.c"
passes 'a house in order' "$here/includes.sh" "$tree"
plant() {
    echo "$2" >"$tree/$1"
    finds "$2 in $1" "$1:1:" "$here/includes.sh" "$tree"
    rm "$tree/$1"
}
plant host/engine/gpt.c '#include "base/buf.h"'
plant host/engine/gpt.h '#include <time.h>'
plant host/base/log.c '#include "flow/flow.h"'
plant host/base/log.h '  #  include "host.h"'
plant host/flow/stream.c '#include "store/store.h"'
plant host/flow/score.c '#include <nng/nng.h>'
plant host/model/file.c '#include <sqlite3.h>'
plant host/store/store.c '#include "bus/bus.h"'
plant host/cli/main.c '#include "store/store.h"'
plant host/client/client.c '#include <kiri/atom.h>'
plant host/model/more.c '#include "../engine/gpt.h"'
plant sdk/src/schema.c '#include "base/buf.h"'
plant plugins/pulse/more.c '#include "base/buf.h"'
plant plugins/pulse/more.h '#include <uv.h>'
mkdir "$tree/host/attic"
plant host/attic/new.c '#include <stdio.h>'

# --- names.sh
tree=$dir/words
mkdir -p "$tree/tests" "$tree/cmake"
echo 'int skipped(void);' >"$tree/tests/good_test.c"
passes 'a tree without such words' "$here/names.sh" "$tree"
word() {
    echo "$2" >"$tree/$1"
    finds "$2 in $1" "$1:1:" "$here/names.sh" "$tree"
    rm "$tree/$1"
}
word a.c "/* TO""DO */"
word a.md "see /wo""rk/main"
word a.json "\"/tmp/""b-mine\""
word cmake/flags.cmake "add_compile_options(-ffast-""math)"
word CMakeLists.txt "add_compile_options(-march=""native)"
word tests/a_test.c "    sk""ip();"
word b.h "char *p = allo""ca(n);"
word c.md "<<<<<<""< mine"

# --- docs.sh
tree=$dir/docs
mkdir -p "$tree/docs"
echo 1.2.3 >"$tree/VERSION"
echo '## [1.2.3] - unreleased' >"$tree/CHANGELOG.md"
echo 'see [there](docs/there.md#part) and [out](https://example.org/x)' >"$tree/README.md"
finds 'a dead link' 'docs/there.md leads nowhere' "$here/docs.sh" "$tree"
echo there >"$tree/docs/there.md"
passes 'links that lead somewhere' "$here/docs.sh" "$tree"
echo 1.2.4 >"$tree/VERSION"
finds 'a version nobody described' 'no section for version 1.2.4' "$here/docs.sh" "$tree"

# --- symbols.sh: one function in two rooms
room() { # NAME SOURCE
    echo "$2" >"$dir/$1.c"
    "$cc" -c "$dir/$1.c" -o "$dir/$1.o"
    ar rcs "$dir/$1.a" "$dir/$1.o"
}
room one 'static int help(void) { return 1; } int open_it(void) { return help(); }'
room two 'static int help(void) { return 2; } int close_it(void) { return help(); }'
room three 'int open_it(void) { return 3; }'
passes 'rooms of different names' "$here/symbols.sh" "$dir/one.a" "$dir/two.a"
finds 'a name of two rooms' 'open_it is in one.a and in three.a' "$here/symbols.sh" \
    "$dir/one.a" "$dir/two.a" "$dir/three.a"
finds 'no room at all' 'no room was built' "$here/symbols.sh"

# --- sections.sh and libs.sh: real shared objects
built() {
    echo "$2" >"$dir/$1.c"
    "$cc" -shared -fPIC -O2 -o "$dir/$1.so" "$dir/$1.c" -Wl,--no-as-needed "${3:--lm}"
}
built good 'const int kiri_atom = 1;'
passes 'a plugin without globals' "$here/sections.sh" "$dir/good.so"
built data 'int a[8] = { 1, 2, 3 };'
finds 'a mutable global' '.data has' "$here/sections.sh" "$dir/data.so"
built bss 'static int b[64]; int bump(int i) { return b[i]++; }'
finds 'a zeroed mutable global' '.bss has' "$here/sections.sh" "$dir/good.so" "$dir/bss.so"
built ctor 'int puts(const char *); __attribute__((constructor)) void c(void) { puts(""); }'
finds 'a constructor' '.init_array has 16' "$here/sections.sh" "$dir/ctor.so"
built tls 'static __thread int t[4]; int bump(int i) { return t[i]++; }'
finds 'a thread-local' '.tbss has' "$here/sections.sh" "$dir/tls.so"
finds 'no plugin at all' 'no plugin was built' "$here/sections.sh"

echo 'double sqrt(double); double half(double x) { return sqrt(x); }' >"$dir/sdk.c"
"$cc" -c -fPIC -fno-builtin -o "$dir/sdk.o" "$dir/sdk.c"
ar rc "$dir/libgood.a" "$dir/sdk.o"
passes 'an SDK of libc and libm' "$here/libs.sh" "$cc" "$dir/libgood.a" "$dir/good.so"
echo 'int uv_now(void); int later(void) { return uv_now(); }' >"$dir/more.c"
"$cc" -c -fPIC -o "$dir/more.o" "$dir/more.c"
ar rc "$dir/libbad.a" "$dir/sdk.o" "$dir/more.o"
finds 'an SDK that needs libuv' 'uv_now' "$here/libs.sh" "$cc" "$dir/libbad.a"
built uses_uv 'const int kiri_atom = 1;' -luv
finds 'a plugin that brings libuv' 'libuv.so' "$here/libs.sh" "$cc" "$dir/libgood.a" "$dir/uses_uv.so"

[ $bad -eq 0 ] && echo 'every lint finds what it is for'

# --- figures.sh
tree=$dir/figures
mkdir -p "$tree/docs" "$tree/bench"
touch "$tree/bench/speed.c"
figures() { # the prose above, a row of the table, the prose below
    printf '%s\n\n<!-- figures: speed -->\n%s<!-- end of figures -->\n%s\n' "$1" "$2" "$3" \
        >"$tree/docs/detection.md"
}
above='Printed by `bench/speed --markdown`:'
row=$(printf '| `speed.rows` | 1.25 | x | | |\n_')
row=${row%_}
figures "$above" "$row" 'As `speed.rows` says.'
passes 'a page whose figures are pasted' "$here/figures.sh" "$tree"
figures 'Of a run by hand:' "$row" ''
finds 'figures without a command' 'want the command' "$here/figures.sh" "$tree"
figures 'Printed by `bench/slow --markdown`:' "$row" ''
finds 'a bench that is not' 'there is no bench/slow' "$here/figures.sh" "$tree"
figures "$above" '' ''
finds 'a place without figures' 'no figures: paste them' "$here/figures.sh" "$tree"
figures "$above" "$row" 'That is 1.25 times as fast.'
finds 'a figure typed into prose' '1.25 is speed.rows' "$here/figures.sh" "$tree"
figures "$above" "$row" 'As `speed.turns` says.'
finds 'a figure that is not' 'there is no figure speed.turns' "$here/figures.sh" "$tree"
figures "$above" "$row" '| `speed.typed` | 3.5 | x | | |'
finds 'a table typed by hand' 'a table of figures that nothing pastes' "$here/figures.sh" "$tree"
printf '%s\n<!-- figures: speed -->\n%s' "$above" "$row" >"$tree/docs/detection.md"
finds 'figures without an end' 'figures without an end' "$here/figures.sh" "$tree"

exit $bad
