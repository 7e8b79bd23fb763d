"""The switch between predicting and going on training: keyboard, address, phone, no script."""

from __future__ import annotations

import pytest
from conftest import Watched
from judged_example import TRAINS_NO_MORE
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

MODEL, KIND = TRAINS_NO_MORE
CELL = f"#f={KIND}&s=tf-2.15&l=tf-2.21&m={MODEL}"
TO_PREDICT, TO_TRAIN = "to predict", "to go on training"


def current(page: Page) -> str:
    return page.locator(".purpose [aria-current=page]").inner_text()


def switch(page: Page, to: str) -> None:
    page.locator(".purpose").get_by_role("link", name=to).click()
    page.wait_for_url("**/train/**" if to == TO_TRAIN else lambda url: "/train/" not in url)
    page.wait_for_selector("body[data-ready]", state="attached")


def test_the_switch_keeps_the_question_and_changes_the_answer(watched: Watched) -> None:
    page = watched.open(f"index.html{CELL}")
    assert current(page) == TO_PREDICT
    expect(page.locator("#verdict")).to_have_text("The model loads unchanged.")
    page.select_option("select[name=s]", "tf-2.12")
    switch(page, TO_TRAIN)
    assert current(page) == TO_TRAIN
    assert "/train/index.html#" in page.url
    assert page.input_value("select[name=s]") == "tf-2.12"
    assert page.input_value("select[name=m]") == MODEL
    expect(page.locator("#verdict")).to_have_text("The model raises an error.")
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    expect(page.locator("#verdict")).to_have_text("The model raises an error.")
    page.go_back()
    page.wait_for_selector("body[data-ready]", state="attached")
    expect(page.locator("#verdict")).to_have_text("The model loads unchanged.")


def test_the_details_say_both_verdicts(watched: Watched) -> None:
    page = watched.open(f"index.html{CELL}")
    group = page.locator("#panel .group").first
    expect(group.locator("h4")).to_contain_text("Identical: 1")
    expect(group).to_contain_text("bit for bit the same model to predict")
    expect(group).to_contain_text("To go on training: Error, raises TypeError")
    expect(group.get_by_text("Error while train")).to_have_count(0)
    page.locator("#advice a").first.click()
    page.wait_for_url("**/train/**")
    group = page.locator("#panel .group").first
    expect(group.locator("h4")).to_contain_text("Error: 1")
    expect(group.get_by_text("Error while train")).to_be_visible()
    expect(group).to_contain_text("To predict: Identical, bit for bit the same model to predict")


def test_a_corner_marks_where_training_parts(watched: Watched) -> None:
    page = watched.open(f"index.html{CELL}")
    cell = page.locator("#grid td.chosen")
    expect(cell).to_have_class("o1 p5 era chosen")
    expect(cell).to_have_text("Identical; to go on training 1 otherwise, worst: Error")
    image = "(cell) => getComputedStyle(cell).backgroundImage"
    assert "linear-gradient" in cell.evaluate(image)
    assert page.locator("#grid td.o1.diagonal").first.evaluate(image) == "none"


def test_the_keyboard_reaches_the_switch_and_stays_there(watched: Watched) -> None:
    watched.page.set_viewport_size({"width": 1440, "height": 500})
    page = watched.open(f"index.html{CELL}")
    page.locator("#theme").focus()
    name = "() => document.activeElement.textContent"
    for expected in (TO_PREDICT, TO_TRAIN):
        page.keyboard.press("Tab")
        assert page.evaluate(name) == expected
    page.evaluate("() => scrollTo({ top: 300, behavior: 'instant' })")
    page.keyboard.press("Enter")
    page.wait_for_url("**/train/**")
    page.wait_for_selector("body[data-ready]", state="attached")
    expect(page.locator(".purpose [aria-current]")).to_be_focused()
    assert page.evaluate(name) == TO_TRAIN
    assert page.evaluate("() => scrollY") == 300


def test_links_keep_the_purpose(watched: Watched) -> None:
    page = watched.open("train/index.html")
    for name, there in [
        ("Failures", "/train/failures.html"),
        ("Method", "/about.html?for=train"),
        ("Warnings", "/warnings.html?for=train"),
        ("Matrix", "/train/index.html"),
    ]:
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        page.wait_for_url(f"**{there}")
        page.wait_for_selector("body[data-ready]", state="attached")
    page.locator("#from-link").click()
    page.wait_for_url("**/train/from/*.html")
    page = watched.open("environments.html?for=train")
    page.get_by_role("link", name="what becomes of its files").first.click()
    page.wait_for_url("**/train/from/*.html")
    page = watched.open("environments.html")
    page.get_by_role("link", name="what becomes of its files").first.click()
    page.wait_for_url(lambda url: "/from/" in url and "/train/" not in url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["index.html", "train/index.html"])
def test_the_switch_is_seen_on_a_phone(watched: Watched, path: str, scheme: str) -> None:
    watched.page.set_viewport_size({"width": 390, "height": 844})
    watched.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page = watched.open(path)
    for link in page.locator(".purpose a").all():
        box = link.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 24
    look = "(link) => [getComputedStyle(link).backgroundColor, getComputedStyle(link).color]"
    here = page.locator(".purpose [aria-current]").evaluate(look)
    there = page.locator(".purpose a:not([aria-current])").evaluate(look)
    assert here[0] != there[0]
    assert here[0] != here[1]


def test_without_javascript_both_are_a_link_apart(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/index.html")
    assert page.locator(".headline").all_inner_texts()[1].startswith("To go on training: of ")
    page.get_by_role("link", name="Keras v3 (.keras)").click()
    page.wait_for_url("**/format/keras.html")
    assert current(page) == TO_PREDICT
    before = page.locator(".matrix tbody td").all_text_contents()
    page.locator(".purpose").get_by_role("link", name=TO_TRAIN).click()
    page.wait_for_url("**/train/format/keras.html")
    assert current(page) == TO_TRAIN
    assert page.locator(".matrix tbody td").all_text_contents() != before
    page.get_by_role("link", name="Failures").click()
    page.wait_for_url("**/train/failures.html")
    context.close()
