#!/bin/sh
# figures.sh BUILD DATA [NAME...] - measures what docs/detection.md has figures of, and puts
# it there: all of them, or the named ones. BUILD: a build folder; DATA: a folder with nab/,
# hdfs/ and original/, of which nothing is committed. Run it in the root of the tree.
set -eu
[ $# -ge 2 ] || {
    echo "Usage: bench/figures.sh BUILD DATA [NAME...]" >&2
    exit 64
}
build=$(cd "$1" && pwd) data=$2
shift 2
[ $# -gt 0 ] || set -- example calibration shift limits nab hdfs names plants original speed
doc=docs/detection.md

# The first fenced block of shell in the document, and what it prints.
example() {
    dir=$(mktemp -d)
    awk '$0 == "```sh" { on = 1; next } on && /^```/ { exit } on' "$doc" >"$dir/example.sh"
    (cd "$dir" && PATH="$build/bin:$PATH" sh -eu example.sh 2>told) >"$dir/printed" ||
        cat "$dir/told" >&2
    echo '```text'
    cat "$dir/printed"
    echo '```'
    rm -r "$dir"
}

for name; do
    case $name in
    example) example ;;
    nab) "$build/bench/detection" --data "$data" --only nab --seeds 3 --markdown ;;
    hdfs) "$build/bench/detection" --data "$data" --only hdfs --markdown ;;
    original) "$build/bench/detection" --data "$data" --only original --seeds 10 --markdown ;;
    names) "$build/bench/names" --markdown | grep -v surprise ;;
    calibration) "$build/bench/calibration" --markdown --plot docs/calibration.svg ;;
    *) "$build/bench/$name" --markdown ;;
    esac | bench/paste.sh "$name" "$doc"
done
