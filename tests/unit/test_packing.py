"""Records of cells as rows of columns: what is packed comes back, and what repeats is one text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caniload.runner.evidence.packing import pack, split_key, unpack

NAMES = st.text('abz019.-/"\\x', min_size=1, max_size=6)
NUMBERS = st.integers() | st.floats() | st.none() | st.booleans()
ANYTHING = st.recursive(
    NUMBERS | st.text(st.characters(exclude_categories=()), max_size=6) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "error": ANYTHING,
        "messages": st.lists(ANYTHING, max_size=2),
        "optimizer": ANYTHING,
        "outputs": ANYTHING,
        "weights": ANYTHING,
        "cpu_seconds": NUMBERS,
        "seconds": st.dictionaries(NAMES, NUMBERS, max_size=3) | ANYTHING,
    },
)
RECORDS = st.fixed_dictionaries(
    {
        "kind": st.just("cell"),
        "cell": st.fixed_dictionaries(
            {
                "artifact": st.fixed_dictionaries(
                    {
                        "saved_by": NAMES,
                        "model": NAMES,
                        "format": NAMES,
                        "damage": NAMES | st.none(),
                    }
                ),
                "loaded_by": NAMES,
            }
        ),
        "artifact": NAMES,
        "facts": FACTS | st.none(),
    },
    optional={
        "crash": st.fixed_dictionaries({"kind": NAMES, "limit": NUMBERS}) | ANYTHING,
        "limits": ANYTHING,
        "derived": ANYTHING,
        "seconds": NUMBERS,
        "cpu": NUMBERS,
        "rss_kb": NUMBERS,
        "solo": st.booleans(),
        "other": ANYTHING,
    },
)
PLAIN: dict[str, Any] = {
    "kind": "cell",
    "cell": {
        "artifact": {"saved_by": "tf-2.4", "model": "lstm", "format": "h5", "damage": None},
        "loaded_by": "tf-2.15",
    },
    "artifact": "tf-2.4/lstm/h5-1",
    "facts": {
        "error": {"message": "no tf-2.4/lstm/h5-1/model.h5", "traceback": "in /a"},
        "messages": [],
        "seconds": {"load": 0.25, "build": 1},
        "cpu_seconds": 0.5,
        "weights": {"count": [4, 4]},
    },
    "crash": None,
    "limits": None,
    "seconds": 1.25,
    "cpu": 0.75,
    "rss_kb": 163504,
}


def text(record: Any) -> str:
    """Return it as JSON, which tells 1 from 1.0 and has NaN equal to itself."""
    return json.dumps(record, sort_keys=True)


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_what_is_packed_comes_back(record: dict[str, Any]) -> None:
    before = text(record)
    row = pack(record)
    assert text(record) == before
    if row is not None:
        assert text(unpack(row)) == before


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*PLAIN]), ANYTHING))
def test_what_has_another_form_is_not_packed_or_comes_back(changes: dict[str, Any]) -> None:
    record = {**PLAIN, **changes}
    row = pack(record)
    assert row is None or text(unpack(row)) == text(record)


def test_a_real_one_is_packed() -> None:
    row = pack(PLAIN)
    assert row is not None
    assert row.numbers == [0.75, 163504.0, 0.5, 1.0, 0.25]
    assert (row.seconds, row.saved_by, row.loaded_by) == (1.25, "tf-2.4", "tf-2.15")
    assert text(unpack(row)) == text(PLAIN)


def test_the_same_of_another_file_is_the_same_text() -> None:
    """Seconds, memory, names and the path of the file make no text of their own."""
    place = {"artifact": {**PLAIN["cell"]["artifact"], "model": "gru"}, "loaded_by": "tf-2.15"}
    other = json.loads(text(PLAIN).replace("tf-2.4/lstm/h5-1", "tf-2.5/gru/keras-2"))
    other |= {"cell": place, "seconds": 7.5, "cpu": 8.25, "rss_kb": 9}
    other["facts"] |= {"cpu_seconds": 6.5, "seconds": {"load": 5.5, "build": 3}}
    one, two = pack(PLAIN), pack(other)
    assert one is not None
    assert two is not None
    assert (one.error, one.rest) == (two.error, two.rest)
    assert "model.h5" in str(one.error)
    other["facts"]["weights"] = {"count": [4, 5]}
    different = pack(other)
    assert different is not None
    assert different.rest != one.rest


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (f"abc/{'0' * 64}", ("abc", "0" * 64)),
        (f"tf-2.15/{'f' * 64}", ("tf-2.15", "f" * 64)),
        (f"abc/{'0' * 63}", None),
        (f"abc/{'G' * 64}", None),
        (f"abc/{'0' * 64}:fault", None),
        (f"a/b/{'0' * 64}", None),
        (f"../{'0' * 64}", None),
        (f"/{'0' * 64}", None),
        ("0" * 64, None),
        (f"ä/{'0' * 64}", None),
    ],
)
def test_keys_of_cells_are_told_from_others(key: str, expected: tuple[str, str] | None) -> None:
    assert split_key(key) == expected
