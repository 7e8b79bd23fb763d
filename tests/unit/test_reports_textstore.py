"""Long texts come back by their names, wherever they waited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from caniload.reports.textstore import TextStore

TEXTS = [f"text {n}\n\u2028 with lines and \u00e4 {'x' * n}" for n in range(600)]


@pytest.mark.parametrize("held", [10**9, 1_000, 0])
@pytest.mark.parametrize("digits", [0, 1, 2, 3])
def test_every_text_is_in_one_part_by_its_name(tmp_path: Path, held: int, digits: int) -> None:
    store = TextStore(tmp_path, held=held)
    names = [store.add(text) for text in (*TEXTS, *TEXTS)]
    assert store.characters == sum(map(len, TEXTS))
    assert bool(list(tmp_path.iterdir())) == (held < 10**9)
    parts = list(store.parts(digits))
    prefixes = [prefix for prefix, _ in parts]
    assert prefixes == sorted(set(prefixes))
    assert all(name.startswith(prefix) for prefix, texts in parts for name in texts)
    assert all(list(texts) == sorted(texts) for _, texts in parts)
    found = {name: json.loads(text) for _, texts in parts for name, text in texts.items()}
    assert found == dict(zip(names, TEXTS + TEXTS, strict=True))
    assert sum(len(texts) for _, texts in parts) == len(TEXTS)
