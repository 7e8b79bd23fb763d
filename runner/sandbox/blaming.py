"""Whether a failure behind a wall may be the wall's doing: then it says nothing of the file; pure.

Told by error numbers, by the types that stand for them, and by what C++ libraries write instead.
A file that is looked for and not found counts, where it is here and the wall hides it.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from typing import Any

_NUMBERS = frozenset(
    (
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOMEM, errno.EAGAIN, errno.EFBIG),
        *(errno.ENOSPC, errno.EDQUOT, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH),
        *(errno.ECONNREFUSED, errno.ENOSYS),
    )
)
_TYPES = frozenset(
    (
        *("PermissionError", "MemoryError", "BlockingIOError", "ConnectionError", "URLError"),
        *("_ArrayMemoryError", "ConnectionRefusedError", "gaierror", "ResourceExhaustedError"),
        *("PermissionDeniedError", "UnavailableError", "MaxRetryError", "HTTPError"),
    )
)
_WORDS = re.compile(
    r"permission ?denied|operation not permitted|read-only file system|cannot allocate memory"
    r"|unable to allocate|out of memory|bad_alloc|resource temporarily unavailable"
    r"|can't start new thread|thread creation|file too large|no space left|quota exceeded"
    r"|network is unreachable|name resolution|urlopen error|url fetch failure|connection refused"
    r"|function not implemented|errno = (?:1|11|12|13|27|28|30)\b",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"no such file|not found|not exist|doesn't exist|unable to (?:open|synchronously open)"
    r"|failed to open|no file",
    re.IGNORECASE,
)
_PATH = re.compile(r"/[^\s'\"`,;:()\[\]{}<>|=]+")
_LIMITS = frozenset({"SIGXFSZ", "SIGXCPU", "SIGSYS"})


def suspicion(
    error: Mapping[str, Any] | None,
    crash: Mapping[str, Any] | None,
    log: str,
    hidden: Callable[[str], bool],
) -> str | None:
    """Return in a sentence what the wall may have stopped; ``None``: the failure is not its doing.

    ``log`` is the end of what a process that crashed has said, ``hidden`` says of a path whether
    it is here and cannot be seen behind the wall.
    """
    if error is not None:
        return _of_error(error, hidden)
    if crash is None or crash.get("kind") not in ("signal", "exit"):
        return None  # what was killed for its time or memory is told as that
    if crash.get("signal") in _LIMITS:
        return f"a limit of the sandbox may have ended it ({crash['signal']})"
    said = _WORDS.search(log)
    if said is None:
        return None
    return f"a limit of the sandbox may have ended it ({said.group().lower()})"


def _of_error(error: Mapping[str, Any], hidden: Callable[[str], bool]) -> str | None:
    kind, message = str(error.get("type")), str(error.get("message"))
    said = _WORDS.search(message)
    if error.get("errno") in _NUMBERS or kind in _TYPES or said is not None:
        what = said.group().lower() if said is not None else kind
        return f"the sandbox may have stopped it ({what})"
    if error.get("errno") == errno.ENOENT or kind == "NotFoundError" or _MISSING.search(message):
        for path in _PATH.findall(message):
            if hidden(path.rstrip(".")):
                return f"it reads {path.rstrip('.')}, which the sandbox does not show"
    return None
