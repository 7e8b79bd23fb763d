"""What ``--engine`` names -> the address of a scheduler, unless it is one for anybody to use."""

from __future__ import annotations

import ipaddress
import urllib.parse

from caniload.runner.core.errors import UsageError

SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
PORT = 8786
"""Where a Dask scheduler listens unless it is told otherwise."""


def scheduler(named: str, *, insecure: bool) -> str:
    """Return Dask's own address, such as ``tls://host:8786``, of ``dask+tls://host``."""
    parts = urllib.parse.urlsplit(named)
    try:
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        host, port = None, PORT
    rest = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in SCHEMES or not host or rest:
        raise UsageError(f"{named!r} is no engine: it is local, dask://HOST:PORT or dask+tls://…")
    protocol = SCHEMES[parts.scheme]
    if protocol == "tcp" and not insecure and not _is_loopback(host):
        raise UsageError(
            f"{named}: Dask over plain TCP asks nobody who they are, and runs whatever code it is"
            f" sent; use dask+tls://{host}:{port} with certificates, or --insecure where nobody"
            " else reaches that network"
        )
    return f"{protocol}://{f'[{host}]' if ':' in host else host}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, which may lead anywhere
        return False
