#!/bin/sh
# sections.sh FILE.so... - a plugin has no mutable globals and no constructors of its own:
# .data and .bss hold at most 8 bytes and .init_array exactly 8 (the C runtime's own).
set -eu
bad=0

[ $# -gt 0 ] || {
    echo 'sections.sh: no plugin was built'
    exit 1
}
for so in "$@"; do
    size -A "$so" | awk -v so="$so" '
        $1 ~ /^(\.data|\.bss|\.tdata|\.tbss|\.init_array)$/ { bytes[$1] = $2 }
        function most(section, n, why) {
            if (bytes[section] > n) {
                print so ": " section " has " bytes[section] " bytes: " why
                bad = 1
            }
        }
        END {
            most(".data", 8, "mutable globals are shared by all instances")
            most(".bss", 8, "mutable globals are shared by all instances")
            most(".tdata", 0, "thread-locals do not follow an instance")
            most(".tbss", 0, "thread-locals do not follow an instance")
            if (bytes[".init_array"] != 8) {
                print so ": .init_array has " bytes[".init_array"] + 0 " bytes, not 8: a constructor runs before the host can check anything"
                bad = 1
            }
            exit bad
        }' || bad=1
done
exit $bad
