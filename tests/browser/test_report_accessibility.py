"""axe finds nothing to object to on any page, in light and in dark, and in forced colours."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from test_report import PAGES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe(browser: Browser, folder: Path, path: str, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.goto(f"{folder.as_uri()}/{path}")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(200)
    results = Axe().run(page)
    context.close()
    assert not [
        (one["id"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in results.response["violations"]
    ]


def test_forced_colours_keep_the_glyphs(browser: Browser, folder: Path) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(f"{folder.as_uri()}/index.html")
    page.wait_for_selector("body[data-ready]")
    glyphs = page.evaluate(
        """() => [...document.querySelectorAll('#grid tbody td')].map((cell) =>
           getComputedStyle(cell, '::before').content)"""
    )
    assert all(glyph not in {"none", "normal", '""'} for glyph in glyphs)
    notch = page.evaluate(
        """() => getComputedStyle(document.querySelector('#grid td.w7'), '::after').clipPath"""
    )
    assert notch == "none"
    context.close()
