"""Results on disk: what was put comes back, what was spoilt is as if it had never been."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caniload.runner.core.errors import StoreBusyError
from caniload.runner.evidence.store import Store

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),  # lone surrogates too
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def filled(folder: Path, count: int = 5) -> Path:
    with Store(folder) as store:
        for index in range(count):
            store.put(f"key-{index}", {"kind": "cell", "value": index})
    return folder / "records.jsonl"


def known(folder: Path) -> set[int]:
    return {record["value"] for record in Store(folder).values()}


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(), st.dictionaries(st.text(), ANYTHING), max_size=4))
def test_what_is_put_comes_back(records: dict[str, dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Store(Path(folder)) as store:
            for key, record in records.items():
                store.put(key, record)
        again = Store(Path(folder))
        assert {key: again.get(key) for key in records} == records
        assert len(again) == len(records)
        assert again.damaged == 0


def test_the_last_line_wins(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.put("key", {"value": 1})
        store.put("key", {"value": 2})
        assert store.get("key") == {"value": 2}
    again = Store(tmp_path)
    assert again.get("key") == {"value": 2}
    assert "key" in again
    assert "other" not in again


def test_a_record_is_on_disk_before_put_returns(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.put("key", {"value": 7})
        assert known(tmp_path) == {7}


@pytest.mark.parametrize("cut", [1, 2, 20, 60])
def test_a_torn_last_line(tmp_path: Path, cut: int) -> None:
    path = filled(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    lost = set() if cut == 1 else {4}  # the line break alone is no loss

    assert known(tmp_path) == set(range(5)) - lost
    with Store(tmp_path) as store:
        store.put("new", {"value": 9})
    assert known(tmp_path) == {0, 1, 2, 3, 9} | ({4} - lost)


def test_an_altered_byte_costs_one_record(tmp_path: Path) -> None:
    path = filled(tmp_path)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    start = len(lines[0]) + len(lines[1])
    for place in range(start, start + len(lines[2]) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :])
        store = Store(tmp_path)
        intact = {key: store.get(key) for key in ("key-0", "key-1", "key-3", "key-4")}
        assert [record and record["value"] for record in intact.values()] == [0, 1, 3, 4]
        assert store.get("key-2") in (None, {"kind": "cell", "value": 2})
        # The brace that closes the line carries nothing; everything before it counts.
        assert ("key-2" in store) == (place == start + len(lines[2]) - 2)


def test_noise_is_counted_and_passed_over(tmp_path: Path) -> None:
    path = filled(tmp_path, 2)
    good = path.read_bytes()
    noise = [bytes(range(256)).replace(b"\n", b""), b"null", b"[1]", b'{"key":[],"crc":0}', b"\x00"]
    path.write_bytes(b"\n".join(noise) + b"\n\n" + good)

    store = Store(tmp_path)

    assert len(store) == 2
    assert store.damaged == len(noise)


def test_two_writers(tmp_path: Path) -> None:
    with (
        Store(tmp_path),
        pytest.raises(StoreBusyError, match="another run is writing") as busy,
        Store(tmp_path),
    ):
        pass
    assert busy.value.exit_code == 3
    with Store(tmp_path) as free_again:
        free_again.put("key", {})


def test_a_writer_sees_what_was_written_since_it_was_made(tmp_path: Path) -> None:
    early = Store(tmp_path)
    filled(tmp_path)
    assert len(early) == 0
    with early as store:
        assert len(store) == 5


def test_reading_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "nowhere")
    assert store.get("key") is None
    with pytest.raises(RuntimeError, match="not open for writing"):
        store.put("key", {})
    assert not (tmp_path / "nowhere").exists()


def test_a_line_is_plain_json(tmp_path: Path) -> None:
    for line in filled(tmp_path).read_text().splitlines():
        assert set(json.loads(line)) == {"key", "crc", "record"}
