"""Records of two machines under one key: whether they agree, which stands, and what is copied."""

from __future__ import annotations

import copy
import errno
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caniload.runner.environments.home import Home
from caniload.runner.evidence.artifacts import sha256_of, take
from caniload.runner.evidence.store import Store
from caniload.runner.sharding.contradicting import contradiction, name, yields
from caniload.runner.sharding.merging import Merged, Merging

CELL: dict[str, Any] = {
    "kind": "cell",
    "cell": {
        "artifact": {"saved_by": "tf-2.15", "model": "lstm", "format": "h5", "damage": None},
        "loaded_by": "tf-2.21",
    },
    "artifact": "tf-2.15/lstm/h5-1",
    "crash": None,
    "limits": None,
    "solo": False,
    "seconds": 0.2,
    "cpu": None,
    "rss_kb": None,
    "facts": {
        "error": None,
        "seconds": {"load": 0.1},
        "cpu_seconds": 0.3,
        "messages": [
            {
                "channel": "logging",
                "category": "absl",
                "phase": "load",
                "text": "from /home/a/model.h5 at 0x7f01",
            }
        ],
        "outputs": [{"max_abs": 1e-8, "max_rel": 0.5, "max_ulp": 1, "got": {"shape": [4, 2]}}],
        "compiled": [True, True],
    },
}
SAVE: dict[str, Any] = {
    "kind": "save",
    "environment": "tf-2.15",
    "model": "lstm",
    "error": None,
    "messages": [],
    "cpu_seconds": 2.0,
    "formats": {
        "h5": {
            "error": None,
            "crash": None,
            "unsupported": None,
            "messages": [],
            "limits": {"seconds": 60},
            "stored": {"path": "h", "sha256": "h", "bytes": 1},
            "expected": {"path": "e", "sha256": "e", "bytes": 1},
            "damaged": {},
        }
    },
}
IMPORT: dict[str, Any] = {"kind": "import", "environment": "tf-2.15", "versions": {"keras": "2.15"}}
TIMEOUT = {"kind": "timeout", "limit": 60.0, "phase": "load"}


