"""A file or an address -> a pack on this machine, checked to the last byte before it is used."""

from __future__ import annotations

import http.client
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.environments.certificates import trust
from caniload.runner.environments.home import Home
from caniload.runner.packs.frame import LARGEST_FILE
from caniload.runner.packs.pack import Pack
from caniload.runner.packs.shelf import ENDING

_SECONDS = 60.0
_CHUNK = 2**16

Opening = Callable[[str], IO[bytes]]


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows no redirection to an address that is not https."""

    def redirect_request(  # noqa: PLR0917 - as urllib calls it
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def bring(place: str, home: Home, opening: Opening | None = None) -> tuple[Pack, bool]:
    """Take a pack into a home; return it, and whether it was there before.

    ``PackError`` where it is none or not as it was written; nothing of it is kept then.
    """
    home.packs.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=home.packs, prefix="tmp-", delete=False) as stream:
        path = Path(stream.name)
        try:
            _copy(place, stream, opening or _open)
            pack = checked(path, _shown(place))
            target = home.packs / f"{pack.id[:16]}{ENDING}"
            there = target.is_file()
            path.chmod(0o644)
            path.replace(target)
        finally:
            path.unlink(missing_ok=True)
    return Pack(target), there


def checked(path: Path, called: str) -> Pack:
    """Return a pack of which every byte and every part was read; ``PackError`` names the place."""
    pack = Pack(path, called)
    pack.verify()
    for said in pack.files():
        pack.part(said["name"])
    pack.locks()
    pack.constructors()
    return pack


def _copy(place: str, stream: IO[bytes], opening: Opening) -> None:
    size = 0
    try:
        with opening(place) as source:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > LARGEST_FILE:
                    raise UsageError(
                        f"{_shown(place)}: more than {LARGEST_FILE // 2**20} MiB; no pack has that"
                    )
                stream.write(chunk)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise CaniloadError(f"{_shown(place)}: cannot be had: {reason}") from error
    stream.flush()


def _open(place: str) -> IO[bytes]:
    if "://" not in place:
        return Path(place).open("rb")
    _check_address(place)
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust()), _OnlyHttps())
    answer: IO[bytes] = opener.open(place, timeout=_SECONDS)
    return answer


def _check_address(place: str) -> None:
    if urlsplit(place).scheme != "https":
        raise UsageError(f"{_shown(place)}: only https:// addresses and files are imported")


def _shown(place: str) -> str:
    """Return an address without what may be a password in it."""
    if "://" not in place:
        return place
    parts = urlsplit(place)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
