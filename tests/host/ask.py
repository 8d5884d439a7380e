#!/usr/bin/env python3
"""ask.py HOST.JSON [REQUEST]... - asks a host over its control socket as any REQ client does
(scalability protocols over ipc), one answer a line. A request is JSON without an id, or any
bytes after `raw:`; with --to inbox it is a message to the inbox, as it stands. With --id ID
all requests have that id, with --repeat N each is sent N times before an answer is read, as
NNG's own resend does."""
import json
import os
import socket
import struct
import sys
import time

def connect(url):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(url.removeprefix("ipc://"))
    s.sendall(b"\0SP\0" + struct.pack(">HH", 0x30, 0))
    assert s.recv(8) == b"\0SP\0" + struct.pack(">HH", 0x31, 0)
    return s

def read(s, n):
    got = b""
    while len(got) < n:
        more = s.recv(n - len(got))
        if not more:
            raise EOFError("the host closed the connection")
        got += more
    return got

def send(s, number, body):
    payload = struct.pack(">I", 0x80000000 | number) + body
    s.sendall(b"\1" + struct.pack(">Q", len(payload)) + payload)

def receive(s):
    kind, n = struct.unpack(">BQ", read(s, 9))
    payload = read(s, n)
    return struct.unpack(">I", payload[:4])[0] & 0x7fffffff, payload[4:]

def main():
    args = sys.argv[1:]
    fixed, repeat, to = None, 1, "control"
    while args and args[0].startswith("--"):
        if args[0] == "--id":
            fixed = args[1]
        elif args[0] == "--to":
            to = args[1]
        elif args[0] == "--repeat":
            repeat = int(args[1])
        args = args[2:]
    with open(args[0]) as f:
        s = connect(json.load(f)[to])
    for number, text in enumerate(args[1:], 1):
        if to == "inbox" or text.startswith("raw:"):
            body = text.removeprefix("raw:").encode("utf-8", "surrogateescape")
        else:
            request = json.loads(text)
            request.setdefault("id", fixed or f"{os.getpid()}-{time.monotonic_ns()}-{number}")
            body = json.dumps(request).encode()
        for i in range(repeat):
            send(s, number * 1000 + i, body)
        for i in range(repeat):
            print(receive(s)[1].decode())

main()
