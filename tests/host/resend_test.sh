#!/bin/bash
# resend_test.sh KIRI BUILD - a command whose answer takes long is sent again by NNG's REQ itself,
# after a minute unless told otherwise (here 200 ms). The host is stopped meanwhile, so that the
# same request waits for it several times: it runs once, and each is answered. So it is with what
# another process saw: its row is stored once.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"

molecule resend 60 100ms >m.yaml
echo '  soil: { plugin: remote }' >>m.yaml
start_host m.yaml
until_true 20 'a["rows"] > 0'
[ "$(status 's["config_applied"]')" = 0 ] || wrong "a reload before there was one"

# while_stopped SOCKET TEXT: sent while the host is stopped; $first is what it answered
while_stopped() {
    rm -f in out
    mkfifo in out
    "$BUILD/tests/host/resend" "ipc://$work/state/$1" 200 "$2" <in >out &
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
    exec {go}>&- {answer}<&-
}

while_stopped control '{"id":"slow","cmd":"reload"}'
case $first in
*'"id":"slow","ok":true'*) ;;
*) wrong "the answer is: $first" ;;
esac
until_true 10 's["config_applied"] >= 1'
[ "$(status 's["config_applied"]')" = 1 ] || wrong "it ran $(status 's["config_applied"]') times"

schema='{"fields":[{"name":"moisture","lo":0,"hi":100}]}'
while_stopped inbox "obs/soil {\"id\":\"slow\",\"schema\":$schema,\"values\":{\"moisture\":41}}"
case $first in
'{"ok":true,'*'"surprise":'* | '{"ok":true,'*'"state":"waiting"'*) ;; # a slow machine is still learning
*) wrong "the answer is: $first" ;;
esac
until_true 10 's["atoms"][1]["rows"] >= 1'
[ "$(status 's["atoms"][1]["rows"]')" = 1 ] || wrong "it is $(status 's["atoms"][1]["rows"]') rows"
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
