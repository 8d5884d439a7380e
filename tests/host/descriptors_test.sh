#!/bin/bash
# descriptors_test.sh KIRI BUILD - A8: a host that may open 64 files only, with 100 peers that
# want one each: it scores, stores, saves its model and answers.
KIRI=$1 BUILD=$2
. "$(dirname "$(realpath "$0")")/lib.sh"
cat >m.yaml <<END
molecule: descriptors
state: $work/state
atoms:
  ledger:
    plugin: $BUILD/tests/faults/ledger.so
    every: 20ms
    learn: { warmup: 200 }
    path: $work/ledger
END
prlimit --nofile=64 "$KIRI" run m.yaml --for 120s 2>>log &
host=$!
until_true 20 'a["rows"] > 0'

# ---- the peers: half subscribers, half callers; whoever is turned away comes again ------------
echo 0 >peers
python3 - "$work/state" <<'END' &
import os, socket, sys, time
peers = {}  # i: (socket, passes that it lived through)
most = 0  # that lived through two: more than a greeting
end = time.time() + 100
while time.time() < end:
    for i in range(100):
        if i in peers:
            peer, passes = peers.pop(i)
            try:
                lives = peer.recv(65536, socket.MSG_DONTWAIT) != b""
            except BlockingIOError:
                lives = True
            except OSError:
                lives = False
            if lives:
                peers[i] = peer, passes + 1
            else:
                peer.close()
            continue
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(0.2)
        try:
            peer.connect(sys.argv[1] + ("/bus" if i % 2 else "/control"))
            peer.send(b"\0SP\0\0" + (b"\x21" if i % 2 else b"\x30") + b"\0\0")
            peers[i] = peer, 0
        except OSError:
            peer.close()
    most = max(most, sum(passes > 1 for _, passes in peers.values()))
    with open("peers.new", "w") as count:
        count.write(str(most))
    os.replace("peers.new", "peers")
    time.sleep(0.05)
END
peers=$!
trap 'kill $peers 2>/dev/null; stop_host -KILL; grep -hA40 "Sanitizer" log; rm -rf "$work"' EXIT

# ---- meanwhile ------------------------------------------------------------------------------------
rows() { sqlite3 state/store.db 'select count(*) from score' 2>/dev/null || echo 0; }
settled() { [ -e state/models/ledger.safetensors ] && [ "$(cat peers)" -ge 5 ]; }
wait_until 20 settled
before=$(rows)
scored() { [ $(($(rows) - before)) -ge 100 ]; }
wait_until 5 scored
after=$(rows)
open=$(count_in fd)
echo "$open of 64 descriptors open, $(cat peers) of 100 peers stayed, $((after - before)) rows scored"
[ "$(cat peers)" -ge 5 ] || wrong "at most $(cat peers) peers stayed"
[ $((after - before)) -ge 100 ] || wrong "$((after - before)) rows were scored and stored"
"$KIRI" inspect state/models/ledger.safetensors >/dev/null || wrong "no model was saved"
grep -iE 'too many open|EMFILE|not saved|cannot write|degraded' log && wrong "descriptors ran out"
kill $peers
wait $peers 2>/dev/null
until_true 10 'a["state"] == "normal" and not s["store"]["degraded"] and a["dropped"] == 0'
stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
