"""Texts from frameworks, cleaned and made alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caniload.runner.core import texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://example.org\x07link\x1b]8;;\x07", "link"),
        ("a\r\nb\x00\x08c", "a\nbc"),
        ("tab\tstays", "tab\tstays"),
        ("lone \udc80", "lone \\udc80"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert texts.clean(text) == expected


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_can_be_written_and_stays_clean(text: str) -> None:
    cleaned = texts.clean(text)
    cleaned.encode("utf-8")
    assert not set(cleaned) & {chr(code) for code in (*range(9), *range(11, 32), 127)}
    assert texts.normalised(text) == texts.normalised(cleaned) or "\x1b" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n  \n first \nsecond", "first"),
        ("", ""),
        ("Error when deserializing\n\nException encountered: ''wrong shape''", "wrong shape''"),
        ("Opening\nException encountered: bad", "bad"),
        ("Opening\nException encountered: ", "Opening"),
        ("Outer\nException encountered: Inner\n\nException encountered: lora_alpha", "lora_alpha"),
        ("Outer. config={} Exception encountered: lora_alpha", "lora_alpha"),
    ],
)
def test_told(text: str, expected: str) -> None:
    assert texts.told(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("object at 0x7f12ab", "object at 0x55"),
        ("No file /tmp/a/model.h5", "No file /home/me/b.h5"),
        ("2026-01-02 03:04:05.123: slow", "2025-11-12 13:14:15: slow"),
        ("layer 'dense_1' has 3 weights", "layer 'lstm' has 12 weights"),
        ('unknown "A"', 'unknown "Bcd"'),
        ("<Thing x=1>", "<Other y>"),
        ("shape (3, 4)", "shape (5,   -6)"),
        ("took 1.5e-07 s", "took 20 s"),
    ],
)
def test_alike(one: str, other: str) -> None:
    assert texts.normalised(one) == texts.normalised(other)


def test_what_differs_stays_different() -> None:
    found = {texts.normalised(text) for text in ("bad shape", "bad weights", "unknown 'layer'")}
    assert len(found) == 3
    assert len(texts.normalised("x" * 1000)) == 300
