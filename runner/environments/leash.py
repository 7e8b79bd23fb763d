"""Become a command that dies with the process that asked for it: leash.py PARENT COMMAND...

A runner that is killed with SIGKILL cannot end its installers; the kernel can. Other systems than
Linux have no such thing, and there the command ends when it is done.
"""

import contextlib
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it died before the kernel was asked
        sys.exit(1)
    try:
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - it is what we were asked to run
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
