#!/bin/sh
# figures.sh [ROOT] - the figures of docs/detection.md are printed by programs and pasted
# (bench/paste.sh), never typed: each place for figures is filled and belongs to a bench that
# is named above it, tables of figures stand nowhere else, what prose calls by a figure's name
# is one, and prose repeats no figure. Exit 1 when something is otherwise.
set -eu
root=${1:-$(dirname "$0")/../..}
cd "$root"
doc=docs/detection.md
[ -f "$doc" ] || exit 0

awk -v doc="$doc" -v benches="$(ls bench/*.c bench/*.sh)" '
function wrong(line, why) {
    print doc ":" line ": " why
    bad = 1
}
# Is bench/NAME a program of the tree?
function is_bench(name) { return index(" " benches " ", "bench/" name ".c") > 0 ||
                                 index(" " benches " ", "bench/" name) > 0 }
BEGIN { gsub(/\n/, " ", benches) }
/^```/ && !inside { fenced = !fenced; next }
fenced && !inside { next }
/^<!-- figures: [a-z_.]* -->$/ {
    if (inside)
        wrong(FNR, "a place for figures within one")
    inside = 1
    rows = 0
    place = FNR
    name = $3
    if (name != "example" && (!command || command < FNR - 12))
        wrong(FNR, "the figures of " name " want the command that prints them above, `bench/...`")
    next
}
/^<!-- end of figures -->$/ {
    if (!inside)
        wrong(FNR, "no figures begin here")
    else if (!rows)
        wrong(place, "no figures: paste them with bench/paste.sh")
    inside = 0
    next
}
inside {
    rows++
    if (/^\| `/) { # | `name` | value | unit | goal | |
        split($0, cell, /`/)
        figure[cell[2]] = 1
        split($0, column, /[ ]*\|[ ]*/)
        if (column[3] ~ /^[0-9]+\.[0-9][0-9]+$/)
            value[column[3]] = cell[2]
    }
    next
}
{
    prose[FNR] = $0
    if (match($0, /`bench\/[a-z]+/)) {
        command = FNR
        called = substr($0, RSTART + 7, RLENGTH - 7)
        if (!is_bench(called))
            wrong(FNR, "there is no bench/" called)
    }
    if (/^\| `/ && /[0-9]\.[0-9]/)
        wrong(FNR, "a table of figures that nothing pastes")
}
END {
    if (inside)
        wrong(place, "figures without an end")
    for (line in prose) {
        text = prose[line]
        while (match(text, /[0-9]+\.[0-9][0-9]+/)) {
            seen = substr(text, RSTART, RLENGTH)
            if (seen in value)
                wrong(line, seen " is " value[seen] ": name it, do not repeat it")
            text = substr(text, RSTART + RLENGTH)
        }
        text = prose[line]
        while (match(text, /`[a-z0-9_]+\.[a-z0-9_.]+`/)) {
            seen = substr(text, RSTART + 1, RLENGTH - 2)
            if (!(seen in figure) && seen ~ /^(nab|hdfs|pulse|drift|limits|shift|plants|calibration|speed)\./)
                wrong(line, "there is no figure " seen)
            text = substr(text, RSTART + RLENGTH)
        }
    }
    exit bad
}' "$doc"
