#!/bin/bash
# systemd_test.sh KIRI BUILD SOURCE - E7: ready when the atoms are, the watchdog is fed by the
# loop's progress only; E8: the unit's exposure is at most 2.0.
KIRI=$1 BUILD=$2 SOURCE=$3
. "$(dirname "$(realpath "$0")")/lib.sh"

# ---- the unit ---------------------------------------------------------------------------------
sed "s|/usr/bin/kiri|$KIRI|; /^Documentation=/d" "$SOURCE/configs/kiri.service" >kiri.service
systemd-analyze verify ./kiri.service >out 2>&1 || { wrong "the unit is not sound:"; cat out; }
exposure=$(systemd-analyze security --offline=true ./kiri.service |
    sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
awk "BEGIN { exit !(\"$exposure\" != \"\" && $exposure <= 2.0) }" ||
    wrong "the unit's exposure is '$exposure'"

# ---- what systemd is told ---------------------------------------------------------------------
python3 - "$KIRI" "$BUILD" <<'END' || failed=1
import atexit, os, signal, socket, subprocess, sys, time

kiri, build = sys.argv[1:]
with open("m.yaml", "w") as f:
    f.write(f"""molecule: unit
state: {os.getcwd()}/state
plugins: [{build}/plugins]
atoms: {{ pulse: {{ every: 50ms }} }}
""")

def listen(name):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(name)
    return s

def heard(s, seconds, stop=None):
    lines, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            lines += s.recv(4096).decode().split("\n")
        except TimeoutError:
            break
        if stop in lines:
            break
    return lines

def start(where):
    child = subprocess.Popen([kiri, "run", "m.yaml", "--quiet"], stderr=open("log", "a"), env={
        **os.environ, "NOTIFY_SOCKET": where, "WATCHDOG_USEC": "600000"})
    atexit.register(child.kill) # also when an assertion fails
    return child

s = listen("notify")
host = start(os.path.abspath("notify"))
lines = heard(s, 20, "READY=1")
assert "READY=1" in lines, lines
status = subprocess.run([kiri, "status", "--json", "--state", "state"], capture_output=True)
assert b'"name":"pulse"' in status.stdout and b'"state":"learning"' in status.stdout
heard(s, .01) # those of meanwhile
pings = heard(s, 1).count("WATCHDOG=1")
assert 2 <= pings <= 8, f"{pings} pings in 1 s, each 200 ms was expected"

# the process is stopped: nothing pings
os.kill(host.pid, signal.SIGSTOP)
heard(s, .3)
assert not heard(s, 1), "the watchdog was fed while the loop stood still"
os.kill(host.pid, signal.SIGCONT)
assert "WATCHDOG=1" in heard(s, 5, "WATCHDOG=1")

# a reload says so, with the time systemd compares, and when it is over, also a refused one
for bad in False, True:
    if bad:
        open("m.yaml", "a").write("atoms: {")
    os.kill(host.pid, signal.SIGHUP)
    lines = heard(s, 10, "READY=1")
    told = [x for x in lines if x.startswith("MONOTONIC_USEC=")]
    assert "RELOADING=1" in lines and lines[-1] == "READY=1", lines
    assert abs(int(told[0].split("=")[1]) / 1e6 - time.clock_gettime(time.CLOCK_MONOTONIC)) < 11

host.terminate()
assert "STOPPING=1" in heard(s, 5, "STOPPING=1")
assert host.wait(10) == 0

# the abstract namespace; and an atom whose open() fails is never ready
text = open("m.yaml").read()
open("m.yaml", "w").write(text.replace("atoms: {\n", "").split("atoms: {", 1)[0] +
                          "atoms: { pulse: { every: 50ms, procfs: /nowhere } }\n")
s = listen("\0kiri-test-%d" % os.getpid())
host = start("@kiri-test-%d" % os.getpid())
assert host.wait(20) == 78
assert "READY=1" not in heard(s, .2)
END
exit $failed
