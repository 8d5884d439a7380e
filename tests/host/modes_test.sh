#!/bin/bash
# modes_test.sh KIRI BUILD - E8: what a host writes is its user's alone, whatever the umask says,
# and what others can write to is not run.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"

# ---- a run leaves nothing that others may read -----------------------------------------------
umask 000
molecule modes 60 10ms >m.yaml
chmod 600 m.yaml
start_host m.yaml
until_true 30 'a["gen"] >= 1'
loose() { # TYPE MODE: those of that type in the state directory with another mode
    find state -type "$1" ! -perm "$2" -printf '%M %p\n'
}
looked() {
    loose d 700 | grep . && wrong "$1: directories that others may see"
    loose f 600 | grep . && wrong "$1: files that others may read"
    loose s 600 | grep . && wrong "$1: sockets that others may use"
    find state ! -type d ! -type f ! -type s -print | grep . && wrong "$1: what is this?"
}
looked 'while it runs'
[ "$(find state -type s | wc -l)" -eq 3 ] || wrong "not the three sockets: $(find state -type s)"
stop_host -TERM || wrong "SIGTERM exits $?"
looked 'afterwards'

# ---- a config or a plugin that anybody may write to is refused -----------------------------------
cp "$BUILD/plugins/pulse.so" loose.so
molecule modes 60 10ms 'alarm: 1/day' | sed "s|plugin: pulse|plugin: $work/loose.so|" >so.yaml
chmod 600 so.yaml
chmod 666 loose.so
refused() { # CODE WORDS FILE
    before=$(fingerprint state)
    timeout 60 "$KIRI" run "$3" >out 2>err </dev/null
    got=$?
    [ $got -eq "$1" ] || wrong "$3 exits $got, not $1"
    grep -q "$2.*chmod o-w" err || { wrong "the remedy is not said for $3:"; cat err; }
    [ "$(fingerprint state)" = "$before" ] || wrong "$3 changed the state directory"
}
refused 65 loose.so so.yaml
chmod 666 m.yaml
refused 78 m.yaml m.yaml
chmod 600 m.yaml
exit $failed
