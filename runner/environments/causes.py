"""What an installer said -> the one cause that a person can act on."""

from __future__ import annotations

import re

_NO_NETWORK = (
    r"failed to lookup address|name or service not known|temporary failure in name|dns error"
    r"|connection refused|connection reset|network is unreachable|error sending request"
    r"|newconnectionerror|max retries exceeded|operation timed out|read timed out"
)
_NO_COMPILER = (
    r"(command|program) ['\"]?\S*(gcc|g\+\+|cc|clang)['\"]? (failed|not found)"
    r"|unable to execute '?\S*gcc|python\.h: no such file"
)
_NO_FILE = (
    r"no wheels? with a matching|no (matching|compatible) (distribution|wheel)"
    r"|is not a supported wheel|only-binary|building source distributions is disabled"
)
_NO_VERSION = (
    r"there is no version of|no version of \S+ (satisf|found)"
    r"|was not found in the package registry|could not find a version"
)

_CAUSES = {
    # First match wins: what ends an installation stands before what merely follows from it.
    r"hash mismatch|do not match the hashes": (
        "{package}a downloaded file is not the one that the lock names (hash mismatch); if the "
        "index is to be trusted, renew the lock with `nox -s locks`"
    ),
    r"no space left on device|disk quota exceeded|os error 28\b": (
        "the disk is full; free some, or point CANILOAD_HOME elsewhere"
    ),
    _NO_NETWORK: (
        "the package index cannot be reached; check the network or the proxy, then run again"
    ),
    r"network connectivity is disabled|network was disabled|--offline": (
        "a package is not in the cache and the network is turned off; run once with a network"
    ),
    _NO_COMPILER: (
        "a package that exists as source only needs a C compiler; install one, such as "
        "build-essential on Debian"
    ),
    _NO_FILE: (
        "{package}a locked package has no file for this platform; locks are for Linux on x86-64"
    ),
    _NO_VERSION: (
        "{package}the index has no such version of a locked package; renew the lock with "
        "`nox -s locks`"
    ),
    r"permission denied|os error 13\b": "a folder may not be written; the log says which",
}


def cause(output: str) -> str:
    """Return the cause in one clause, with what to do; the last line said where none is known."""
    for pattern, sentence in _CAUSES.items():
        if match := re.search(pattern, output, re.IGNORECASE):
            return sentence.format(package=_package(output, match.start()))
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"the installer says: {lines[-1][:200]}" if lines else "the installer said nothing"


def _package(output: str, position: int) -> str:
    """Return "six==1.16.0: " if the message names the package it is about."""
    nearby = output[max(0, position - 400) : position + 400]
    named = re.search(r"([A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+)", nearby)
    return f"{named.group(1)}: " if named else ""
