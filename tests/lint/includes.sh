#!/bin/sh
# includes.sh [ROOT] - who may include whom (DESIGN: "The house"). Prints each include
# that points the wrong way as file:line: sentence; exit 1 when there is one.
set -eu
root=${1:-$(dirname "$0")/../..}
cd "$root"

find host sdk plugins -name '*.[ch]' -type f 2>/dev/null | sort |
    xargs grep -Hn '^[[:space:]]*#[[:space:]]*include' | awk '
BEGIN {
    # Each room: the rooms it may include besides itself; "sdk" is <kiri/...>.
    may["engine"] = ""
    may["base"] = "sdk"
    may["model"] = "engine base"
    may["store"] = may["bus"] = may["conf"] = may["load"] = "base sdk"
    may["stream"] = "engine sdk"
    may["flow"] = "stream engine model store bus conf load base sdk"
    may["control"] = "flow stream bus store conf base sdk"
    may["inbox"] = "control flow stream bus load base sdk"
    may["replay"] = "flow stream store bus load conf base sdk"
    may["detect"] = "replay flow stream load base sdk"
    may["eval"] = "detect replay flow stream load base sdk"
    may["client"] = "sdk"
    may["screen"] = "base sdk"
    may["abuse"] = "load base sdk"
    may["cli"] = "abuse client engine screen eval detect replay flow stream model conf base sdk host"
    may["host"] = "base engine model store bus conf load flow stream control inbox client cli sdk"
    may["sdk"] = may["plugins"] = "sdk"

    # The libraries that only some rooms know.
    lib["nng"] = "bus client"
    lib["sqlite3"] = "store"
    lib["yaml"] = "conf"
    lib["uv"] = "flow host"
    lib["jansson"] = "model load bus flow replay detect eval control inbox client screen cli host"

    # The engine is pure: floats and token ids. libm and what needs no kernel.
    n = split("assert errno fenv float immintrin arm_neon inttypes limits math stdalign " \
              "stdarg stdbool stddef stdint stdio stdlib string", pure, " ")
    for (i = 1; i <= n; i++)
        engine_ok[pure[i] ".h"] = 1
}
function has(list, word) { return index(" " list " ", " " word " ") > 0 }
function wrong(why) { print file ":" line ": " why; bad = 1 }
# The scoring heart of flow/ is a room of its own: it may know neither files nor clocks. So is
# what tries to break an atom, which no host needs.
function room_of(path,    part, base) {
    split(path, part, "/")
    if (part[1] != "host")
        return part[1]
    if (part[3] == "")
        return "host"
    base = part[3]
    if (part[2] == "flow" && base ~ /^(stream|molecule|calibrate|learn_turn|edges)/)
        return "stream"
    if (part[2] == "load" && part[3] == "abuse")
        return "abuse"
    return part[2]
}
{
    split($0, at, ":")
    file = at[1]
    line = at[2]
    room = room_of(file)
    if (!(room in may)) {
        wrong("the room " room " is new: say in tests/lint/includes.sh whom it may include")
        next
    }
    name = $0
    sub(/^[^<"]*[<"]/, "", name)
    sub(/[>"].*$/, "", name)
    quoted = $0 ~ /include[[:space:]]*"/

    if (name ~ /\.\.\//)
        wrong("\"" name "\" climbs out of its folder")
    else if (name ~ /^(plugins|tests)\//)
        wrong("nobody includes " name)
    else if (name ~ /^kiri\// && room != "sdk" && !has(may[room], "sdk"))
        wrong(room " may not include the SDK (" name ")")
    else if (name ~ /^kiri\// && room == "client" && name !~ /^kiri\/(wire|client)\.h$/)
        wrong("client knows kiri/wire.h only, not " name)
    else if (name == "kiri/client.h" && room != "client" && room != "cli")
        wrong("only client and cli may include <" name ">")
    else if (quoted && (name ~ /\// || name == "host.h")) {
        to = room_of("host/" name)
        if (name !~ /^kiri\// && to != room && !has(may[room], to))
            wrong(room " may not include " to " (" name ")")
    } else if (!quoted) {
        top = name
        sub(/[\/.].*$/, "", top)
        if (top in lib && !has(lib[top], room))
            wrong("only " lib[top] " may include <" name ">")
        else if (room == "engine" && name !~ /^kiri\// && !(name in engine_ok))
            wrong("the engine knows floats and token ids, not <" name ">")
    }
}
END { exit bad }
'
