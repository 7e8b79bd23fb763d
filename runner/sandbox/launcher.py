"""Put up a wall around this process, and become a command: launcher.py ORDER.json COMMAND...

Runs in caniload's own Python, whatever Python the command is, before anything of a stranger's is
read. ``ORDER.json`` is what ``policy`` wrote. Stands alone, so that it starts in an instant.

Behind bubblewrap the kernel ends all that a command has started, together with it. Behind Landlock
this process stays as its parent: whoever there has lost a parent becomes our child, so that nobody
gets away, and all are ended when the command ends, or when we are told to. In a container the first
process is this file once more, which ends when we do, and the kernel ends the others with it.

Landlock's numbers are those of include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import stat
import sys
import time
from pathlib import Path
from typing import Any

FAILED = 121
"""Exit code: the wall could not be put up, and nothing was run."""
INSIDE = "--inside"
"""The word by which this file is the first process of a container."""
CLEARING = 20.0
"""Seconds that podman may take to clear a container away, when we are told to end."""

_PDEATHSIG, _NO_NEW_PRIVS, _SUBREAPER, _CAPBSET_DROP, _SECCOMP = 1, 38, 36, 24, 22
_DUMPABLE = 4
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, list a folder
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
_SPECIAL = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11  # devices, sockets and pipes are not made
_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
_WITH_NETWORK, _WITH_SCOPE = 4, 6  # versions of Landlock
_CAPABILITIES = 64
_ROUNDS = 1000

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    if sys.argv[1] == INSIDE:
        _inside(int(sys.argv[2]))
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    command = sys.argv[2:]
    try:
        if order["container"] is not None:
            _contain(order, command)
        _limit(order["limits"])
        if order["bwrap"] is not None:
            _bubblewrap(order, command)
        else:
            _landlock(order, command)
    except OSError as error:
        sys.stderr.write(f"the sandbox could not be put up: {error}\n")
        os._exit(FAILED)


def _limit(limits: dict[str, int]) -> None:
    for name, most in limits.items():
        number = getattr(resource, name)
        _, hard = resource.getrlimit(number)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)  # noqa: PLW2901 - nobody may have more than there is
        resource.setrlimit(number, (most, most))


def _bubblewrap(order: dict[str, Any], command: list[str]) -> None:
    arguments = ["--seccomp", str(_memory(bytes.fromhex(order["filter"]))), *order["bwrap"][1:]]
    given = _memory(b"".join(one.encode(errors="surrogateescape") + b"\0" for one in arguments))
    os.execv(  # noqa: S606 - it is what we are here for
        order["bwrap"][0], [order["bwrap"][0], "--args", str(given), "--", *order["drop"], *command]
    )


def _memory(content: bytes) -> int:
    """Return a descriptor that a command inherits, from which it reads the content."""
    number = os.memfd_create("sandbox", 0)
    os.write(number, content)
    os.lseek(number, 0, os.SEEK_SET)
    return number


def _landlock(order: dict[str, Any], command: list[str]) -> None:
    told = _minding(order["parent"])
    child = os.fork()
    if not child:
        _unminding()
        _behind(order, command)
    status = _awaited(child, told)
    _end_all()
    _end_as(status)


def _minding(parent: int) -> list[int]:
    """Have whoever lives below us come to us, and be told to end; what is told is in the list."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: told.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    _call(_libc.prctl, _SUBREAPER, 1, 0, 0, 0)
    _call(_libc.prctl, _PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(FAILED)
    return told


def _unminding() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _awaited(child: int, told: list[int], until: float | None = None) -> int | None:
    """Return how a child has ended; ``None`` where we were told to end, or time is over."""
    while not told and (until is None or time.monotonic() < until):
        ended, how = os.waitpid(-1, os.WNOHANG)
        if ended == child:
            return how
        if not ended and not told:
            signal.sigtimedwait({signal.SIGCHLD}, 1.0)
    return None


def _contain(order: dict[str, Any], command: list[str]) -> None:
    """Have podman run a command in a container, and end as it has; never returns.

    The container's first process ends when a pipe closes that nobody but us holds open, so that it
    is over with us, whatever ends us. Podman is left to clear it away: nobody ends that.
    """
    told = _minding(order["parent"])
    inherited = [one for one in _descriptors() if os.get_inheritable(one)]
    alive, ours = os.pipe()
    os.set_inheritable(alive, True)  # noqa: FBT003 - it has no name
    said = _memory(b"")
    what = {
        **{name: order[name] for name in ("filter", "limits")},
        "command": command,
        "variables": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109
        "inherited": inherited,
        "alive": alive,
        "said": said,
    }
    given = _memory(json.dumps(what).encode())
    passed = {*inherited, alive, said, given}
    last = max(passed)
    held = fcntl.fcntl(ours, fcntl.F_DUPFD_CLOEXEC, last + 1)
    os.close(ours)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3, last + 1):  # podman hands on all from 3 to a last one
        if number not in passed:
            os.dup2(null, number)
            os.set_inheritable(number, True)  # noqa: FBT003
    podman = order["container"]
    words = [*podman["run"], f"--preserve-fds={last - 2}", "--rootfs", podman["root"]]
    child = os.fork()
    if not child:
        _unminding()
        os.setsid()
        with contextlib.suppress(OSError):
            os.execve(  # noqa: S606 - it is what we are here for
                words[0], [*words, *podman["inside"], INSIDE, str(given)], podman["variables"]
            )
        os._exit(FAILED)
    status = _awaited(child, told)
    os.close(held)
    if status is None:
        _awaited(child, [], time.monotonic() + CLEARING)
        _end_as(None)
    how = os.pread(said, 32, 0)
    if how:
        _end_as(int(how))
    killed = status is not None and os.waitstatus_to_exitcode(status) == 128 + signal.SIGKILL
    _end_as(signal.SIGKILL if killed else None)


