#!/bin/bash
# resend_test.sh KIRI BUILD - a command whose answer takes long is sent again by NNG's REQ itself,
# after a minute unless told otherwise (here 200 ms). The host is stopped meanwhile, so that the
# same request waits for it several times: it runs once, and each is answered.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"

molecule resend 60 100ms >m.yaml
start_host m.yaml
until_true 20 'a["rows"] > 0'
[ "$(status 's["config_applied"]')" = 0 ] || wrong "a reload before there was one"

mkfifo in out
"$BUILD/tests/host/resend" "ipc://$work/state/control" 200 '{"id":"slow","cmd":"reload"}' <in >out &
asker=$!
exec {go}>in {answer}<out
read -r -t 20 line <&$answer
[ "$line" = connected ] || wrong "no connection: $line"
kill -STOP $host
echo go >&$go
read -r -t 1.3 first <&$answer && wrong "a stopped host answered: $first"
kill -CONT $host
read -r -t 30 first <&$answer
wait $asker || wrong "the answer never came"
case $first in
*'"id":"slow","ok":true'*) ;;
*) wrong "the answer is: $first" ;;
esac
until_true 10 's["config_applied"] >= 1'
[ "$(status 's["config_applied"]')" = 1 ] || wrong "it ran $(status 's["config_applied"]') times"
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
