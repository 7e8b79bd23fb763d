"""A package index on this machine that changes from night to night, before a real one.

Of a package that is watched it lists only the releases that are out by then; wheels of one's own
are listed beside them. Files of the real index are fetched from there.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

from caniload.runner.environments.certificates import trust

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(kw_only=True)
class Index:
    """``out`` has by package the releases that are listed, of all others every one is."""

    upstream: str
    folder: Path
    out: dict[str, set[str]] = field(default_factory=dict)

    def listing(self, package: str) -> bytes:
        answer = self._asked(package)
        if package in self.out:
            wheels = [
                one for one in answer["files"] if _release(one["filename"]) in self.out[package]
            ]
            answer["files"] = [*wheels, *self._own(package)]
            answer.pop("versions", None)
        return json.dumps(answer).encode()

    def _asked(self, package: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(_read(f"{self.upstream}/{package}/"))
        return found

    def _own(self, package: str) -> Iterator[dict[str, Any]]:
        for wheel in sorted(self.folder.glob(f"{package}-*.whl")):
            if _release(wheel.name) in self.out[package]:
                yield {
                    "filename": wheel.name,
                    "url": f"/files/{wheel.name}",
                    "hashes": {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()},
                    "upload-time": "2026-01-01T00:00:00Z",
                }

    def fetch(self, package: str, release: str, tag: str) -> Path:
        """Download a release's wheel from the real index."""
        for one in self._asked(package)["files"]:
            if _release(one["filename"]) == release and tag in one["filename"]:
                path = self.folder / "upstream" / str(one["filename"])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_read(one["url"]))
                return path
        raise LookupError(f"{package} {release} has no file for {tag}")


def _read(address: str) -> bytes:
    request = urllib.request.Request(address, headers={"Accept": f"{JSON}, */*"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=300, context=trust()) as answer:  # noqa: S310
        found: bytes = answer.read()
    return found


def _release(name: str) -> str:
    try:
        return str(parse_wheel_filename(name)[1])
    except ValueError:
        return ""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, index: Index, *rest: object) -> None:
        self.index = index
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        kind, _, name = self.path.strip("/").partition("/")
        try:
            found = (
                self.index.listing(name)
                if kind == "simple"
                else (self.index.folder / name).read_bytes()
            )
        except OSError:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", JSON if kind == "simple" else "application/octet-stream")
        self.send_header("Content-Length", str(len(found)))
        with contextlib.suppress(ConnectionError):  # who asks for a head hangs up
            self.end_headers()
            self.wfile.write(found)

    do_HEAD = do_GET  # noqa: N815 - http.server's name; what is sent behind a head is not read: the connection ends with it

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(index: Index) -> Iterator[str]:
    """Serve it; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, index)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            server.shutdown()
            thread.join()


def rebuilt(wheel: Path, folder: Path, release: str, change: Callable[[str, str], str]) -> Path:
    """Write a wheel anew as another release; ``change`` gets each Python file's name and text."""
    name, version, tag = wheel.name.split("-", 2)
    target = folder / f"{name}-{release}-{tag}"
    old, new = f"{name}-{version}.dist-info", f"{name}-{release}.dist-info"
    record = []
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for one in source.namelist():
            data, path = source.read(one), one.replace(old, new)
            if path == f"{new}/RECORD":
                continue
            if path == f"{new}/METADATA":
                data = data.replace(
                    f"Version: {version}".encode(), f"Version: {release}".encode(), 1
                )
            if path.endswith(".py"):
                data = change(path, data.decode("utf-8")).encode("utf-8")
            made.writestr(path, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
        made.writestr(f"{new}/RECORD", "\n".join([*record, f"{new}/RECORD,,"]) + "\n")
    return target