def _descriptors() -> list[int]:
    """Return the numbers of all that is open, but for the first three."""
    found = [int(one) for one in os.listdir("/proc/self/fd")]  # noqa: PTH208 - numbers are meant
    return [one for one in sorted(found) if one > 2 and _is_open(one)]  # noqa: PLR2004


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:  # it was the listing
        return False
    return True


def _inside(given: int) -> None:
    """Be the first process of a container: run the command, and end with whoever wants it.

    Nothing in there can stop this process, look into it, or reach what it holds open.
    """
    order = json.loads(os.pread(given, os.fstat(given).st_size, 0))
    _call(_libc.prctl, _DUMPABLE, 0, 0, 0, 0)
    for number in _descriptors():
        os.set_inheritable(number, number in order["inherited"])
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    waiting = select.poll()
    waiting.register(order["alive"], 0)  # its end alone
    if waiting.poll(0):
        os._exit(FAILED)
    waiting.register(woken, select.POLLIN)
    child = os.fork()
    if not child:
        _become_contained(order)
    while True:
        ended, how = os.waitpid(-1, os.WNOHANG)
        if ended == child:
            os.pwrite(order["said"], str(how).encode(), 0)
            os._exit(0)
        if ended:
            continue
        ready = [number for number, _ in waiting.poll()]
        if order["alive"] in ready:
            os._exit(FAILED)
        os.read(woken, 4096)


def _become_contained(order: dict[str, Any]) -> None:
    """Become the command in a container, which has limits and no rights; never returns."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(order["folder"])
        _limit(order["limits"])
        _refuse(bytes.fromhex(order["filter"]))
        os.execve(order["command"][0], order["command"], order["variables"])  # noqa: S606
    except OSError as error:
        os.write(2, f"the sandbox could not be put up: {error}\n".encode())
    os._exit(FAILED)


def _behind(order: dict[str, Any], command: list[str]) -> None:
    """Become the command, behind the wall; never returns."""
    try:
        _call(_libc.prctl, _PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.setsid()  # the signals of its group are not for our parent
        ruleset = prepared(order["readable"], order["writable"], order["devices"])
        _become(order["uid"])
        shut(ruleset, bytes.fromhex(order["filter"]))
        os.execv(command[0], command)  # noqa: S606 - it is what we are here for
    except OSError as error:
        os.write(2, f"the sandbox could not be put up: {error}\n".encode())
    os._exit(FAILED)


def _become(uid: int | None) -> None:
    """Become somebody without rights, or without any right of an administrator's."""
    for number in range(_CAPABILITIES):
        _libc.prctl(_CAPBSET_DROP, number, 0, 0, 0)  # refused to whoever has none to drop
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        return
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _call(_libc.capset, header, (ctypes.c_uint32 * 6)())


def abi() -> int:
    """Return the version of Landlock that the kernel has, 0 where it has none."""
    return max(0, int(_libc.syscall(_CREATE, None, ctypes.c_size_t(0), 1)))


def prepared(readable: list[str], writable: list[str], devices: list[str]) -> int:
    """Return a ruleset, as a descriptor: these are read, those written, no TCP, no signals out."""
    version = abi()
    if not version:
        raise OSError("this kernel has no Landlock")
    all_rights = (1 << _BITS.get(version, 16)) - 1
    network = 3 if version >= _WITH_NETWORK else 0
    scope = 3 if version >= _WITH_SCOPE else 0
    size = 8 + 8 * bool(network) + 8 * bool(scope)
    attributes = (ctypes.c_uint64 * 3)(all_rights, network, scope)
    ruleset = int(_call(_libc.syscall, _CREATE, attributes, ctypes.c_size_t(size), 0))
    for paths, rights in (
        (readable, _READ),
        (writable, all_rights & ~_SPECIAL),
        (devices, _READ | 1 << 1),
    ):
        for path in paths:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                _allow(ruleset, path, rights & all_rights)
    return ruleset


def _allow(ruleset: int, path: str, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _OF_FILES
        rule = rights.to_bytes(8, "little") + opened.to_bytes(4, "little")
        _call(_libc.syscall, _ADD, ruleset, 1, rule, 0)
    finally:
        os.close(opened)


def shut(ruleset: int, program: bytes) -> None:
    """Let the rules hold, and a seccomp filter, for this process and all that it starts."""
    _call(_libc.prctl, _NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(_libc.syscall, _RESTRICT, ruleset, 0)
    os.close(ruleset)
    _refuse(program)


def _refuse(program: bytes) -> None:
    """Let a seccomp filter hold for this process and all that it starts."""
    _call(_libc.prctl, _NO_NEW_PRIVS, 1, 0, 0, 0)
    rows = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("rows", ctypes.c_void_p))

    whole = Program(len(program) // 8, ctypes.cast(rows, ctypes.c_void_p))
    _call(_libc.prctl, _SECCOMP, 2, ctypes.byref(whole), 0, 0)


def _call(function: Any, *arguments: Any) -> Any:
    returned = function(*arguments)
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return returned


def _end_all() -> None:
    """End all that live below us; those who lose their parents meanwhile come to us."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    for _ in range(_ROUNDS):
        below = listing.read_text(encoding="ascii").split()
        for one in below:
            with contextlib.suppress(OSError):
                os.kill(int(one), signal.SIGKILL)
        try:
            while os.waitpid(-1, 0 if below else os.WNOHANG)[0]:
                below = []
        except ChildProcessError:
            return


def _end_as(status: int | None) -> None:
    """End as the command has, so that whoever waits for us learns how."""
    if status is None:
        os._exit(FAILED)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else FAILED)


if __name__ == "__main__":
    main()
