#!/usr/bin/env python3
"""freeze.py FIFO COMMAND... - runs COMMAND and stops single threads of it, as a hung disk or a
deadlock would (ptrace of our own child, which needs no privilege). Lines of FIFO: `stop NAME`
(all threads of that name), `go` (all of them again). The command's pid is the first line of
output; exits as the command does."""
import ctypes
import os
import signal
import subprocess
import sys

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

def ptrace(what, tid):
    if libc.ptrace(what, tid, None, None):
        raise OSError(ctypes.get_errno(), f"ptrace {what:#x} {tid}")

def stop(pid, name):
    found = []
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/comm") as f:
            if f.read().strip() == name:
                found.append(int(tid))
    assert found, f"no thread is called {name}"
    for tid in found:
        ptrace(SEIZE, tid)
        ptrace(INTERRUPT, tid)
        os.waitpid(tid, 0x40000000)  # __WALL: until it has stopped
    return found

def main():
    child = subprocess.Popen(sys.argv[2:])
    print(child.pid, flush=True)
    frozen = []
    while True:
        with open(sys.argv[1]) as fifo:
            for line in fifo:
                words = line.split()
                if words[0] == "stop":
                    frozen += stop(child.pid, words[1])
                elif words[0] == "go":
                    for tid in frozen:
                        ptrace(DETACH, tid)
                    frozen = []
                elif words[0] == "end":
                    child.send_signal(signal.SIGTERM)
                    sys.exit(child.wait())

main()
