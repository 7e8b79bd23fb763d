"""A seccomp filter for x86-64, as the kernel takes it: which calls are answered with "no"; pure.

Refused calls return EPERM, so that a library which asks in passing goes on without. ``clone3``
returns ENOSYS, for its flags lie where a filter cannot look: the C library then takes ``clone``.
Numbers are those of arch/x86/entry/syscalls/syscall_64.tbl; the layout is that of
include/uapi/linux/filter.h and seccomp.h.
"""

from __future__ import annotations

import errno
import struct

_X86_64 = 0xC000003E
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_CLONE, _CLONE3, _IOCTL = 56, 435, 16
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_NEW_NAMESPACES = 0x7E020080  # CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}

_NETWORK = (41,)  # socket; socketpair, which needs no network, stays
_OTHERS = (101, 310, 311, 312, 438, 448)  # ptrace, process_vm_*, kcmp, pidfd_getfd, mrelease
_NAMESPACES = (155, 161, 165, 166, 272, 308, 428, 429, 430, 431, 432, 433, 442)
"""pivot_root, chroot, mount, umount2, unshare, setns, and the newer calls that mount."""
_KEYS = (248, 249, 250)  # keyrings are in no namespace
_KERNEL = (
    *(103, 135, 139, 153, 154, 156, 163, 164, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176),
    *(159, 177, 178, 179, 180, 212, 227, 246, 298, 300, 303, 304, 305, 313, 320, 321, 323),
    *(425, 426, 427, 443),
)
"""Settings of the machine, modules, bpf, perf, userfaultfd, file handles, io_uring (which opens
sockets past this filter), and what has no place in a model."""
_MODES = (90, 91, 92, 93, 94, 132, 188, 189, 190, 235, 260, 261, 268, 280, 452)
"""chmod, chown, utime and setxattr in all their kinds: Landlock does not look at them."""


def program(*, modes: bool) -> bytes:
    """Return the filter; with ``modes`` nobody changes modes, owners, times and attributes.

    A forbidden call jumps forward to the answer, at most 255 instructions away.
    """
    refused = [*_NETWORK, *_OTHERS, *_NAMESPACES, *_KEYS, *_KERNEL, *(_MODES if modes else ())]
    rows: list[tuple[int, int, str | None, str | None]] = [
        (_LOAD, _ARCHITECTURE, None, None),
        (_EQUAL, _X86_64, None, "refuse"),
        (_LOAD, _NUMBER, None, None),
        (_AT_LEAST, _X32, "refuse", None),
        *((_EQUAL, number, "refuse", None) for number in sorted(set(refused))),
        (_EQUAL, _CLONE3, "absent", None),
        (_EQUAL, _CLONE, "clone", None),
        (_EQUAL, _IOCTL, "ioctl", "allow"),
    ]
    labels = {"clone": len(rows)}
    rows += [(_LOAD, _FIRST, None, None), (_ANY_BIT, _NEW_NAMESPACES, "refuse", "allow")]
    labels["ioctl"] = len(rows)
    rows += [
        (_LOAD, _SECOND, None, None),
        (_EQUAL, _TIOCSTI, "refuse", None),
        (_EQUAL, _TIOCLINUX, "refuse", "allow"),
    ]
    for label, value in (
        ("allow", _ALLOW),
        ("absent", _ERRNO | errno.ENOSYS),
        ("refuse", _ERRNO | errno.EPERM),
    ):
        labels[label] = len(rows)
        rows.append((_RETURN, value, None, None))
    return b"".join(
        struct.pack("=HBBI", code, *(_jump(place, at, labels) for at in (yes, no)), value)
        for place, (code, value, yes, no) in enumerate(rows)
    )


def _jump(place: int, label: str | None, labels: dict[str, int]) -> int:
    return 0 if label is None else labels[label] - place - 1
