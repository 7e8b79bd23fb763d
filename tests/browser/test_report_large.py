"""What only a large report does, and what is said of cells that were not run themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from judged_example import example
from playwright.sync_api import Browser, Page, expect

from caniload.reports import front, trees
from caniload.reports.site import render
from caniload.runner.core.judged import JudgedCell

SAVED, LOADED = "tf-2.15", "tf-2.21"


def derived(cells: Sequence[JudgedCell]) -> list[JudgedCell]:
    """Say of all cells of one pair that another saver's were run in their place."""
    told = {"rule": "same-content", "from": f"tf-2.12/dense.h5/{LOADED}"}
    return [
        replace(one, derived=told)
        if (one.cell.artifact.saved_by, one.cell.loaded_by) == (SAVED, LOADED)
        else one
        for one in cells
    ]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(front, "INLINE", 0)
    monkeypatch.setattr(trees, "SQUARES", 0)
    judged = example()
    index, _ = render(replace(judged, cells=derived(judged.cells)), tmp_path / "report")
    page = browser.new_page()
    page.goto(f"{index.as_uri()}#f=h5&s={SAVED}&l={LOADED}&m=dense")
    page.wait_for_selector("body[data-ready]", state="attached")
    return page


def test_planes_beside_the_page_are_found(opened: Page) -> None:
    expect(opened.locator("#note")).to_be_hidden()
    expect(opened.locator("#verdict")).to_contain_text("The model")
    data = opened.locator("#data").text_content() or ""
    assert '"rest"' in data
    assert '"plane"' not in data


def test_a_cell_that_was_not_run_says_which_one_was(opened: Page) -> None:
    group = opened.locator("#panel .group").first
    expect(group.get_by_text("1 of 1 not run themselves")).to_be_visible()
    expect(group).to_contain_text(
        f"dense: not run itself: taken from tf-2.12/dense.h5/{LOADED}, whose file has the same"
        " content"
    )


def test_a_model_has_its_versions_that_behave_alike(opened: Page) -> None:
    opened.goto(opened.url.partition("index.html")[0] + "model/dense.html")
    assert opened.locator("table.eras").count()
    assert not opened.locator("table.matrix").count()
    opened.get_by_role("link", name="in the matrix").click()
    opened.wait_for_selector("body[data-ready]", state="attached")
    expect(opened.locator("select[name=m]")).to_have_value("dense")
