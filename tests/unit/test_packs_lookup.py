"""What packs say where a file is asked about: the right files, the first source, what counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packs_made import MATRIX, ORIGINS, ROOT, environment, small, source, written

from caniload.runner.answering.features import Features
from caniload.runner.answering.lookup import Lookup
from caniload.runner.answering.references import Index
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.environments.settling import choose
from caniload.runner.evidence.packed import here_of
from caniload.runner.packs.fetching import checked
from caniload.runner.packs.pack import Contents, Pack
from caniload.runner.packs.shelf import SHIPPED, Shelved, shelf

WANTED = Features(
    format="h5",
    origin=tuple(ORIGINS["tf-2.15"]),
    classes=frozenset({"Dense"}),
    traits=frozenset({"layer Dense"}),
)

ALL = frozenset(one.id for one in MATRIX.environments)


def lookup(folder: Path, *several: Contents, locks: Path = LOCKS, matrix: Any = MATRIX) -> Lookup:
    shelved = [
        Shelved(pack=Pack(written(one, folder / f"{number}.pack")), called=f"in {number}")
        for number, one in enumerate(several)
    ]
    here = here_of(matrix, locks)
    return Lookup(shelved=shelved, here=here, asked=ALL, purpose=Purpose.PREDICT, say=print)


def outcomes(index: Index) -> dict[str, dict[str, str]]:
    return {
        f"{one.saved_by}/{one.model}": {
            name: f"{cell.outcome} {cell.source}" for name, cell in one.cells.items()
        }
        for one in index.known
    }


def test_what_is_written_is_found(tmp_path: Path) -> None:
    (found,) = lookup(tmp_path, small()).index("h5", WANTED).known
    assert (found.saved_by, found.model, found.format) == ("tf-2.15", "dense", "h5")
    assert found.features == replace(WANTED, traits=frozenset({"layer Dense", "one input"}))
    cell = found.cells["tf-2.21"]
    assert (cell.outcome, cell.phase) == (Outcome.ERROR, "load")
    assert cell.raised == "ValueError: no such argument"
    assert cell.source == "in 0, 2026-11-23"


def test_the_first_that_says_something_of_a_cell_is_believed(tmp_path: Path) -> None:
    own = small(said={"outcome": "warning"})
    other = small("lstm")
    found = outcomes(lookup(tmp_path, own, small(), other).index("h5", WANTED))
    assert found == {
        "tf-2.15/dense": {
            "tf-2.15": "identical in 0, 2026-11-23",
            "tf-2.21": "warning in 0, 2026-11-23",
        },
        "tf-2.15/lstm": {
            "tf-2.15": "identical in 2, 2026-11-23",
            "tf-2.21": "error in 2, 2026-11-23",
        },
    }


def test_cells_that_were_not_measured_here_come_from_the_next(tmp_path: Path) -> None:
    own = small(said={"outcome": "untested"})  # which says nothing
    found = outcomes(lookup(tmp_path, own, small()).index("h5", WANTED))
    assert found["tf-2.15/dense"]["tf-2.21"] == "error in 1, 2026-11-23"


def test_features_that_are_read_otherwise_are_those_of_the_first(tmp_path: Path) -> None:
    own = small(traits=("layer Dense",), said={"outcome": "untested"})
    (found,) = lookup(tmp_path, own, small()).index("h5", WANTED).known
    assert found.features.traits == {"layer Dense"}
    assert set(found.cells) == {"tf-2.15"}


def test_what_a_pack_contradicts_itself_about_says_nothing(tmp_path: Path) -> None:
    twice = small()
    other = small(sha256="cc", said={"outcome": "crash"})
    twice.parts["files/h5/tf-2.15"].files |= other.parts["files/h5/tf-2.15"].files
    twice.parts["files/h5/tf-2.15"].cells |= other.parts["files/h5/tf-2.15"].cells
    (found,) = lookup(tmp_path, twice, small()).index("h5", WANTED).known
    assert set(found.cells) == {"tf-2.15"}


def test_only_files_of_its_origin_are_read(tmp_path: Path) -> None:
    made = lookup(tmp_path, small(), small(saver="tf-2.4"))
    assert set(outcomes(made.index("h5", WANTED))) == {"tf-2.15/dense"}
    assert [name for _, name in made._read] == ["files/h5/tf-2.15"]
    assert made.index("keras", WANTED) == Index(known=[], measured=False)
    assert made.index("h5", None) == Index(known=[], measured=True)


def test_an_origin_between_two_has_both(tmp_path: Path) -> None:
    made = lookup(tmp_path, small(), small(saver="tf-2.4"))
    between = replace(WANTED, origin=("Keras 2.9", "", "on tensorflow"))
    assert set(outcomes(made.index("h5", between))) == {"tf-2.4/dense", "tf-2.15/dense"}
    beyond = replace(WANTED, origin=("Keras 2.16", "", "on tensorflow"))
    assert set(outcomes(made.index("h5", beyond))) == {"tf-2.4/dense", "tf-2.15/dense"}


def test_an_origin_of_which_nothing_counts_is_passed_over(tmp_path: Path) -> None:
    near = small(saver="tf-2.4", lock="ff")  # as another lock has it
    for row in near.parts["files/h5/tf-2.4"].files.values():
        row["origin"] = ["Keras 2.8", "", "on tensorflow"]  # type: ignore[index]
    made = lookup(tmp_path, small(), small(saver="tf-2.4"), near)
    between = replace(WANTED, origin=("Keras 2.9", "", "on tensorflow"))
    assert set(outcomes(made.index("h5", between))) == {"tf-2.4/dense", "tf-2.15/dense"}


def test_what_is_asked_about_and_what_saved_it_is_told_of_every_file_that_counts(
    tmp_path: Path,
) -> None:
    made = replace(lookup(tmp_path, small()), asked=frozenset({"tf-2.21"}))
    (found,) = made.index("h5", WANTED).known
    assert set(found.cells) == {"tf-2.21", "tf-2.15"}
    made = replace(lookup(tmp_path, small()), asked=frozenset({"tf-2.10"}), _read={})
    (found,) = made.index("h5", WANTED).known
    assert set(found.cells) == {"tf-2.15"}


def test_files_stand_in_the_order_of_the_matrix(tmp_path: Path) -> None:
    order = [one.id for one in MATRIX.models][:4]
    made = lookup(tmp_path, *(small(model) for model in reversed(order)))
    assert [one.model for one in made.index("h5", WANTED).known] == order


# What counts


def test_a_lock_that_is_not_here_counts_for_nothing_and_is_told(tmp_path: Path) -> None:
    made = lookup(tmp_path, small(lock="ff"))
    assert made.index("h5", WANTED) == Index(known=[], measured=True)
    here, pack = made.here, made.shelved[0].pack
    assert here.foreign(pack) == ["locked differently here, so unused: tf-2.15"]


def test_another_meaning_counts_for_nothing_and_is_told(tmp_path: Path) -> None:
    made = lookup(tmp_path, small(source=source(load="load 9")))
    assert made.index("h5", WANTED).known == []
    (told,) = made.here.foreign(made.shelved[0].pack)
    assert told.startswith("measured by another schema (load 9, save 1) than")


def test_an_environment_that_is_not_here_is_told(tmp_path: Path) -> None:
    made = small()
    made.environment({**environment("tf-2.15"), "id": "tf-9.9"})
    (one,) = lookup(tmp_path, made).shelved
    assert here_of(MATRIX, LOCKS).foreign(one.pack) == ["not in matrix.yaml, so unused: tf-9.9"]


def test_a_lock_that_changes_takes_its_cells_along(tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    locks.mkdir()
    for name in ("tf-2.15", "tf-2.21"):
        for path in LOCKS.glob(f"{name}*.txt"):
            (locks / path.name).write_bytes(path.read_bytes())
    assert set(outcomes(lookup(tmp_path, small(), locks=locks).index("h5", WANTED))) == {
        "tf-2.15/dense"
    }
    (locks / "tf-2.21.txt").write_text("other==1 --hash=sha256:0\n", encoding="utf-8")
    (left,) = lookup(tmp_path, small(), locks=locks).index("h5", WANTED).known
    assert set(left.cells) == {"tf-2.15"}


def test_what_was_measured_on_one_python_counts_on_another(tmp_path: Path) -> None:
    rows = tuple(choose(one, {"3.12"}) for one in MATRIX.environments)
    elsewhere = MATRIX.model_copy(update={"environments": rows})
    assert elsewhere.environment("tf-2.21").python == "3.12"
    here = lookup(tmp_path, small()).index("h5", WANTED)
    assert lookup(tmp_path, small(), matrix=elsewhere).index("h5", WANTED) == here


def test_the_python_that_is_here_goes_first(tmp_path: Path) -> None:
    rows = tuple(choose(one, {"3.12"}) for one in MATRIX.environments)
    elsewhere = MATRIX.model_copy(update={"environments": rows})
    made = small()
    own = made.environment(environment("tf-2.21", lock_sha256(elsewhere.environment("tf-2.21"))))
    part = made.parts["files/h5/tf-2.15"]
    (key,) = part.files
    (where,) = made.sources
    part.cells[key, own] = ({"source": where, "outcome": "warning"},)
    (found,) = lookup(tmp_path, made, matrix=elsewhere).index("h5", WANTED).known
    assert found.cells["tf-2.21"].outcome is Outcome.WARNING
    (found,) = lookup(tmp_path, made).index("h5", WANTED).known
    assert found.cells["tf-2.21"].outcome is Outcome.ERROR


# The shelf


def test_a_pack_that_was_altered_is_told_and_left_out(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    home.packs.mkdir()
    written(small(), home.packs / "good.pack")
    bad = written(small("lstm"), home.packs / "bad.pack")
    bad.write_bytes(b"x" + bad.read_bytes()[1:])
    found, told = shelf(home)
    assert [one.called for one in found] == [
        "in imported pack good",
        "for this release of caniload",
    ]
    assert told == [f"{bad}: no evidence pack, or its beginning was altered; nothing of it is used"]


def test_a_part_that_was_altered_is_told_when_it_is_met(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(small(), tmp_path / "x.pack")
    pack = Pack(path)
    whole = path.read_bytes()
    place = pack._frame._places["files/h5/tf-2.15"] + 600
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    made = Lookup(
        shelved=[Shelved(pack=Pack(path), called="x")],
        here=here_of(MATRIX, LOCKS),
        asked=ALL,
        purpose=Purpose.PREDICT,
        say=print,
    )
    assert made.index("h5", WANTED).known == []
    said = capsys.readouterr().out
    assert said == f"{path}: part files/h5/tf-2.15 was altered; nothing of that part is used\n"


# What ships


def test_what_is_shipped_is_as_it_was_written_and_names_no_machine() -> None:
    pack = checked(SHIPPED, "shipped")
    models = {one.id for one in MATRIX.models}
    for said in pack.files():
        part = pack.part(said["name"])
        assert {row["model"] for row in part.files.values()} <= models
        text = json.dumps([*part.files.values(), *part.cells.values()])
        assert not [word for word in ("/tmp/", "/root", "/home/", "/work") if word in text]
        assert "Traceback" not in text


def test_all_that_is_shipped_counts() -> None:
    pack = Pack(SHIPPED)
    assert here_of(MATRIX, LOCKS).foreign(pack) == []
    here, shelved = here_of(MATRIX, LOCKS), [Shelved(pack=pack, called="x")]
    made = Lookup(shelved=shelved, here=here, asked=ALL, purpose=Purpose.TRAIN, say=print)
    for said in pack.files():
        for origin in said["origins"]:
            assert made.index(said["format"], replace(WANTED, origin=origin)).known


def test_what_is_shipped_is_small() -> None:
    assert SHIPPED.stat().st_size <= 15 * 10**6
    assert SHIPPED.is_relative_to(ROOT)
