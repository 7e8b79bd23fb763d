"""The report in use: the question, the matrix, the details, the address, the keyboard."""

from __future__ import annotations

import re
import shlex
import time
from itertools import product
from pathlib import Path

import pytest
from conftest import Watched
from playwright.sync_api import Browser, Page, expect

from caniload.reports import answers, views
from caniload.reports.planes import Planes, planes
from caniload.reports.table import tabulate
from caniload.runner.core.judged import JudgedMatrix

pytestmark = pytest.mark.browser

PAGES = [
    "index.html", "failures.html", "what-warnings.html", "warnings.html", "environments.html",
    "security.html", "data.html", "about.html",
    "from/tf-2.15.html", "model/lstm.html", "format/h5.html",
    "train/index.html", "train/failures.html", "train/from/tf-2.15.html", "train/format/keras.html",
]  # fmt: skip


@pytest.fixture(scope="session")
def grid(judged: JudgedMatrix) -> Planes:
    """What the first page shows: predicting."""
    return planes(tabulate(judged), judged).turned


def choose(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.select_option(f"select[name={name}]", value)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_quiet(watched: Watched, path: str) -> None:
    page = watched.open(path)
    assert page.title().endswith("caniload")
    assert page.locator("#theme").is_visible()


@pytest.mark.parametrize("path", ["index.html", "train/index.html"])
def test_the_script_says_what_python_says(watched: Watched, grid: Planes, path: str) -> None:
    page = watched.open(path)
    grid = grid if path == "index.html" else grid.turned
    families = {model.family for model in grid.models}
    for kind, family in product(range(len(grid.formats)), ["", *sorted(families)]):
        models = [n for n, m in enumerate(grid.models) if not family or m.family == family]
        for save, load in [(0, 4), (2, 4), (3, 3), (4, 0), (1, 2), (2, 1), (2, 6), (5, 4)]:
            choose(
                page,
                m=f"family:{family}" if family else "",
                f=grid.formats[kind].id,
                s=grid.environments[save].id,
                l=grid.environments[load].id,
            )
            square = answers.evidence(grid, save, load, kind, models)
            ignored = grid.square(save, load, kind, models).no_evidence
            shipped = answers.shipped(grid, save, load, kind, models)
            expected = answers.text(answers.verdict(square, ignored=ignored))
            expected = shipped if shipped and not square.tested else expected
            shown = re.sub(r" \(max [^)]*\)", "", page.inner_text("#verdict"))
            assert shown == expected
            lines = page.locator("#advice li").all_inner_texts()
            aside = answers.aside(grid, save, load, kind, models)
            if aside:
                assert lines.pop(0) == aside
            if square.tested and shipped:
                assert lines.pop(0) == shipped
            elif grid.shipped and (other := answers.aside(grid.shipped, save, load, kind, models)):
                assert lines.pop(0) == f"{answers.NOT_HERE}. {other}"
            reach = answers.reach_sentence(grid, answers.reach(grid, save, kind, models))
            way = answers.recommend(grid, save, load, kind, models)
            assert lines[0] == reach
            if way:
                assert lines[1].startswith(answers.path_sentence(grid, load, way))
            else:
                assert len(lines) == 1 + answers.breaks(square)


@pytest.mark.parametrize("path", ["index.html", "train/index.html"])
def test_the_script_draws_what_python_drew(watched: Watched, grid: Planes, path: str) -> None:
    page = watched.open(path)
    grid = grid if path == "index.html" else grid.turned
    for kind, model in [(0, None), (1, None), (2, 2)]:
        choose(page, f=grid.formats[kind].id, m="" if model is None else grid.models[model].id)
        shown = page.evaluate(
            """() => [...document.querySelectorAll('#grid tbody td')].map((cell) =>
               [[...cell.classList].filter((name) => !['chosen', 'era'].includes(name)).join(' '),
                cell.textContent])"""
        )
        rows = views.matrix(grid, kind, None if model is None else [model])
        assert shown == [[square.classes, square.words] for row in rows for square in row.squares]


def test_details_show_the_exact_text_as_text(watched: Watched) -> None:
    page = watched.open("index.html#f=h5&s=tf-2.15&l=tf-2.21&m=conv_bn")
    group = page.locator("#panel .group").first
    expect(group.locator("h4")).to_contain_text("Error: 1")
    group.get_by_text("Error while load", exact=True).click()
    pre = group.locator("details[open] pre").first
    expect(pre).to_contain_text("</script><script>alert(1)</script><img src=x onerror=alert(1)>")
    expect(group.locator(".command pre")).to_have_text(
        "caniload reproduce tf-2.15/conv_bn.h5/tf-2.21"
    )
    assert page.locator("#panel img, #panel script").count() == 0


def test_silence_is_named_with_its_size(watched: Watched) -> None:
    page = watched.open("index.html#f=h5&s=tf-2.15&l=tf-2.21")
    expect(page.locator("#verdict strong")).to_have_text(
        "1 of 5 loads without error but behaves differently (max |d| 3.1e-02)"
    )
    expect(page.locator("#panel .group").first.locator("h4")).to_contain_text("Silently wrong")


def test_marks_of_weak_cells_are_visible(watched: Watched) -> None:
    page = watched.open("index.html#f=h5&s=tf-2.15&l=keras-3.15-torch")
    expect(page.locator("#verdict")).to_contain_text("No evidence")
    expect(page.locator("#panel")).to_contain_text("Not evidence: a control")
    assert page.locator("#grid td.void").count() == 6
    assert page.locator("#grid td.shaky").count() > 0


def test_filters_dim_the_rest_and_show_in_the_address(watched: Watched) -> None:
    page = watched.open()
    page.click(".chip[data-outcome=crash]")
    assert "st=crash" in page.url
    shown = page.locator("#grid tbody td:not(.dim)")
    assert 0 < shown.count() < 49
    for words in shown.all_inner_texts():
        assert "Crash" in words
    page.click("#clear")
    assert page.locator("#grid td.dim").count() == 0
    page.click(".tiles a >> nth=0")
    expect(page.locator(".chip[data-outcome=differs]")).to_have_attribute("aria-pressed", "true")


def test_a_deep_link_restores_everything(watched: Watched) -> None:
    page = watched.open("index.html#f=keras&s=tf-2.12&l=keras-3.15-jax&m=lstm&st=error.differs")
    values = {n: page.input_value(f"select[name={n}]") for n in "fslm"}
    assert values == {"f": "keras", "s": "tf-2.12", "l": "keras-3.15-jax", "m": "lstm"}
    assert page.locator(".chip[aria-pressed=true]").count() == 2
    expect(page.locator("#note")).to_be_hidden()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.input_value("select[name=m]") == "lstm"


def test_what_the_address_cannot_mean_is_named(watched: Watched) -> None:
    page = watched.open("index.html#f=h5&s=tf-9.9+x&l=tf-2.21&st=bad&zz=<b>")
    expect(page.locator("#note")).to_contain_text("s=tf-9.9+x, st=bad, zz=<b>")
    assert page.input_value("select[name=l]") == "tf-2.21"
    assert page.locator("#note b").count() == 0


def test_back_and_forward_walk_through_opened_squares(watched: Watched) -> None:
    page = watched.open()
    page.locator("#grid tbody tr").nth(2).locator("td").nth(3).click()
    page.locator("#grid tbody tr").nth(4).locator("td").nth(5).click()
    title = page.locator("#panel-title")
    expect(title).to_contain_text("TF 2.21 → Keras 3.15 on jax")
    page.go_back()
    expect(title).to_contain_text("TF 2.12 → TF 2.15")
    page.go_forward()
    expect(title).to_contain_text("TF 2.21 → Keras 3.15 on jax")


def test_the_keyboard_reaches_every_square(watched: Watched) -> None:
    page = watched.open()
    assert page.locator("#grid td[tabindex='0']").count() == 1
    page.locator("#grid td[tabindex='0']").focus()
    where = """() => { const cell = document.activeElement;
        return [cell.parentNode.sectionRowIndex, cell.cellIndex - 1]; }"""
    for key, expected in [
        ("Control+Home", [0, 0]), ("ArrowDown", [1, 0]), ("ArrowRight", [1, 1]), ("End", [1, 6]),
        ("ArrowRight", [1, 6]), ("Control+End", [6, 6]), ("Home", [6, 0]), ("ArrowUp", [5, 0]),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(where) == expected, key
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator("#panel-title")).to_contain_text("Keras 3.15 on jax → TF 1.15")
    page.keyboard.press("Escape")
    assert page.evaluate(where) == [5, 0]
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_the_theme_is_remembered(watched: Watched) -> None:
    page = watched.open()
    background = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.click("#theme")
    page.click("#theme")
    expect(page.locator("#theme")).to_have_text("Theme: dark")
    dark = page.evaluate(background)
    assert dark != "rgb(255, 255, 255)"
    page = watched.open("about.html")
    expect(page.locator("#theme")).to_have_text("Theme: dark")
    assert page.evaluate(background) == dark


def test_an_old_report_says_so(watched: Watched) -> None:
    page = watched.page
    page.clock.set_fixed_time("2026-11-20T20:00:00Z")
    watched.open()
    expect(page.locator("#stale")).to_be_hidden()
    page.clock.set_fixed_time("2026-11-30T20:00:00Z")
    watched.open()
    expect(page.locator("#stale")).to_contain_text("10 days old")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(watched: Watched, path: str) -> None:
    watched.page.set_viewport_size({"width": 390, "height": 844})
    page = watched.open(path)
    page.wait_for_timeout(100)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_without_javascript_the_tables_speak(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/index.html")
    words = page.locator("#grid tbody td").all_text_contents()
    assert len(words) == 49
    assert all(words)
    assert "behave" in page.inner_text("#verdict") or "load" in page.inner_text("#verdict")
    expect(page.locator("noscript p")).to_contain_text("plain tables")
    context.close()


def test_a_browser_that_cannot_unpack_keeps_the_tables(browser: Browser, origin: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(f"{origin}/index.html")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#note")).to_contain_text("tables below are complete")
    assert page.locator("#grid tbody td").count() == 49
    context.close()


def test_missing_details_are_said_to_be_missing(browser: Browser, folder: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/data/c/*", lambda route: route.abort())
    page.goto(f"{folder.as_uri()}/index.html")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#panel")).to_contain_text("is missing or damaged")
    context.close()


def test_the_page_is_ready_soon_after_an_empty_one(browser: Browser, folder: Path) -> None:
    (folder.parent / "empty.html").write_text("<!doctype html><title>x</title><body data-ready>")

    def best(url: str) -> float:
        times = []
        for _ in range(3):
            context = browser.new_context()
            page = context.new_page()
            start = time.perf_counter()
            page.goto(url)
            page.wait_for_selector("body[data-ready]", state="attached")
            times.append(time.perf_counter() - start)
            context.close()
        return min(times)

    empty = best((folder.parent / "empty.html").as_uri())
    assert best(f"{folder.as_uri()}/index.html") < 12 * empty


def test_your_own_file_is_asked_about_as_chosen(watched: Watched, grid: Planes) -> None:
    page = watched.open()
    ask, attempt = page.locator("#own-ask"), page.locator("#own-try")
    written = [one.inner_text() for one in (ask, attempt, page.locator("#own-bring"))]
    page.wait_for_timeout(100)
    assert [one.inner_text() for one in (ask, attempt, page.locator("#own-bring"))] == written
    for save, load in [(0, 4), (2, 2)]:
        one, other = grid.environments[save].id, grid.environments[load].id
        choose(page, s=one, l=other)
        expect(ask).to_have_text(f"caniload YOUR_FILE --to {shlex.quote(other)}")
        pair = other if save == load else f"{one},{other}"
        expect(attempt).to_have_text(f"caniload check YOUR_FILE --run --envs {shlex.quote(pair)}")


def test_what_others_ask_leads_to_their_answers(watched: Watched) -> None:
    page = watched.open()
    links = page.locator("section[aria-labelledby=examples] a")
    assert links.count() >= 4
    for place in range(links.count()):
        href = links.nth(place).get_attribute("href") or ""
        page = watched.open(href)
        assert page.locator("#note").is_hidden(), href
        wanted = dict(re.findall(r"[#&]([sfl])=([^&]+)", href))
        for name, value in wanted.items():
            assert page.locator(f"select[name={name}]").input_value() == value
        watched.open()
