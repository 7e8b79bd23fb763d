"""``caniload evidence``: packs written, taken in, merged and shown, by the command itself."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packs_made import MATRIX, ROOT, small, source, written

from caniload.runner.answering import exporting
from caniload.runner.commands import cli
from caniload.runner.core.errors import UsageError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.matrix.plan import Selection
from caniload.runner.packs.pack import Contents, Pack
from caniload.runner.packs.shelf import SHIPPED

LATER = {"outcome": "warning"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CANILOAD_NO_FETCH", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evidence(*words: str) -> int:
    return cli.main(["--matrix", str(ROOT / "matrix.yaml"), "evidence", *words])


def test_what_is_used_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence() == 0
    said = capsys.readouterr().out
    assert said.startswith("the pack that comes with caniload: ")
    assert f"content {Pack(SHIPPED).id}" in said
    assert " savers x " in said
    assert "derived: " in said


def test_the_same_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(small(lock="ff", source=source(load="load 9")), folder / "x.pack")
    assert evidence("show", "x.pack", "--format", "json") == 0
    (said,) = json.loads(capsys.readouterr().out)
    assert (said["files"], said["cells"]) == (1, 2)
    assert said["savers"] == ["tf-2.15"]
    assert said["readers"] == ["tf-2.15", "tf-2.21"]
    assert said["outcomes"] == {"error": 1, "identical": 1}
    assert said["loads"][0] == {"saver": "tf-2.15", "reader": "tf-2.15", "cells": 1}
    holes = said["holes"]
    ids = [one.id for one in MATRIX.environments]
    assert holes["savers"] == [one for one in ids if one != "tf-2.15"]
    assert holes["readers"] == [one for one in ids if one not in ("tf-2.15", "tf-2.21")]
    assert holes["pairs"] == []
    assert [one.partition(":")[0].partition(" (")[0] for one in said["unused"]] == [
        "locked differently here, so unused",
        "measured by another schema",
    ]


def test_an_import_says_what_it_covers_and_what_is_unused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(small(lock="ff"), folder / "x.pack")
    assert evidence("import", "x.pack") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"x.pack: imported, as {Pack(path).id[:16]}\n")
    assert "1 savers x 2 readers x 1 models x 1 formats: 1 files, 2 cells" in said
    assert "locked differently here, so unused: tf-2.15" in said
    assert evidence("import", "x.pack") == 0
    assert "x.pack: was there before" in capsys.readouterr().out


def test_what_was_imported_is_shown_and_can_be_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(small(), folder / "x.pack")
    evidence("import", "x.pack")
    capsys.readouterr()
    assert evidence("show") == 0
    first, second = capsys.readouterr().out.split("\n\n")
    assert first.startswith(str(folder / "home" / "packs"))
    assert second.startswith("the pack that comes with caniload")
    assert cli.main(["clean", "packs"]) == 0
    assert not (folder / "home" / "packs").exists()


@pytest.mark.parametrize("action", ["show", "import"])
def test_what_is_no_pack_is_told_in_one_line(
    folder: Path, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "x.pack").write_bytes(b"no pack" * 1000)
    assert evidence(action, "x.pack") == 2
    said = capsys.readouterr()
    assert said.err == "caniload: x.pack: no evidence pack, or its beginning was altered\n"
    assert said.out == ""


def test_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence("import", "gone.pack") == 4
    assert capsys.readouterr().err.count("\n") == 1


def test_packs_are_merged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(small(), folder / "a.pack")
    written(small("lstm"), folder / "b.pack")
    assert evidence("merge", "a.pack", "b.pack", "--into", "c.pack") == 0
    assert "2 packs, 0 contradictions: c.pack, " in capsys.readouterr().out
    assert evidence("merge", "b.pack", "a.pack", "--into", "d.pack") == 0
    assert (folder / "c.pack").read_bytes() == (folder / "d.pack").read_bytes()
    assert len(Pack(folder / "c.pack").part("files/h5/tf-2.15").files) == 2


def test_a_merge_tells_contradictions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(small(), folder / "a.pack")
    written(small(said=LATER), folder / "b.pack")
    assert evidence("merge", "a.pack", "b.pack", "--into", "c.pack") == 1
    said = capsys.readouterr().out
    assert "contradiction: tf-2.15/dense.h5/tf-2.21: error (" in said
    assert said.splitlines()[0].endswith(" and warning; both were kept, neither is used")
    assert evidence("show", "c.pack") == 0
    assert "contradiction, so unused: tf-2.15/dense.h5/tf-2.21: " in capsys.readouterr().out


def test_a_merge_into_one_of_its_own(folder: Path) -> None:
    a = written(small(), folder / "a.pack").read_bytes()
    written(small("lstm"), folder / "b.pack")
    assert evidence("merge", "a.pack", "b.pack", "--into", "b.pack") == 0
    assert (folder / "a.pack").read_bytes() == a
    assert len(Pack(folder / "b.pack").part("files/h5/tf-2.15").files) == 2


def test_nothing_measured_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence("export", "-o", "x.pack") == 2
    assert "nothing of that was measured in " in capsys.readouterr().err
    assert not (folder / "x.pack").exists()


def test_an_answer_says_which_pack_it_is_from(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pack that calls what ships an error a warning is believed, and named."""
    with zipfile.ZipFile(Path(__file__).with_name("recorded_models.zip")) as archive:
        archive.extractall(folder)
    check = ["--matrix", str(ROOT / "matrix.yaml"), "check", "tf-1.15-lstm.h5", "--to", "tf-2.21"]
    cli.main(check)
    before = capsys.readouterr().out
    pack = Pack(SHIPPED)
    where = max(pack.tables.sources, key=lambda one: str(pack.tables.sources[one]["when"]))
    (told,) = (line for line in before.splitlines() if "reference models: measured" in line)
    assert "measured for this release of caniload, " in told
    row = pack.tables.sources[where]
    days = {one["when"] for one in pack.tables.sources.values()}
    assert any(told.endswith(f"{day}, not here") for day in days)
    assert "likely" in before
    made = Contents(environments=dict(pack.tables.environments), sources=dict(pack.tables.sources))
    part = pack.part("files/h5/tf-1.15")
    for cell in part.cells:
        part.cells[cell] = ({"source": where, "outcome": "warning", "reason": "as\x1b[2J said"},)
    made.parts["files/h5/tf-1.15"] = part
    path = written(made, folder / "x.pack")
    evidence("import", "x.pack")
    capsys.readouterr()
    cli.main(check)
    after = capsys.readouterr().out
    called = Pack(path).id[:16]
    told = f"reference models: measured in imported pack {called}, {row['when']}, not here"
    assert told in after
    assert "likely loads with a warning" in after
    assert "as said" in after
    assert "\x1b" not in after


