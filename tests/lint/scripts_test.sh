#!/bin/sh
# scripts_test.sh SOURCE - scripts/setup against a pretended machine: what it says, what it
# would install, its exit codes (nothing is installed); and how run and test refuse.
# shellcheck disable=SC2016 # the pretended programs expand their own variables
set -eu
source=$1 setup=$1/scripts/setup
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bin=$dir/bin
bad=0
mkdir "$bin"
for tool in bash sh env cat grep mktemp rm tail; do
    ln -s "$(command -v $tool)" "$bin/$tool"
done
pretend() { # NAME BODY: a program of that machine
    printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
    chmod +x "$bin/$1"
}
pretend id 'echo 0'

# answers WHAT CODE PATTERN ARGUMENT...: its exit code, and a line of what it said; an empty
# PATTERN: nothing may be said.
answers() {
    what=$1 code=$2 pattern=$3
    shift 3
    got=0
    (cd / && PATH=$bin "$setup" "$@") </dev/null >"$dir/out" 2>&1 || got=$?
    if [ $got != "$code" ] ||
        { [ -n "$pattern" ] && ! grep -qE -- "$pattern" "$dir/out"; } ||
        { [ -z "$pattern" ] && [ -s "$dir/out" ]; }; then
        echo "$what: exit $got, wanted $code and \`$pattern':"
        cat "$dir/out"
        bad=1
    fi
}

answers 'an unknown option' 64 'unknown option --frob' --frob
answers 'help' 0 'Usage: scripts/setup' --help
answers 'no apt' 69 'libuv1-dev' --yes

for tool in cc cmake ninja; do
    pretend $tool :
done
# dpkg-query knows all libraries but one; pkg-config is missing too.
pretend dpkg-query 'for p; do case $p in -*|libyaml-dev) ;; *) echo "installed $p" ;; esac; done; exit 1'
pretend apt-get "echo \"\$*\" >>'$dir/apt'"
answers 'nobody to ask' 64 'setup --yes' # and what is missing:
[ "$(grep -cxE '  (libyaml-dev|pkg-config)' "$dir/out")" = 2 ] || {
    echo 'it did not say what is missing'
    bad=1
}
[ ! -e "$dir/apt" ] || {
    echo 'it called apt-get without being asked'
    bad=1
}
answers 'yes' 0 'Installed 2 packages' --yes
[ "$(cat "$dir/apt")" = '-q install -y --no-install-recommends pkg-config libyaml-dev' ] || {
    echo "it called: $(cat "$dir/apt")"
    bad=1
}
# No package lists yet: the first try fails, then they are fetched.
pretend apt-get "echo \"\$2\" >>'$dir/lists'; case \$2 in update) : >'$dir/fresh';; esac; test -e '$dir/fresh'"
answers 'old lists' 0 'Installed 2 packages' --yes
[ "$(tr '\n' ' ' <"$dir/lists")" = 'install update install ' ] || {
    echo "old lists: it called $(tr '\n' ' ' <"$dir/lists")"
    bad=1
}
pretend apt-get 'echo "E: no network"; exit 100'
answers 'no network' 69 'E: no network' --yes
pretend id 'echo 1000'
answers 'neither root nor sudo' 77 'as root: apt-get install pkg-config libyaml-dev' --yes

pretend pkg-config :
pretend dpkg-query 'for p; do case $p in -*) ;; *) echo "installed $p" ;; esac; done'
answers 'nothing missing' 0 '' --yes
answers 'nothing missing, not asked' 0 ''

# The other two refuse before they build anything.
refuses() { # CODE PATTERN SCRIPT ARGUMENT...
    code=$1 pattern=$2
    shift 2
    script=$1
    shift
    got=0
    (cd / && "$source/scripts/$script" "$@") </dev/null >"$dir/out" 2>&1 || got=$?
    if [ $got != "$code" ] || ! grep -qE -- "$pattern" "$dir/out"; then
        echo "scripts/$script $*: exit $got, wanted $code and \`$pattern':"
        cat "$dir/out"
        bad=1
    fi
}
refuses 64 'unknown option --frob' run --frob
refuses 64 '--for needs a duration' run --for
refuses 66 'no file /nowhere.yaml' run nowhere.yaml
refuses 0 'Usage: scripts/run' run --help
refuses 64 'unknown option --frob' test --frob
refuses 0 'Usage: scripts/test' test --help
# A test that fails is the last thing that scripts/test shows, however much was said before it: in
# a tree whose only programs are pretended, but for ctest.
tree=$dir/tree
mkdir -p "$tree/scripts" "$tree/.ci" "$tree/tests/lint"
cp "$source/scripts/test" "$tree/scripts/"
for script in scripts/setup scripts/run .ci/run tests/lint/includes.sh tests/lint/names.sh \
    tests/lint/docs.sh tests/lint/figures.sh; do
    echo '#!/bin/sh' >"$tree/$script"
    chmod +x "$tree/$script"
done
for tool in git clang-format cmake clang-tidy; do pretend $tool :; done
for tool in awk dirname mkdir nproc sed seq sort wc xargs; do
    ln -s "$(command -v $tool)" "$bin/$tool"
done
mkdir -p "$tree/build/release"
pretend ctest "exec '$(command -v ctest)' --test-dir '$tree/build/release' --output-on-failure -j 4"
cat >"$tree/build/release/CTestTestfile.cmake" <<'END'
add_test(room/good seq 10)
add_test(room/bad sh -c "seq 1000; echo '[       OK ] a_part'; echo 'it is 7, not 8'; exit 1")
add_test(room/worse sh -c "echo 'it hangs' >&2; kill -SEGV $$")
add_test(room/long sh -c "seq 2000")
END
got=0
PATH=$bin "$tree/scripts/test" </dev/null >"$dir/out" 2>&1 || got=$?
tail -n 60 "$dir/out" >"$dir/end"
{ [ $got = 1 ] && grep -qx 'it is 7, not 8' "$dir/end" && grep -qx 'it hangs' "$dir/end" &&
    grep -qx -- '---- room/bad failed, its last lines:' "$dir/end" &&
    ! sed '1,/^----/d' "$dir/end" | grep -q 'OK \]' && grep -q ': gcc: tests failed; ' "$dir/end" &&
    [ "$(tail -n 1 "$dir/end")" = '2 passed, 2 failed' ]; } || {
    echo "a failed test is not the last that scripts/test shows (exit $got):"
    cat "$dir/out"
    bad=1
}
[ $bad = 0 ] && echo 'the scripts keep their word'
exit $bad
