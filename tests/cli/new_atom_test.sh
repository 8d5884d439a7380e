#!/bin/sh
# new_atom_test.sh KIRI SOURCE - kiri new-atom makes a whole folder or changes nothing, and
# says in one sentence why. (What is in the folder: tests/sdk/package_test.sh.)
KIRI=$1
. "$2/tests/host/lib.sh"

# refuses CODE WORDS ARGUMENTS...: one line on stderr, nothing new in the folder.
refuses() {
    code=$1 words=$2
    shift 2
    before=$(find "$work/here" | sort)
    (cd here && "$KIRI" new-atom "$@" >../out 2>../err)
    got=$?
    [ $got -eq "$code" ] || { wrong "new-atom $* exits $got, not $code"; cat out err; }
    grep -qF -- "$words" err || { wrong "'$words' is not said for: $*"; cat err; }
    [ -s out ] && wrong "new-atom $* prints: $(cat out)"
    [ "$(find "$work/here" | sort)" = "$before" ] || wrong "new-atom $* changed something"
}
one_line() { [ "$(wc -l <err)" -eq 1 ] || { wrong "not one line:"; cat err; }; }
mkdir here

for name in '' Soil 1soil so_il a/b ../x x.y .. . "$(printf 'so\nil')" 'so il' 'größe' \
    a23456789012345678901234567890123; do
    refuses 64 'cannot name an atom' "$name"
    case $name in *"
"*) ;; *) one_line ;; esac
done
for name in test all clean help install m kiri; do
    refuses 64 'choose another name' $name
    one_line
done
refuses 64 'something is missing'
refuses 64 'what is' soil two
refuses 64 'unknown option' --soil

mkdir here/dir
echo mine >here/dir/mine
echo mine >here/file
ln -s nowhere here/link
for name in dir file link; do
    refuses 73 "$name: it is there already" $name
    one_line
done
[ "$(cat here/dir/mine here/file)" = "mine
mine" ] || wrong "what was there is another"
refuses 73 'missing/soil: No such file' soil --dir missing
refuses 73 'file/soil: Not a directory' soil --dir file
one_line

# No descriptor for the first file: the folder is taken back.
KIRI_PLAIN=$KIRI
few=$work/few
printf '#!/bin/sh\nexec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-\nulimit -n 4\nexec "%s" "$@"\n' "$KIRI_PLAIN" >"$few"
chmod +x "$few"
if [ -z "${KIRI_SAN:-}" ]; then
    KIRI=$few
    refuses 73 'Too many open files' soil
    KIRI=$KIRI_PLAIN
fi

(cd here && "$KIRI" new-atom soil >../out 2>../err) || { wrong "soil exits $?"; cat err; }
grep -q '^  cd soil$' out || { wrong "what to do next is not said:"; cat out; }
files='CMakeLists.txt README.md soil.c soil.yaml soil_test.c'
[ "$(cd here/soil && echo *)" = "$files" ] || wrong "the files are $(ls here/soil)"
"$KIRI" new-atom hello-again --dir "$work/here" >out 2>err || { wrong "--dir exits $?"; cat err; }
grep -q "^  cd $work/here/hello-again$" out || { wrong "where it is, is not said:"; cat out; }
[ -f here/hello-again/hello-again_test.c ] || wrong "the files are $(ls here/hello-again)"
grep -q 'hello-again-again' -r here/hello-again && wrong "the name is replaced twice"
(umask 077 && "$KIRI" new-atom private --dir here >out)
[ "$(stat -c %a here/private/private.c)" = 600 ] || wrong "the umask does not count"

[ $failed -eq 0 ] && echo "all as it should be"
exit $failed
