"""Text that nobody here controls comes out harmless and short, once, for every output."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged_example import HOSTILE, example

from caniload.reports.text import LIMIT, clean, ingest, normalised

HOMES = ("/srv/caniload",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("\x1b[1;31mred\x1b[0m", "red", id="colours"),
        pytest.param("\x1b]8;;https://x\x07link\x1b]8;;\x07", "link", id="terminal links"),
        pytest.param("a\x00b\x07c\x9bd", "abc", id="control characters"),
        pytest.param("a\r\nb\rc\u2028d", "a\nb\nc\nd", id="line ends"),
        pytest.param("a\tb", "a\tb", id="tabs stay"),
        pytest.param("\ud800x", "\ufffdx", id="lone surrogates"),
        pytest.param("\u202eabc", "\u27e8U+202E\u27e9abc", id="bidirectional controls"),
        pytest.param("<b>&amp;</b>", "<b>&amp;</b>", id="markup is text"),
        pytest.param("/srv/caniload/envs/a", "$CANILOAD_HOME/envs/a", id="home"),
        pytest.param("/srv/caniload-2/a", "/srv/caniload-2/a", id="another folder"),
        pytest.param(
            '"/opt/py/lib/python3.8/json.py"', '"$PYTHON/lib/python3.8/json.py"', id="interpreter"
        ),
        pytest.param("/home/ann/.keras/x", "~/.keras/x", id="a person's folder"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text, HOMES) == expected


def test_an_overlong_text_keeps_its_ends_and_says_what_is_missing() -> None:
    text = clean("Q" * 600_000 + "Z" * 600_000)
    assert len(text) <= LIMIT
    assert text.startswith("QQQ")
    assert text.endswith("ZZZ")
    missing = 1_200_000 - text.count("Q") - text.count("Z")
    assert f"{missing:,} characters cut here" in text


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text, HOMES)
    assert clean(once, HOMES) == once
    once.encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("layer 'dense_1' at line 3", "layer 'conv' at line 71", id="names and lines"),
        pytest.param("no file /a/b/c.h5", "no file /tmp/x/y.keras", id="paths"),
        pytest.param("object at 0x7f00", "object at 0x9abc", id="addresses"),
        pytest.param("expected 3 got 4.5", "expected 10 got 2", id="numbers"),
    ],
)
def test_equal_causes_read_alike(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


def test_ingest_reaches_every_text_and_keeps_the_rest() -> None:
    judged = replace(example(hostile=True), machine=HOSTILE)
    matrix = ingest(judged, Path("/var/store/home"))
    assert "\x00" not in repr(matrix)
    assert "\x1b" not in matrix.machine
    assert "/var/store" not in repr(matrix)
    assert [cell.outcome for cell in matrix.cells] == [cell.outcome for cell in judged.cells]
    assert ingest(matrix) is matrix
