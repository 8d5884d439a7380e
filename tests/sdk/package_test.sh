#!/bin/bash
# package_test.sh KIRI BUILD - a stranger's folder builds against the build tree and against an
# install that was moved, with CMake and without; what the contract forbids does not build.
set -u
KIRI=$1 BUILD=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export HOME="$work" LC_ALL=C.UTF-8
unset STATE_DIRECTORY RUNTIME_DIRECTORY XDG_RUNTIME_DIR XDG_STATE_HOME CMAKE_PREFIX_PATH PKG_CONFIG_PATH
command -v make >/dev/null || export CMAKE_GENERATOR=Ninja
plain=$PATH
failed=0

wrong() {
    echo "FAILED: $*"
    failed=1
}
must() { "$@" >out 2>&1 || { wrong "$*:"; cat out; }; }
# refuses SENTENCE COMMAND...
refuses() {
    sentence=$1
    shift
    "$@" >out 2>&1 && wrong "this should fail: $*"
    # CMake breaks long lines where it likes.
    tr -s ' \n' ' ' <out | grep -qF -- "$sentence" || { wrong "'$sentence' is not said:"; cat out; }
}
configure() { must cmake -S "$1" -B "$1/build" "${@:2}"; }

# ---- the build tree's package, found through the PATH -------------------------------------------
PATH=$(dirname "$KIRI"):$plain
must kiri new-atom my-soil
[ -z "$(grep -rl hello my-soil; find my-soil -name '*hello*')" ] || wrong "hello is left in my-soil"
configure my-soil
must cmake --build my-soil/build
must ctest --test-dir my-soil/build --output-on-failure
must kiri check my-soil/my-soil.yaml
must kiri run my-soil/my-soil.yaml --for 1s
symbols=$(nm -D --defined-only my-soil/build/my-soil.so | awk '{ print $3 }')
[ "$symbols" = kiri_atom ] || wrong "not only kiri_atom is visible: $symbols"

# ---- an install, moved, with kiri not in the PATH ----------------------------------------------
must cmake --install "$BUILD" --prefix "$work/first"
mkdir -p elsewhere
mv first elsewhere/kiri
PATH=$plain
prefix=$work/elsewhere/kiri
must "$prefix/bin/kiri" new-atom soil --dir elsewhere
grep -qF -- "-DCMAKE_PREFIX_PATH=$prefix" out || { wrong "where the SDK is, is not said:"; cat out; }
configure elsewhere/soil "-DCMAKE_PREFIX_PATH=$prefix"
must cmake --build elsewhere/soil/build
must ctest --test-dir elsewhere/soil/build --output-on-failure
must "$prefix/bin/kiri" run elsewhere/soil/soil.yaml --for 1s
found=$(sed -n 's/^kiri-sdk_DIR:PATH=//p' elsewhere/soil/build/CMakeCache.txt)
case $found in "$prefix"/*) ;; *) wrong "the SDK was found in $found" ;; esac
left=$(grep -rlF -e "$work/first" -e "$BUILD" "$prefix/include" "$prefix"/lib*/cmake "$prefix"/lib*/pkgconfig)
[ -z "$left" ] || wrong "these name the place where they were installed or built: $left"

# ---- without CMake, by the lines of its README --------------------------------------------------
rm -r elsewhere/soil/build
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
[ "$(pkg-config --modversion kiri-sdk)" = "$(sed -n 's/^kiri //p' <<<"$("$prefix/bin/kiri" --version)")" ] ||
    wrong "kiri-sdk.pc and kiri are of two versions"
grep -E '^(mkdir -p build && )?cc ' elsewhere/soil/README.md >lines.sh
[ "$(wc -l <lines.sh)" -eq 2 ] || wrong "not two lines in the README"
must sh -ec "cd elsewhere/soil; $(cat lines.sh)"
must "$prefix/bin/kiri" run elsewhere/soil/soil.yaml --for 1s

# ---- B12: what the contract forbids does not build ----------------------------------------------
PATH=$prefix/bin:$plain
forbid() { # SENTENCE CODE
    cp elsewhere/soil/soil.c kept.c
    echo "$2" >>elsewhere/soil/soil.c
    refuses "$1" cmake --build elsewhere/soil/build --target soil
    [ ! -e elsewhere/soil/build/soil.so ] || wrong "it is there all the same: $2"
    cat kept.c >elsewhere/soil/soil.c
}
rm -r elsewhere/soil/build
configure elsewhere/soil
forbid '.data has' 'static int calls[9] = { 1 }; KIRI_EXPORT int count(void); int count(void) { return calls[0]++; }'
forbid '.bss has' 'static int calls[9]; KIRI_EXPORT int count(void); int count(void) { return calls[8]++; }'
forbid '.tbss has' 'static __thread int calls[9]; KIRI_EXPORT int count(void); int count(void) { return calls[8]++; }'
forbid '.init_array has' '__attribute__((constructor)) static void early(void) { puts("early"); }'
forbid 'undefined reference' 'int elsewhere(void); KIRI_EXPORT int count(void); int count(void) { return elsewhere(); }'
must cmake --build elsewhere/soil/build
[ -e elsewhere/soil/build/soil.so ] || wrong "a good one is not there"

# ---- kiri_add_atom says what it wants -----------------------------------------------------------
sed -i 's/kiri_add_atom(soil SOURCES soil.c)/kiri_add_atom(soil soil.c)/' elsewhere/soil/CMakeLists.txt
refuses 'write kiri_add_atom(soil SOURCES soil.c' cmake -B elsewhere/soil/build -S elsewhere/soil
sed -i 's/kiri_add_atom(soil soil.c)/kiri_add_atom(So_il SOURCES soil.c)/' elsewhere/soil/CMakeLists.txt
refuses 'the name of an atom is a-z, 0-9 and -' cmake -B elsewhere/soil/build -S elsewhere/soil
[ $failed -eq 0 ] && echo "all as it should be"
exit $failed
