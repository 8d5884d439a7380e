#!/bin/sh
# docs.sh [ROOT] - what the documents point to exists: links between files, and the version
# in CHANGELOG.md. Exit 1 when something does not.
set -eu
root=${1:-$(dirname "$0")/../..}
cd "$root"
bad=0

for doc in *.md docs/*.md plugins/*/*.md; do
    [ -f "$doc" ] || continue
    dir=$(dirname "$doc")
    dead=$(grep -o '](\([^)#: ]*\)[)#]' "$doc" | sed 's/^](//; s/[)#]$//' |
        while read -r to; do
            [ -e "$dir/$to" ] || echo "$doc: the link to $to leads nowhere"
        done)
    [ -z "$dead" ] || {
        echo "$dead"
        bad=1
    }
done

version=$(head -n 1 VERSION)
if ! grep -q "^## \[$version\]" CHANGELOG.md; then
    echo "CHANGELOG.md: no section for version $version (the file VERSION says so)"
    bad=1
fi
exit $bad
