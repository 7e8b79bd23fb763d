"""First bad readers, what breaks in between, and how bad a silent difference is."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from drawn import contents
from judged_example import example

from caniload.reports.answers import measure
from caniload.reports.damage import damages
from caniload.reports.planes import Planes, planes
from caniload.reports.readers import first_bad_readers, gaps
from caniload.reports.table import tabulate
from caniload.reports.text import ingest
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import JudgedCell, JudgedMatrix
from caniload.runner.core.outcomes import Outcome

STACK = ("tf-1.15", "tf-2.12", "tf-2.15", "tf-2.21")
LETTERS = {"i": Outcome.IDENTICAL, "w": Outcome.WARNING, "e": Outcome.ERROR, "?": Outcome.UNTESTED}
LETTERS |= {"d": Outcome.DIFFERS, "-": Outcome.NA}


def read_by(letters: str, saved_by: str = STACK[0], **changes: object) -> JudgedMatrix:
    """Return a matrix of one file, and of what each version of one stack makes of it."""
    judged = example(environments=STACK, models=1, formats=1)
    cells = [
        JudgedCell(
            cell=Cell(
                artifact=Artifact(saved_by=saved_by, model="control", format="h5"), loaded_by=load
            ),
            outcome=LETTERS[letter],
            reason="",
        )
        for load, letter in zip(STACK, letters, strict=True)
    ]
    return replace(judged, cells=tuple(replace(one, **changes) for one in cells))  # type: ignore[arg-type]


def grid(judged: JudgedMatrix) -> Planes:
    return planes(tabulate(judged), ingest(judged))


@pytest.mark.parametrize(
    ("letters", "saved_by", "expected"),
    [
        ("iiii", "tf-1.15", None),
        ("iiee", "tf-1.15", "tf-2.15"),
        ("i?de", "tf-1.15", "tf-2.15"),
        ("-??-", "tf-1.15", None),
        ("eeii", "tf-2.15", None),  # older versions owe nothing
        ("eeie", "tf-2.15", "tf-2.21"),
        ("iwii", "tf-1.15", None),
    ],
)
def test_the_first_bad_reader(letters: str, saved_by: str, expected: str | None) -> None:
    found = [STACK[one.load] for one in first_bad_readers(grid(read_by(letters, saved_by)))]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("ieii", ["tf-2.12"]),
        ("ieei", ["tf-2.12", "tf-2.15"]),
        ("ie?w", ["tf-2.12"]),
        ("iiee", []),
        ("eeii", []),
        ("i??i", []),
    ],
)
def test_what_breaks_in_between(letters: str, expected: list[str]) -> None:
    found = gaps(grid(read_by(letters)))
    assert [STACK[load] for gap in found for load in gap.loads] == expected


@pytest.mark.parametrize("letters", ["ieii", "iiie"])
def test_a_twin_is_no_version(letters: str) -> None:
    """What another companion breaks says nothing of the version, unless the twin saved the file."""
    twin = STACK[letters.index("e")]
    judged = read_by(letters)
    judged = replace(
        judged,
        environments=tuple(
            replace(one, twin=STACK[0] if one.id == twin else None) for one in judged.environments
        ),
    )
    assert not gaps(grid(judged))
    assert not list(first_bad_readers(grid(judged)))
    own = replace(read_by(letters, saved_by=twin), environments=judged.environments)
    assert [STACK[one.load] for one in first_bad_readers(grid(own))] == [twin]


def test_no_evidence_breaks_nothing() -> None:
    judged = read_by("ieii", evidence=False)
    assert not gaps(grid(judged))
    assert not list(first_bad_readers(grid(judged)))


def test_every_broken_file_is_listed() -> None:
    made = contents(read_by("iiee"))
    lines = gzip.decompress(made["first-bad.csv.gz"]).decode().splitlines()
    assert lines[1:] == ["tf-1.15,control,h5,tf.keras,tf-2.15,error,"]
    assert "The first version that breaks its files" in made["from/tf-1.15.html"].decode()


def difference(what: str, size: float | None, unit: str = "") -> dict[str, object]:
    return {"what": what, "text": f"{what} differ", "size": size, "unit": unit}


def test_the_worst_damage_comes_first() -> None:
    judged = example(environments=STACK, models=4, formats=1)
    by_model = {
        "control": (difference("settings", 9.0, "of its value"),),
        "dense": (difference("outputs", 0.5), difference("outputs", 0.1)),
        "conv_bn": (difference("outputs", float("nan")),),
        "lstm": (
            difference("weights", 3.0),
            difference("training", 0.2, "of its length"),
            difference("training", 4.0, "in the loss"),
        ),
    }
    cells = tuple(
        replace(one, outcome=Outcome.DIFFERS, differences=by_model[one.cell.artifact.model])
        for one in judged.cells
        if not one.cell.artifact.damage
    )
    table = tabulate(replace(judged, cells=tuple(replace(one, control=False) for one in cells)))
    found = damages(table, planes(table, ingest(judged)))
    assert [one.model for one in found] == ["conv_bn", "dense", "lstm", "control"]
    assert [(size.what, size.size) for size in found[1].sizes] == [("outputs", 0.5)]
    assert [size.what for size in found[2].sizes] == ["weights", "training", "training"]
    assert [size.size for size in found[2].sizes] == [3.0, 4.0, 0.2]
    assert found[0].cells == 16
    assert found[0].upgrades == 10


@pytest.mark.parametrize(
    ("size", "unit", "told"),
    [
        (None, "", "not counted"),
        (0.031, "", "3.1e-02"),
        (0.9, "of its value", "90% of its value"),
        (1, "steps", "1 step"),
        (12, "elements", "12 elements"),
        (0.5, "in the loss", "5.0e-01 in the loss"),
        (float("nan"), "", "not a number"),
    ],
)
def test_a_size_has_its_unit(size: float | None, unit: str, told: str) -> None:
    assert measure(size, unit) == told
