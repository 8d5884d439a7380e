#!/bin/sh
# check_test.sh KIRI - D5: `kiri check` writes to stdout and stderr and nowhere else, makes,
# renames and removes nothing, and runs no plugin's code in its own process.
set -eu
kiri=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
wrong() {
    echo "$1" >&2
    [ ! -f "$dir/trace" ] || tail -n 40 "$dir/trace" >&2
    exit 1
}
export HOME="$dir/home" XDG_STATE_HOME="$dir/state" XDG_RUNTIME_DIR="$dir/run"
unset STATE_DIRECTORY RUNTIME_DIRECTORY
# The leak finder and strace both want ptrace.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
mkdir "$dir/home" "$dir/run" "$dir/conf"
cd "$dir/conf"
echo 'atoms: { second: { plugin: pulse } }' >more.yaml
cat >good.yaml <<'END'
include: [more.yaml]
bus: { listen: [ipc://~/bus, "tcp://127.0.0.1:4711"] }
retention: { size: 1GB }
atoms: { pulse: { every: 5s } }
END
echo 'atoms: { pulse: { evry: 5s }, none: {} }' >bad.yaml

before=$(find "$dir" | sort)
for file in good bad; do
    want=0
    [ $file = good ] || want=78
    code=0
    strace -f -y -o "$dir/trace" -e trace=file,desc,network,process,mmap "$kiri" check $file.yaml \
        >"$dir/out" 2>"$dir/said" || code=$?
    [ $code = $want ] || wrong "$file.yaml: exit $code, wanted $want"
    pid=$(head -n 1 "$dir/trace" | cut -d ' ' -f 1)
    # Opening to write, or anything that makes, moves or removes a name or a socket. What a
    # child opens for its own memory (memfd) has no name.
    if grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND' "$dir/trace" |
        grep -vE '/dev/(null|tty)|ENOENT'; then
        wrong "$file.yaml: something was opened for writing"
    fi
    if grep -E '^[0-9]+ +(mkdir|rename|unlink|rmdir|link|symlink|mknod|truncate|chmod|chown|utime|fchmod|fchown|ftruncate|bind|listen|connect|setxattr)[a-z0-9]*\(' \
        "$dir/trace" | grep -vE '^[0-9]+ +(fchmod|ftruncate)\('; then
        wrong "$file.yaml: something was made, changed or connected to"
    fi
    # Our own process writes to stdout, stderr and a copy in memory, and runs no plugin.
    if grep -E "^$pid +(write|writev|pwrite64|sendfile)\(" "$dir/trace" |
        grep -vE '\(((1|2)<|[0-9]+</memfd:)'; then
        wrong "$file.yaml: it wrote elsewhere than to stdout and stderr"
    fi
    if grep -E "^$pid +mmap\(.*PROT_EXEC.*(/memfd:|pulse\.so)" "$dir/trace"; then
        wrong "$file.yaml: plugin code in our own process"
    fi
    grep -qE 'mmap\(.*PROT_EXEC.*(/memfd:|pulse\.so)' "$dir/trace" ||
        wrong "$file.yaml: no child opened the plugin, so nothing was tested"
    rm -f "$dir/trace" "$dir/out" "$dir/said"
    [ "$(find "$dir" | sort)" = "$before" ] || wrong "$file.yaml: there is a new file"
done
echo "check leaves no trace"
