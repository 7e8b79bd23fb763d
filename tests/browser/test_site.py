"""The site: built strictly; links lead somewhere, search works from a disk, nothing is fetched."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import h5py
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import Watched, serving
from playwright.sync_api import Browser, expect

ROOT = Path(__file__).parents[2]
NEEDED = ("sphinx", "myst_parser", "furo")
LOOKED_AT = (
    ("index.html", 1280),
    ("index.html", 390),
    ("docs/commands/check.html", 390),
    ("search.html", 390),
)
"""Pages, and the widths at which they are looked at."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, NEEDED)),
        reason=f"{', '.join(NEEDED)} build the site, and are not all installed here",
    ),
]


@pytest.fixture(scope="session")
def site(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it, with a report beside it."""
    out = tmp_path_factory.mktemp("built") / "site"
    done = subprocess.run(
        [sys.executable, "docs/site/build.py", "--report", str(folder), "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return out


class Seen(HTMLParser):
    """What a page has to be led to, and what it leads to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.anchors = {"", "top"}
        self.links: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def test_no_link_leads_nowhere(site: Path) -> None:
    pages = {page.resolve(): Seen(page) for page in site.rglob("*.html")}
    assert len(pages) > 60
    lost = []
    for page, seen in pages.items():
        for link in seen.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            # The report's pages read what stands behind # themselves.
            ours = "report" not in there.relative_to(site.resolve()).parts
            known = pages[there].anchors if there in pages and ours else {unquote(parts.fragment)}
            if not there.is_file() or unquote(parts.fragment) not in known:
                lost.append(f"{page.relative_to(site.resolve())}: {link}")
    assert not lost


def test_nothing_is_taken_from_elsewhere(site: Path) -> None:
    """In no page and no style: what a browser would fetch by itself."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text
        assert 'rel="preconnect"' not in text
    for style in site.rglob("*.css"):
        assert "url(http" not in style.read_text(encoding="utf-8").replace('"', "")


def test_search_finds_from_a_disk(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    watched = Watched(context, site.as_uri())
    page = context.pages[0]
    page.goto(f"{site.as_uri()}/search.html?q=time_major")
    for name in ("Before an upgrade", "Your own model"):
        found = page.locator("#search-results").get_by_role("link", name=name, exact=True)
        expect(found).to_be_visible()
    context.close()
    assert not watched.complaints
    assert not watched.strays


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_for_everybody(
    browser: Browser, site: Path, scheme: Literal["light", "dark"]
) -> None:
    """Wide and narrow, in light and in dark."""
    context = browser.new_context(color_scheme=scheme)
    watched = Watched(context, site.as_uri())
    page = context.pages[0]
    for path, width in LOOKED_AT:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{site.as_uri()}/{path}")
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        results = Axe().run(page, options={"preload": False})
        assert not [
            (path, width, one["id"], [node["html"][:160] for node in one["nodes"][:3]])
            for one in results.response["violations"]
        ]
    context.close()
    assert not watched.complaints
    assert not watched.strays


def test_the_report_lies_below_it_and_is_led_to(site: Path) -> None:
    assert (site / "report" / "manifest.json").is_file()
    assert "report/index.html" in Seen(site / "index.html").links


EXAMPLES = (
    *("keras_model.h5", "scaled.h5", "text.h5", "weights.h5"),
    *("text_3.keras", "text_new.keras", "labels.txt"),
)
TRAPS: dict[str, dict[str, Any]] = {
    "elsewhere.h5": {"shape": (3, 2), "dtype": "f4", "external": [("/etc/passwd", 0, 24)]},
    "absurd.h5": {"shape": (2**20, 2**20), "dtype": "f4", "chunks": (16, 16)},
    "plain.h5": {"data": np.zeros((3, 2), ">f8"), "track_times": True},
}


def dropped(folder: Path) -> list[str]:
    """Lay out what is dropped: the examples, and files that a reader has to beware of."""
    for name in EXAMPLES:
        shutil.copy(ROOT / "docs" / "examples" / name, folder)
    for name, options in TRAPS.items():
        with h5py.File(folder / name, "w") as file:
            file["model_weights/d"] = h5py.ExternalLink("/home/you/secret.h5", "/x")
            file["model_weights"].attrs["layer_names"] = [b"d", b"e"]
            file["model_weights"].create_dataset("e/kernel:0", **options)
    cut = (folder / "text.h5").read_bytes()
    (folder / "cut.h5").write_bytes(cut[: len(cut) // 2])
    with zipfile.ZipFile(folder / "pickled.keras", "w") as archive:
        archive.writestr("config.json", '{"class_name": "Sequential", "config": {"layers": []}}')
        archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
        archive.writestr("model.weights.npz", b"no array at all")
    return sorted(path.name for path in folder.iterdir())


def test_a_dropped_file_is_told_of_as_on_the_command_line(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    if not (site / "drop").is_dir():
        pytest.skip("the site was built without the page that reads files: npm is missing")
    names = dropped(tmp_path)
    assert len(names) == 12
    done = subprocess.run(
        [sys.executable, "-m", "caniload", "inspect", *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
    )
    wanted = {one.partition("\n")[0]: one for one in done.stdout.rstrip("\n").split("\n\n")}
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    with serving(site) as origin:
        watched = Watched(context, origin)
        page = watched.page
        page.goto(f"{origin}/docs/site/inspect.html")
        page.wait_for_selector("body[data-ready]", timeout=120_000)
        assert (page.locator("#state").text_content() or "").startswith("Ready")
        page.set_input_files("#files", [tmp_path / name for name in names])
        page.wait_for_selector("body[data-done]", timeout=120_000)
        shown = page.locator("#said section")
        found = {
            shown.nth(n).get_attribute("data-name"): shown.nth(n).text_content()
            for n in range(shown.count())
        }
    context.close()
    assert found == wanted
    assert all(url.startswith((origin, "data:")) for url in asked)
    assert not watched.complaints


CRASHES = """
postMessage({ ready: 1 });
onmessage = ({ data: { names } }) => {
  for (const name of names) {
    if (name === "b.h5") { postMessage({ crashed: "memory access out of bounds" }); return; }
    if (name === "c.h5") throw new Error("gone");
    postMessage({ name, lines: [name, "  read"], stops: false, seconds: 0 });
  }
  postMessage({ done: true });
};
"""


def test_a_file_that_crashes_its_reader_costs_itself_only(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    if not (site / "drop").is_dir():
        pytest.skip("the site was built without the page that reads files: npm is missing")
    names = ["a.h5", "b.h5", "c.h5", "d.h5"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    context = browser.new_context()
    page = context.new_page()
    script = {"content_type": "text/javascript", "body": CRASHES}
    context.route("**/worker.mjs", lambda route: route.fulfill(**script))
    with serving(site) as origin:
        page.goto(f"{origin}/docs/site/inspect.html")
        page.wait_for_selector("body[data-ready]")
        page.set_input_files("#files", [tmp_path / name for name in names])
        page.wait_for_selector("body[data-done]")
        told = page.locator("#said section").all_text_contents()
        dropped = page.evaluate_handle(
            """() => { const held = new DataTransfer();
            held.items.add(new File(["x"], "e.h5")); return held; }"""
        )
        page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
        expect(page.locator("#said")).to_have_text(re.compile(r"^e\.h5\s+read$"))
    context.close()
    assert [one.splitlines()[0] for one in told] == names
    assert [("crashes what reads it" in one) for one in told] == [False, True, True, False]


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "docs/site/build.py", "--report", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode != 0
    assert "is not a report" in done.stderr
