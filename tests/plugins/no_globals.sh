#!/bin/sh
# An atom has no mutable globals: two instances run at the same time, and a reload must find
# nothing left behind. What the C runtime itself needs is 8 bytes of .data and of .bss, and
# one constructor of its own. usage: no_globals.sh FILE.so...
failed=0
for so in "$@"; do
    size -A "$so" | awk -v so="$so" '
        $1 == ".data" || $1 == ".bss" || $1 == ".init_array" || $1 == ".tbss" || $1 == ".tdata" {
            seen = 1
            limit = $1 ~ /^\.t/ ? 0 : 8
            if ($2 > limit) {
                printf "%s: %s has %d bytes, at most %d are allowed\n", so, $1, $2, limit
                bad = 1
            }
        }
        END { exit bad || !seen }' || failed=1
done
exit $failed
