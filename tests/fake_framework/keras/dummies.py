"""Crash dummies: what a file may do to whoever loads it, by the name of the act.

A file of a cell does what the variable FAKE_DUMMIES of its reader says of it; a person's file does
what the name of its model says. Whatever does not end the process raises, is heard, or is seen in
the outputs: an act that leaves no trace would prove nothing.
"""

import json
import os
import signal
import sys
import time
import warnings

BRANCHES = 600
"""Processes that the fork bomb asks for: more than any wall allows, and fewer than hurt."""
BITES = 48
"""Times 64 MiB that are taken at most."""
FLOOD = 32
"""Megabytes for each stream."""


def on_read(kind, content):
    """Do what the reader's variable has for this file: "1.0/dense.h5=sleeps;1.0/dense.json=..."."""
    name = "%s/%s.%s" % (content["version"], content["name"], kind)
    wanted = dict(one.split("=") for one in os.environ.get("FAKE_DUMMIES", "").split(";") if one)
    if name in wanted:
        ACTS[wanted[name]](content)


def sleeps(content):
    time.sleep(3600)


def stays_deaf(content):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(3600)


def spins(content):
    while True:
        pass


def kills(content):
    os.kill(os.getpid(), signal.SIGSEGV)


def aborts(content):
    os.abort()


def leaves(content):
    os._exit(0)


def leaves_by_number(content):
    os._exit(139)  # what a shell says of SIGSEGV


def exits(content):
    sys.exit(0)


def leaves_a_daemon(content):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    os.wait()
    raise ValueError("somebody stayed")


def branches(content):
    """Fork until it is refused; the children sleep, so that the number is what it says."""
    for _ in range(BRANCHES):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    raise ValueError("nobody stopped it")


def eats_memory(content):
    eaten = []
    for _ in range(BITES):  # or a mistake of ours would cost all that runs here
        eaten.append(bytearray(b"x") * (64 << 20))  # written to, so that it counts
        time.sleep(0.05)
    raise ValueError("nobody stopped it")


def floods(content):
    for number in (1, 2):
        for _ in range(FLOOD):
            os.write(number, b"flood it" * (1 << 17))
    raise ValueError("after the flood")


def fills_a_file(content):
    with open("one-large-file", "wb") as file:
        while True:
            file.write(b"x" * (1 << 20))
            file.flush()


def fills_with_files(content):
    number = 0
    while True:
        number += 1
        with open("small-%d" % number, "wb"):
            pass


def fills_tmp(content):
    with open("/tmp/one-large-file", "wb") as file:  # behind a wall it is nobody else's
        while True:
            file.write(b"x" * (1 << 20))
            file.flush()


def has_no_numbers(content):
    for one in content["weights"]:
        one["values"] = [float("nan") for _ in one["values"]]


def warns_of_no_text(content):
    link = "\x1b]8;;https://example.org/\x1b\\press here\x1b]8;;\x1b\\"
    text = "%s \x1b[31mred\x00\x07 \udcff<script>alert(1)</script>\u202e" % link
    warnings.warn(text, UserWarning, stacklevel=2)


def says_no_text(content):
    raise ValueError("\x1b[31m<script>alert(1)</script>\ud800\x00]]>\u202e\ufffe")


def plants_a_tree(content):
    """Put traps where results are looked for: a link, a pipe, JSON that is too deep, names."""
    traps = ["expected-%d" % number for number in range(1, 4)] + ["import.json", "deep.json"]
    for name in traps:
        if os.path.lexists(name) and not os.path.isdir(name):
            os.remove(name)
    for name in traps[:3]:
        if not os.path.lexists(name):
            os.symlink("/etc", name)
    os.mkfifo("import.json")
    with open("deep.json", "w") as file:
        file.write("[" * 100000)
    with open(b"name\n\x1b[31m\xff", "w"):
        pass
    with open("sparse", "wb") as file:
        file.truncate(1 << 25)
    if not os.path.exists("closed"):
        os.mkdir("closed")
        os.symlink("/etc/passwd", "closed/link")
        os.chmod("closed", 0)
    raise ValueError("a tree stands")


def closes_all(content):
    os.closerange(0, 256)
    raise ValueError("nobody hears this")


def recurses(content):
    recurses(content)


def nests(content):
    json.loads("[" * 100000)


ACTS = {
    one.__name__: one
    for one in (
        *(sleeps, stays_deaf, spins, kills, aborts, leaves, leaves_by_number, exits),
        *(leaves_a_daemon, branches, eats_memory, floods, fills_a_file, fills_with_files),
        *(fills_tmp, has_no_numbers, warns_of_no_text, says_no_text, plants_a_tree),
        *(closes_all, recurses, nests),
    )
}
