#!/bin/sh
# run.sh ROOT - builds the engine and its tests for AArch64 and runs them under qemu-user. Exit 77
# when the compiler or qemu is not here.
set -eu
root=$1
cc=aarch64-linux-gnu-gcc
for tool in $cc qemu-aarch64; do
    command -v $tool >/dev/null || {
        echo "run.sh: no $tool here (scripts/setup --test installs it)"
        exit 77
    }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags="-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -Wshadow -Werror -ffp-contract=off
    -fno-math-errno -fno-trapping-math -I$root/host -I$root/tests/engine/neon"
for source in "$root"/host/engine/*.c "$root/tests/engine/sample.c"; do
    case $source in
    */kernel_avx*) continue ;;
    esac
    # shellcheck disable=SC2086 # the flags are many
    $cc $flags -c "$source" -o "$dir/$(basename "$source" .c).o" &
done
wait
build() {
    # shellcheck disable=SC2086
    $cc $flags -static "$root/tests/engine/$1_test.c" "$dir"/*.o -lm -o "$dir/$1"
}
run() { # TABLE TEST...
    isa=$1
    shift
    for test in "$@"; do
        echo "== ${test}_test, KIRI_ISA=$isa"
        build "$test"
        KIRI_ISA=$isa qemu-aarch64 "$dir/$test"
    done
}
# Whose bits are those of the other tables need no more tests than these.
run neon kernel isa determinism
if [ "${KIRI_FULL:-0}" = 1 ]; then
    run neon elementary forward gradient train
    run portable elementary forward gradient train determinism
fi
