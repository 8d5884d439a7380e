#!/bin/sh
# config_doc_test.sh KIRI SOURCE - docs/config.md tells the truth: its example is right, every
# key that the program knows has a row and the other way round, and the ranges are those
# that the program names.
set -eu
kiri=$1 doc=$2/docs/config.md
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME="$dir" KIRI_TOKEN=0123456789abcdef
unset STATE_DIRECTORY RUNTIME_DIRECTORY XDG_RUNTIME_DIR XDG_STATE_HOME
wrong() {
    echo "docs/config.md: $1" >&2
    exit 1
}
# What is said of this text: everything on stderr.
said() {
    echo "$1" >m.yaml
    "$kiri" check m.yaml 2>&1 >/dev/null || :
}

# 1. The example, with its plugins where they are here and what it needs beside it.
awk '/^```yaml$/ { on = 1; next } /^```$/ { on = 0 } on' "$doc" >example.yaml
grep -v '^plugins:' example.yaml >right.yaml
echo '{}' >more.yaml
touch server.pem server.key
"$kiri" check right.yaml >out 2>&1 || wrong "the example is wrong: $(cat out)"

# 2. The keys of each mapping, as the program lists them.
known() { # prefix, the mapping with an unknown key
    said "$2" | sed -n 's/.*unknown key `zzzzzzz`: \(allowed are\|only this is allowed:\) //p' |
        head -n 1 | sed 's/ and /, /g; s/, /\n/g' | sed "s/^/$1/"
}
{
    known '' 'zzzzzzz: 1'
    known bus. 'bus: { zzzzzzz: 1 }'
    known bus.listen. 'bus: { listen: [{ zzzzzzz: 1 }] }'
    known retention. 'retention: { zzzzzzz: 1 }'
    known atoms.NAME.learn. 'atoms: { a: { learn: { zzzzzzz: 1 } } }'
    # An atom's own keys come first in the list; what follows are pulse's.
    known atoms.NAME. 'atoms: { pulse: { zzzzzzz: 1 } }' | head -n 5
} | sort >known
awk '/^## Keys/ { on = 1 } /^## Values/ { on = 0 } on' "$doc" |
    sed -n 's/^| `\([^`]*\)` |.*/\1/p' | sort >told
[ "$(wc -l <known)" -ge 25 ] || wrong "the program names only $(wc -l <known) keys"
diff told known >differ || wrong "rows (<) and the program's keys (>) differ: $(cat differ)"
while read -r key; do
    grep -q "${key##*.}:" example.yaml || wrong "the example does not show $key"
done <told

# 3. Each range that is written a..b.
range() { # key, a value outside it, in its file
    row=$(grep "^| \`$1\` |" "$doc" | sed 's/.*| \(.*\) |$/\1/')
    case $(said "$2") in
    *"in $row"*) ;;
    *) wrong "$1 is not in $row: $(cat m.yaml): $(said "$2")" ;;
    esac
}
for key in journal observations scores roll-up; do
    range retention.$key "retention: { $key: 101y }"
done
for key in journal-size size; do
    range retention.$key "retention: { $key: 2TiB }"
done
range atoms.NAME.every 'atoms: { a: { every: 2d } }'
range atoms.NAME.learn.warmup 'atoms: { a: { learn: { warmup: 1 } } }'
echo "docs/config.md: $(wc -l <told) keys"