def other(record: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """Return a copy with another value at a place such as ``facts.outputs.0.max_abs``."""
    changed = copy.deepcopy(record)
    inner: Any = changed
    *way, last = [int(word) if word.isdecimal() else word for word in place.split(".")]
    for word in way:
        inner = inner[word]
    inner[last] = value
    return changed


@pytest.mark.parametrize(
    ("record", "place", "value"),
    [
        (CELL, "seconds", 9.9),
        (CELL, "rss_kb", 7),
        (CELL, "solo", True),
        (CELL, "facts.seconds", {"load": 7.0}),
        (CELL, "facts.cpu_seconds", 7.0),
        (CELL, "facts.messages.0.text", "from /tmp/b/model.h5 at 0x7fff"),
        (CELL, "facts.outputs.0.max_abs", 3e-8),
        (CELL, "facts.outputs.0.max_abs", 0),
        (CELL, "facts.outputs.0.max_ulp", 40),
        (CELL, "artifact", "tf-2.16/lstm/h5-1"),
        (SAVE, "cpu_seconds", 9.0),
        (SAVE, "formats.h5.limits", {"seconds": 90}),
        (IMPORT, "messages", [{"text": "optimised for AVX2"}]),
    ],
)
def test_what_differs_from_machine_to_machine_is_no_contradiction(
    record: dict[str, Any], place: str, value: Any
) -> None:
    changed = other(record, place, value)
    assert changed != record
    assert contradiction(record, changed) is None
    assert contradiction(changed, record) is None


RAISED = {"type": "ValueError", "message": "no", "phase": "load", "traceback": "in /a"}


@pytest.mark.parametrize(
    ("record", "place", "value", "told"),
    [
        (CELL, "facts.outputs.0.max_abs", 0.5, "facts.outputs[0].max_abs: 1e-08, elsewhere 0.5"),
        (CELL, "facts.outputs.0.max_abs", float("nan"), "facts.outputs[0].max_abs: 1e-08, elsew"),
        (CELL, "facts.compiled", [True, False], "facts.compiled[1]: True, elsewhere False"),
        (
            CELL,
            "facts.messages",
            [],
            "facts.messages: ['logging absl in load: from ",
        ),
        (CELL, "facts.error", RAISED, "facts.error: None, elsewhere {"),
        (CELL, "crash", {"kind": "signal", "signal": "SIGSEGV"}, "crash: None, elsewhere {"),
        (SAVE, "formats.h5.stored.sha256", "other", "bytes.h5: h, elsewhere other"),
        (SAVE, "formats.h5.expected.sha256", "other", "bytes.h5 expected: e, elsewhere other"),
        (SAVE, "formats.h5.unsupported", "no", "formats.h5.unsupported: None, elsewhere no"),
        (IMPORT, "versions.keras", "2.16", "keras: 2.15, elsewhere 2.16"),
    ],
)
def test_what_a_verdict_rests_on_is_one(
    record: dict[str, Any], place: str, value: Any, told: str
) -> None:
    changed = other(record, place, value)
    said = contradiction(record, changed)
    assert said is not None
    assert said.startswith(told)
    assert contradiction(changed, record) is not None
    assert contradiction(changed, copy.deepcopy(changed)) is None


def test_an_error_is_compared_without_the_place_where_it_was_raised() -> None:
    one = other(CELL, "facts.error", RAISED)
    assert contradiction(one, other(one, "facts.error.traceback", "in /b")) is None
    assert contradiction(one, other(one, "facts.error.message", "yes")) == (
        "facts.error.raised: ValueError: no, elsewhere ValueError: yes"
    )


@pytest.mark.parametrize(
    ("record", "place", "value"),
    [
        (CELL, "crash", TIMEOUT),
        (IMPORT, "refused", "no room"),
        (SAVE, "formats.h5.crash", TIMEOUT),
    ],
)
def test_where_a_machine_fell_short_another_s_answer_stands(
    record: dict[str, Any], place: str, value: Any
) -> None:
    short = other(other(record, place, value), "kind", record["kind"])
    if record is SAVE:
        short = other(short, "formats.h5.stored", None)
    assert yields(short, record)
    assert not yields(record, short)
    assert not yields(record, record)


def test_spoilt_copies_of_the_same_files_are_added_and_not_those_of_others() -> None:
    fuller = other(SAVE, "formats.h5.damaged", {"empty": {"path": "d", "sha256": "d", "bytes": 1}})
    assert yields(SAVE, fuller)
    assert not yields(fuller, SAVE)
    assert not yields(SAVE, other(fuller, "formats.h5.stored.sha256", "other"))


def test_records_have_the_names_that_a_person_knows() -> None:
    assert name(CELL) == "tf-2.15/lstm.h5/tf-2.21"
    assert name(other(CELL, "cell.artifact.damage", "empty")) == "tf-2.15/lstm-empty.h5/tf-2.21"
    assert name(SAVE) == "save tf-2.15/lstm"
    assert name(IMPORT) == "import tf-2.15"
    assert name({"kind": "fault", "reason": "no"}) == "fault"


# Merging

KEYS = st.sampled_from(["a", "b", "c", "d"])
HOMES = st.lists(st.dictionaries(KEYS, st.integers(0, 9)), min_size=1, max_size=4)


@settings(max_examples=20, deadline=None)
@given(HOMES, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_records(
    tmp_path_factory: pytest.TempPathFactory, told: list[dict[str, int]], random: Any
) -> None:
    root = tmp_path_factory.mktemp("order")
    homes = []
    for index, records in enumerate(told):
        home = Home(root=root / str(index))
        with Store(home.results) as store:
            for key, seconds in records.items():
                store.put(key, {**other(CELL, "cell.loaded_by", key), "seconds": seconds})
        homes.append(home)
    shuffled = random.sample(homes, len(homes))
    found = []
    for index, order in enumerate((homes, shuffled, [*homes, *shuffled])):
        into = Home(root=root / f"into-{index}")
        with Store(into.results) as store:
            merged = Merging(store, into)(order)
            assert not merged.contradictions
            assert not Merging(store, into)(order).records
        found.append({key: {**one, "seconds": 0} for key, one in Store(into.results).items()})
    assert found[0] == found[1] == found[2]
    assert set(found[0]) == {key for records in told for key in records}


def test_a_path_that_leads_out_of_the_home_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.mkdir()
    (outside / "key").write_text("mine")
    home, into = Home(root=tmp_path / "home"), Home(root=tmp_path / "into")
    home.artifacts.mkdir(parents=True)
    stored = {"path": "../../secret", "sha256": sha256_of(outside), "bytes": 4}
    with Store(home.results) as store:
        store.put("key", other(SAVE, "formats.h5.expected", stored))
    with Store(into.results) as store:
        merged = Merging(store, into)([home])
    assert merged.files == 0
    assert set(merged.lost) == {"../../secret", "h"}


def test_formats_that_one_model_was_saved_in_apart_come_together(tmp_path: Path) -> None:
    homes = []
    for form in ("h5", "json"):
        home = Home(root=tmp_path / form)
        written = tmp_path / f"written-{form}"
        written.mkdir()
        (written / f"model.{form}").write_text(form)
        stored = asdict(take(written, home.artifacts, f"tf-2.15/lstm/{form}"))
        entry = {**SAVE["formats"]["h5"], "stored": stored, "expected": None}
        with Store(home.results) as store:
            store.put("key", {**SAVE, "formats": {form: entry}})
        homes.append(home)
    into = Home(root=tmp_path / "into")
    found = merged(into, *homes)
    assert not found.contradictions
    assert not found.lost
    record = Store(into.results).get("key")
    assert record is not None
    assert set(record["formats"]) == {"h5", "json"}
    for entry in record["formats"].values():
        assert (into.artifacts / entry["stored"]["path"]).is_dir()


def test_what_was_run_goes_before_what_was_told(tmp_path: Path) -> None:
    told = {**CELL, "derived": {"rule": "same-content", "from": "a/b.h5/c"}}
    homes = []
    for folder, record in (("told", told), ("run", CELL)):
        homes.append(Home(root=tmp_path / folder))
        with Store(homes[-1].results) as store:
            store.put("key", record)
    for number, order in enumerate((homes, homes[::-1])):
        into = Home(root=tmp_path / f"into-{number}")
        assert not merged(into, *order).contradictions
        assert "derived" not in (Store(into.results).get("key") or told)


def home_with(root: Path, content: bytes) -> Home:
    """Make a home with one model saved; its bytes are the content."""
    home = Home(root=root)
    written = root / "written"
    written.mkdir(parents=True)
    (written / "model.h5").write_bytes(content)
    (written / "assets").mkdir()
    stored = asdict(take(written, home.artifacts, "tf-2.15/lstm/h5"))
    with Store(home.results) as store:
        store.put(
            "key", other(other(SAVE, "formats.h5.expected", None), "formats.h5.stored", stored)
        )
    return home


def merged(into: Home, *homes: Home) -> Merged:
    with Store(into.results) as store:
        return Merging(store, into)(homes)


def content(home: Home) -> list[bytes]:
    return [path.read_bytes() for path in sorted(home.artifacts.rglob("*.h5"))]


def test_of_two_savings_the_first_stands_unless_its_file_is_gone(tmp_path: Path) -> None:
    one, two = home_with(tmp_path / "1", b"one"), home_with(tmp_path / "2", b"two")
    into = Home(root=tmp_path / "into")

    (told,) = merged(into, one, two).contradictions
    assert told.startswith(f"save tf-2.15/lstm in {two.root}: bytes.h5: ")
    assert content(into) == [b"one"]

    (path,) = into.artifacts.rglob("*.h5")
    path.unlink()  # a name of its own: the home that it came from keeps the file
    assert not merged(into, two).contradictions
    assert content(into) == [b"two"]
    assert Store(into.results).get("key") == Store(two.results).get("key")
    assert content(one) == [b"one"]


def test_where_no_second_name_can_be_given_files_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    home, into = home_with(tmp_path / "home", b"one"), Home(root=tmp_path / "into")
    monkeypatch.setattr(os, "link", refuse)
    assert merged(into, home).files == 1
    assert content(into) == content(home) == [b"one"]
    (here,), (there,) = into.artifacts.rglob("*.h5"), home.artifacts.rglob("*.h5")
    assert not here.samefile(there)
    assert [path.name for path in into.artifacts.rglob("assets")] == ["assets"]  # though empty


def key_of(number: int) -> str:
    return f"{'ab'[number % 2]}/{number:064x}"


def home_of(root: Path, cells: dict[int, dict[str, Any]], *, compact: bool) -> Home:
    home = Home(root=root)
    with Store(home.results) as store:
        for number, record in cells.items():
            store.put(key_of(number), record)
        if compact:
            store.compact()
    return home


@pytest.mark.parametrize("compact", [True, False])
def test_cells_in_columns_are_merged_as_they_are_one_by_one(
    tmp_path: Path, *, compact: bool
) -> None:
    """What is new comes in, what says the same is known, what does not is looked at."""
    plain = {number: other(CELL, "seconds", float(number)) for number in range(15)}
    ended = other(other(CELL, "facts", None), "crash", TIMEOUT)
    one = {number: record for number, record in plain.items() if number < 10} | {6: ended}
    two = {number: other(plain[number], "seconds", 99.0) for number in range(5, 15)}
    two |= {7: other(plain[7], "facts.outputs.0.max_abs", 0.5), 8: plain[8] | {"solo": True}}
    two |= {9: {"kind": "cell", "of": "another form"}}
    homes = [
        home_of(tmp_path / "one", one, compact=compact),
        home_of(tmp_path / "two", two, compact=compact),
    ]
    into = home_of(tmp_path / "into", {0: plain[0], 9: plain[9]}, compact=compact)

    del two[9]  # what was once kept in another form stays beside the columns
    with Store(homes[1].results) as store:
        store.put(key_of(9), plain[9])
    with Store(into.results) as store:
        merged = Merging(store, into)(homes)
        assert merged.records == 8 + 5 + 1  # the last instead of the one that was cut short
        assert merged.known == 2 + 4
        (told,) = merged.contradictions
        assert told == (
            f"tf-2.15/lstm.h5/tf-2.21 in {homes[1].root}: facts.outputs[0].max_abs: 1e-08,"
            " elsewhere 0.5"
        )
        assert Merging(store, into)(homes).records == 0
    expected = {**two, **one, 6: two[6], 0: plain[0], 9: plain[9]}
    assert dict(Store(into.results).items()) == {
        key_of(number): record for number, record in expected.items()
    }
