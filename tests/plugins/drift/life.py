#!/usr/bin/env python3
"""life.py DIR [SEED] - sixty steady days of tasks, then one of scope creep, which was yesterday:
DIR/tasks.log as docs/tasks.md has it, and DIR/creep.yaml, a molecule that reads it."""
import datetime
import os
import random
import sys

where, seed = os.path.abspath(sys.argv[1]), int((sys.argv + ["1"])[2])
draw = random.Random(seed)
lines = ["kiri tasks 1"]


def note(when, what):
    body = f"{when:%Y-%m-%dT%H:%M:%SZ} {what}"
    check = 2166136261
    for byte in body.encode():
        check = (check ^ byte) * 16777619 % 2**32
    lines.append(f"{check:08x} {body}")


def day(noon, added, done, switches):
    global newest, oldest
    for _ in range(added):
        newest += 1
        note(noon, f"add {newest} task {newest}")
    for _ in range(done):
        oldest += 1
        note(noon, f"done {oldest}")
    for i in range(switches):
        note(noon, f"switch {oldest + 1 + i}")


newest = oldest = 0
today = datetime.date.today()
noon = datetime.datetime.combine(today, datetime.time(12)).astimezone()
ago = lambda days: (noon - datetime.timedelta(days)).astimezone(datetime.timezone.utc)
day(ago(100), 60, 0, 0)  # what was open before
for i in range(61, 1, -1):
    day(ago(i), draw.randint(1, 3), draw.randint(1, 3), draw.randint(0, 2))
day(ago(1), 8, 0, 5)

os.makedirs(where, exist_ok=True)
with open(f"{where}/tasks.log", "w") as log:
    log.write("\n".join(lines) + "\n")
with open(f"{where}/creep.yaml", "w") as yaml:
    yaml.write(f"""molecule: creep
state: {where}/state
atoms:
  drift:
    tasks: {where}/tasks.log
    history: 61
    alarm: 1/90d
    learn: {{ warmup: 60 }}
""")
