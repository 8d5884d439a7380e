#!/bin/sh
# task_test.sh KIRI SOURCE - kiri task as people and scripts use it.
KIRI=$1
. "$2/tests/host/lib.sh"
unset XDG_DATA_HOME

exits() { # CODE WORDS...
    want=$1
    shift
    "$KIRI" task "$@" >out 2>err </dev/null
    got=$?
    last=$*
    [ $got -eq "$want" ] || { wrong "kiri task $* exits $got, not $want"; cat out err; }
}
says() { grep -qF -- "$2" "$1" || { wrong "'$2' is not in $1 after: kiri task $last"; cat "$1"; }; }
is() { [ "$(cat out)" = "$1" ] || { wrong "kiri task $last says '$(cat out)', not '$1'"; }; }

# ---- before there is a log --------------------------------------------------------------
exits 0 list
is "0 open; today 0 added, 0 done, 0 switches"
[ ! -e .local ] || wrong "list made a folder"
exits 66 done 1
says err "kiri task add"

# ---- usage ------------------------------------------------------------------------------
exits 64
exits 64 ad Something
says err "add, done, switch or list"
exits 64 add
exits 64 add ''
exits 64 add '  '
exits 64 add "two
lines"
says err "line break"
exits 64 add "$(head -c 4001 /dev/zero | tr '\0' x)"
says err "4000 bytes"
exits 64 add Something --at tomorrow
exits 64 add Something --at 2999-01-01
says err "of the future"
exits 64 list Something
exits 64 list --at 1h
exits 64 add Something --all
exits 64 add Something --no-such-option

# ---- a day ------------------------------------------------------------------------------
exits 0 add Write the report
is "     1  Write the report"
exits 0 add 'Buy soil'
exits 0 add 'Buy a pot'
exits 0 add -- -v is verbose
is "     4  -v is verbose"
exits 64 switch buy
says err "any of 2 open tasks (2, 3)"
exits 0 switch REPORT
is "*    1  Write the report"
exits 0 switch 1
is "*    1  Write the report"
exits 0 switch 'Buy soil'
exits 0 done 'soil' --json
says out '"id":2,"text":"Buy soil","added":'
exits 66 done 2
says err "was done before"
exits 66 switch 2
exits 66 done 99
exits 66 done nothing like that
exits 0 list
is "     1  Write the report
     3  Buy a pot
     4  -v is verbose
3 open; today 4 added, 1 done, 2 switches"
exits 0 list --all
says out "x    2  Buy soil  (done $(date +%Y-%m-%d))"
exits 0 list --json
python3 - out "$work/.local/share/kiri/tasks.log" <<'END' || wrong "list --json"
import json, sys
said = json.load(open(sys.argv[1]))
assert said["file"] == sys.argv[2], said
assert said["open"] == 3 and said["current"] is None and said["damaged"] == 0
assert said["today"] == {"added": 4, "done": 1, "switches": 2}
assert [t["id"] for t in said["tasks"]] == [1, 3, 4]
assert all(t["done"] is None and t["added"] > 1.6e12 for t in said["tasks"])
END

# ---- a text of digits, bytes that are no text, a terminal that is not to be written to -----
exits 0 add 2027
exits 0 done 2027
says out "2027  (done"
exits 0 add "$(printf 'red \033[31m bell \007 \377 end')"
is '     6  red \x1b[31m bell \x07 \xff end'
exits 0 list --json
python3 -c 'import json; json.load(open("out"))' || wrong "bytes that are no text break the JSON"

# ---- another time, another file -----------------------------------------------------------
exits 0 add Yesterday --at 1d --file other/tasks.log
exits 0 list --file other/tasks.log
says out "1 open; today 0 added"
XDG_DATA_HOME=$work/data exits 0 add Elsewhere
[ -s data/kiri/tasks.log ] || wrong "XDG_DATA_HOME is not heeded"
printf 'buy milk\n' >todo.txt
exits 65 add Milk --file todo.txt
says err "nothing was changed"
[ "$(cat todo.txt)" = "buy milk" ] || wrong "a file that is no log was changed"
exits 66 list --file "$work"
exits 73 add Milk --file /dev/null
exits 73 add Milk --file todo.txt/tasks.log

# ---- damage ---------------------------------------------------------------------------------
exits 0 add First --file damaged
printf 'nonsense\n' >>damaged
exits 0 add Second --file damaged
exits 0 list --file damaged
says out "2 open"
says err "1 damaged line left out of damaged"
printf '01234567 2026-11-21T08' >>damaged
exits 0 add Third --file damaged
exits 0 list --file damaged
says out "3 open"
says err "1 damaged line"
"$KIRI" task list >/dev/full 2>err
[ $? -eq 74 ] || wrong "a full disk is no error of list"
exit $failed
