#!/bin/sh
# configs_test.sh KIRI SOURCE - every molecule that we ship or show is correct, and runs.
set -eu
kiri=$1
cd "$2"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_STATE_HOME="$dir" HOME="$dir"
unset STATE_DIRECTORY RUNTIME_DIRECTORY XDG_RUNTIME_DIR
mkdir "$dir/shown"
# The YAML in the README is a molecule too.
awk '/^```yaml$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$dir/shown/readme.yaml"

for file in configs/*.yaml "$dir/shown/readme.yaml"; do
    if ! "$kiri" check "$file" >"$dir/said" 2>&1 ||
        ! "$kiri" run "$file" --for 1s >"$dir/said" 2>&1; then
        echo "$file:"
        cat "$dir/said"
        exit 1
    fi
    rm -rf "$dir/kiri"
    echo "$file: runs"
done
