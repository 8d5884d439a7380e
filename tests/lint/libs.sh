#!/bin/sh
# libs.sh CC libkiri-sdk.a FILE.so... - the SDK needs nothing but libc and libm, and no
# plugin brings the host's libraries along.
set -eu
cc=$1 sdk=$2
shift 2
bad=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! "$cc" -shared -Wl,--whole-archive "$sdk" -Wl,--no-whole-archive -Wl,-z,defs -lm \
    -o "$dir/sdk.so" 2>"$dir/why"; then
    sed -n 's/.*undefined reference to/'"$(basename "$sdk")"' needs more than libc and libm:/p' "$dir/why"
    bad=1
fi
for so in "$@"; do
    for need in $(readelf -d "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        case $need in
        libnng.* | libsqlite3.* | libuv.* | libyaml* | libjansson.*)
            echo "$so: needs $need, which is the host's"
            bad=1
            ;;
        esac
    done
done
exit $bad
