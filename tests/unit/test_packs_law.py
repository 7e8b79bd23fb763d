"""The law of packs: merging has no order, no effect twice, and every byte of one is known."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packs_made import contents, small, source, written

from caniload.runner.packs.fetching import checked
from caniload.runner.packs.frame import PackError
from caniload.runner.packs.joining import end
from caniload.runner.packs.pack import Contents, Pack, merged

LAW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def merge(here: Path, name: str, *paths: Path, latest: bool = False) -> Path:
    merged([Pack(path) for path in paths], here / name, [], latest=latest)
    return here / name


@LAW
@given(contents(), contents())
def test_merging_has_no_order(one: Contents, other: Contents) -> None:
    with folder() as here:
        a, b = written(one, here / "a"), written(other, here / "b")
        first, second = merge(here, "ab", a, b), merge(here, "ba", b, a)
        assert first.read_bytes() == second.read_bytes()


@LAW
@given(contents(), contents(), contents())
def test_merging_is_associative(one: Contents, other: Contents, third: Contents) -> None:
    with folder() as here:
        a, b, c = (written(made, here / str(n)) for n, made in enumerate((one, other, third)))
        left = merge(here, "left", merge(here, "ab", a, b), c)
        right = merge(here, "right", a, merge(here, "bc", b, c))
        assert left.read_bytes() == right.read_bytes() == merge(here, "all", c, a, b).read_bytes()


@LAW
@given(contents(), contents())
def test_merging_again_changes_nothing(one: Contents, other: Contents) -> None:
    with folder() as here:
        a, b = written(one, here / "a"), written(other, here / "b")
        assert merge(here, "aa", a, a).read_bytes() == a.read_bytes()
        both = merge(here, "ab", a, b)
        assert merge(here, "aba", both, a).read_bytes() == both.read_bytes()


@LAW
@given(contents(), contents(), contents())
def test_the_latest_of_each_place_is_the_same_in_any_order(
    one: Contents, other: Contents, third: Contents
) -> None:
    with folder() as here:
        a, b, c = (written(made, here / str(n)) for n, made in enumerate((one, other, third)))
        first, second = (
            merge(here, f"{n}", *some, latest=True)
            for n, some in enumerate(((a, b, c), (b, c, a)), start=3)
        )
        whole = merge(here, "all", c, a, b, latest=True)
        assert first.read_bytes() == second.read_bytes() == whole.read_bytes()
        assert merge(here, "again", whole, whole, latest=True).read_bytes() == whole.read_bytes()
        days = [_days(Pack(path)) for path in (a, b, c)]
        for place, there in _days(Pack(whole)).items():
            assert there == {max(day for found in days for day in found.get(place, ()))}
        assert set(_days(Pack(whole))) == {place for found in days for place in found}


def _days(pack: Pack) -> dict[tuple[Any, ...], set[str]]:
    """Return the days on which each place was measured: who saved what, and who loaded it."""
    rows, days = pack.tables.environments, dict[tuple[Any, ...], set[str]]()

    def spot(key: str | None) -> tuple[str, str]:
        return (rows[key]["id"], rows[key]["lock"]) if key else ("", "")

    for said in pack.files():
        part = pack.part(said["name"])
        for (key, reader), verdicts in part.cells.items():
            file = part.files[key]
            place = said["format"], spot(file["saver"]), file["model"], spot(reader)
            days.setdefault(place, set()).update(
                pack.tables.sources[one["source"]]["when"] for one in verdicts
            )
    return days


def test_what_was_measured_again_replaces_what_it_contradicts(tmp_path: Path) -> None:
    old = written(small(sha256="aa"), tmp_path / "old")
    late = source("2026-11-30")
    new = written(
        small(sha256="cc", source=late, said={"signature": "load: other"}), tmp_path / "new"
    )
    both, found = tmp_path / "both", list[str]()
    assert merged([Pack(old), Pack(new)], both, [])  # a contradiction, used for nothing
    assert merged([Pack(old), Pack(new)], tmp_path / "latest", found, latest=True) == []
    part = Pack(tmp_path / "latest").part("files/h5/tf-2.15")
    assert [file["sha256"] for file in part.files.values()] == ["cc"]
    assert part == Pack(new).part("files/h5/tf-2.15")


@LAW
@given(contents())
def test_what_is_written_is_read(made: Contents) -> None:
    with folder() as here:
        pack = checked(written(made, here / "a"), "a")
        assert pack.tables.environments == made.environments
        assert pack.tables.sources == made.sources
        assert pack.locks() == made.locks
        assert pack.constructors() == made.constructors
        for name, part in made.parts.items():
            assert pack.part(name) == part


@LAW
@given(contents(), contents())
def test_nothing_is_lost_and_nothing_is_made_up(one: Contents, other: Contents) -> None:
    with folder() as here:
        a, b = written(one, here / "a"), written(other, here / "b")
        whole = Pack(merge(here, "ab", a, b))
        for name in {*one.parts, *other.parts}:
            parts = [Pack(path).part(name) for path in (a, b)]
            found = whole.part(name)
            assert set(found.files) == {key for part in parts for key in part.files}
            for cell, verdicts in found.cells.items():
                said = [v for part in parts for v in part.cells.get(cell, ())]
                assert {end(v) for v in verdicts} == {end(v) for v in said}
                assert all(v in said for v in verdicts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_a_flipped_bit_anywhere_is_found_and_named(data: st.DataObject) -> None:
    with folder() as here:
        path = written(small(), here / "a.pack")
        whole = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(whole)
        with pytest.raises(PackError, match=r"^a\.pack: ") as caught:
            checked(path, "a.pack")
        assert "\n" not in str(caught.value)


def test_every_byte_counts(tmp_path: Path) -> None:
    """The same for each byte of one small pack, none left out."""
    path = written(small(), tmp_path / "a.pack")
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with pytest.raises(PackError):
            checked(path, "a.pack")


@pytest.mark.parametrize("cut", [1, 511, 512, 1024, 3000])
def test_a_pack_that_was_cut_or_grew_is_none(tmp_path: Path, cut: int) -> None:
    path = written(small(), tmp_path / "a.pack")
    whole = path.read_bytes()
    for changed in (whole[:-cut], whole + bytes(cut), whole[:cut], b""):
        path.write_bytes(changed)
        with pytest.raises(PackError):
            checked(path, "a.pack")