# What of a home goes into a pack


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home whose index has three files; what makes an index of a store is not run."""
    made = small()
    for other in (small("lstm"), small(saver="tf-2.4")):
        made.environments |= other.environments
        made.locks |= other.locks
        for name, part in other.parts.items():
            mine = made.parts.setdefault(name, part)
            mine.files |= part.files
            mine.cells |= part.cells
    pack = Pack(written(made, tmp_path / "index.pack"))
    monkeypatch.setattr(exporting, "read_index", lambda **_: pack)
    return Home(root=tmp_path / "home")


def taken(home: Home, **chosen: Any) -> dict[str, int]:
    selection = Selection(**chosen)
    taking = exporting.wanted(MATRIX, selection)
    made = exporting.contents(MATRIX, home, LOCKS, taking, print)
    named = {row["lock"] for row in made.environments.values()}
    assert set(made.locks) == named  # all that is named, and no more
    return {name: len(part.cells) for name, part in made.parts.items()}


def test_what_is_chosen_is_exported(stored: Home) -> None:
    whole = {"files/h5/tf-2.15": 4, "files/h5/tf-2.4": 2}
    assert taken(stored) == whole
    assert taken(stored, models=("lstm",)) == {"files/h5/tf-2.15": 2}
    assert taken(stored, environments=("tf-2.4",)) == {"files/h5/tf-2.4": 1}
    assert taken(stored, environments=("tf-2.4", "tf-2.21")) == {"files/h5/tf-2.4": 2}
    assert taken(stored, formats=("keras",)) == {}
    assert taken(stored, cells=("tf-2.15/lstm.h5/tf-2.21",)) == {"files/h5/tf-2.15": 1}
    with pytest.raises(UsageError):
        taken(stored, models=("nothing",))


def test_the_same_is_exported_to_the_same_bytes(
    stored: Home, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.pack", "b.pack"):
        assert evidence("export", "-o", name) == 0
    assert (folder / "a.pack").read_bytes() == (folder / "b.pack").read_bytes()
    assert (folder / "a.pack").read_bytes() == (folder / "index.pack").read_bytes()
    assert "2 savers x " in capsys.readouterr().out


def test_what_ships_is_written_from_a_home_and_keeps_its_constructors(
    stored: Home, folder: Path
) -> None:
    path = folder / "published.pack"
    path.write_bytes(SHIPPED.read_bytes())
    exporting.publish(stored, path, lambda _: None)
    pack = Pack(path)
    assert {one["name"] for one in pack.files()} == {"files/h5/tf-2.15", "files/h5/tf-2.4"}
    assert pack.constructors() == Pack(SHIPPED).constructors()
    first = path.read_bytes()
    exporting.publish(stored, path, lambda _: None)
    assert path.read_bytes() == first
