"""A real Chromium, a small report full of hostile text, and a server that serves it."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from judged_example import example
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from caniload.reports.site import render
from caniload.runner.core.judged import JudgedMatrix

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser that the system has; without one these tests fail, so that CI notices."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, f"no browser found ({', '.join(NAMES)}); deselect with: -m 'not browser'"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def judged() -> JudgedMatrix:
    return example(hostile=True, meanwhile=True)


@pytest.fixture(scope="session")
def folder(judged: JudgedMatrix, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(judged, tmp_path_factory.mktemp("site") / "report")[0].parent


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base
        """Say nothing."""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; the address ends without a slash."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[str]:
    with serving(folder) as origin:
        yield origin


@pytest.fixture(params=["file", "http"])
def origin(request: pytest.FixtureRequest, folder: Path, server: str) -> str:
    """Where the report lies: on a disk, or on a server."""
    return folder.as_uri() if request.param == "file" else server


class Watched:
    """A page that remembers every complaint and every request for something elsewhere."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.page: Page = context.new_page()
        self.origin = origin
        self.complaints: list[str] = []
        self.strays: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.origin, "data:")):
            self.strays.append(url)

    def open(self, path: str = "index.html") -> Page:
        self.page.goto(f"{self.origin}/{path}")
        self.page.wait_for_selector("body[data-ready]", state="attached")
        return self.page


@pytest.fixture
def watched(browser: Browser, origin: str) -> Iterator[Watched]:
    """Open pages with this; the test fails if one complained or asked for anything elsewhere."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    watched = Watched(context, origin)
    yield watched
    context.close()
    assert not watched.complaints
    assert not watched.strays
