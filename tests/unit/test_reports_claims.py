"""The five kinds: which cells provoke which, what is counted of them, and what is said of that."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from drawn import contents
from judged_example import example

from caniload.reports.claims import COUNTS, Finding, Tally, findings
from caniload.reports.claimtext import COLUMNS, exported, sentences, verdict
from caniload.reports.generations import backend_of, generation, keras_of
from caniload.reports.kinds import CLAIMS, Kind, kinds_of
from caniload.reports.origins import readers
from caniload.reports.table import tabulate
from caniload.reports.text import ingest
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import (
    Entry,
    Failure,
    JudgedCell,
    JudgedEnvironment,
    JudgedMatrix,
    JudgedModel,
    Message,
)
from caniload.runner.core.outcomes import Outcome
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix.reading import read_matrix

ROOT = Path(__file__).parents[2]


def environment(
    name: str = "one",
    stack: str = "tf.keras",
    *,
    asked: dict[str, str] | None = None,
    variables: dict[str, str] | None = None,
    **versions: str,
) -> JudgedEnvironment:
    return JudgedEnvironment(
        id=name,
        label=name,
        stack=stack,
        python="3.11",
        asked=asked or {},
        variables=variables or {},
        lock_sha256="",
        lock_text="",
        versions=versions,
    )


def model(name: str = "dense", *provokes: str) -> JudgedModel:
    return JudgedModel(id=name, family="f", why="", source="", provokes=provokes)


@pytest.mark.parametrize(
    ("stack", "tensorflow", "expected"),
    [
        ("tf.keras", "1.12.3", "TF 1.x"),
        ("tf.keras", "1.15.5", "TF 1.x"),
        ("tf.keras", "2.0.4", "TF 2.0 to 2.11"),
        ("tf.keras", "2.9.3", "TF 2.0 to 2.11"),
        ("tf.keras", "2.11.1", "TF 2.0 to 2.11"),
        ("tf.keras", "2.12.1", "TF 2.12 to 2.15"),
        ("tf.keras", "2.15.1", "TF 2.12 to 2.15"),
        ("tf.keras", "2.16.0rc0", "TF 2.16+ / Keras 3"),
        ("tf.keras", "2.21.0", "TF 2.16+ / Keras 3"),
        ("tf.keras", "nightly", "Other"),
        ("tf-keras", "2.16.2", "tf-keras"),
        ("keras 2 (multi-backend)", "1.15.5", "Multi-backend Keras 2"),
        ("keras 3", "", "TF 2.16+ / Keras 3"),
        ("another", "2.4.0", "Other"),
    ],
)
def test_generation(stack: str, tensorflow: str, expected: str) -> None:
    assert generation(environment(stack=stack, tensorflow=tensorflow)) == expected


def test_what_is_found_beats_what_was_asked_for() -> None:
    asked = {"tensorflow-cpu": "2.9.3", "keras": "2.9.0"}
    assert generation(environment(asked=asked)) == "TF 2.0 to 2.11"
    assert keras_of(environment(asked=asked)) == "2.9.0"
    assert keras_of(environment(asked=asked, keras="unknown")) == "2.9.0"
    found = environment(asked=asked, tensorflow="2.16.1", keras="3.0.5")
    assert generation(found) == "TF 2.16+ / Keras 3"
    assert keras_of(found) == "3.0.5"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(environment(backend="theano"), "theano", id="found"),
        pytest.param(
            environment(stack="keras 3", variables={"KERAS_BACKEND": "jax"}), "jax", id="asked for"
        ),
        pytest.param(environment(), "tensorflow", id="tf.keras has one"),
        pytest.param(environment(stack="keras 3"), "", id="unknown"),
    ],
)
def test_backend(one: JudgedEnvironment, expected: str) -> None:
    assert backend_of(one) == expected


OLD = environment("old", tensorflow="2.9.3", keras="2.9.0", backend="tensorflow")
NEW = environment("new", tensorflow="2.16.1", keras="3.0.5", backend="tensorflow")
JAX = environment("jax", "keras 3", keras="3.0.5", backend="jax")
BLANK = environment("blank", "keras 3")


@pytest.mark.parametrize(
    ("save", "what", "load", "expected"),
    [
        pytest.param(OLD, model(), OLD, [], id="nothing"),
        pytest.param(OLD, model(), NEW, [Kind.VERSION], id="version"),
        pytest.param(NEW, model(), JAX, [Kind.BACKEND], id="backend"),
        pytest.param(OLD, model(), JAX, [Kind.BACKEND, Kind.VERSION], id="both"),
        pytest.param(OLD, model(), BLANK, [], id="what is not known provokes nothing"),
        pytest.param(
            OLD,
            model("lstm", "layer-configuration"),
            NEW,
            [Kind.LAYER_CONFIGURATION, Kind.VERSION],
            id="arguments changed",
        ),
        pytest.param(OLD, model("lstm", "layer-configuration"), OLD, [], id="none did"),
        pytest.param(OLD, model("own", "custom-layer"), OLD, [Kind.CUSTOM_LAYER], id="own layer"),
        pytest.param(OLD, model("thin", "weight-shape"), OLD, [Kind.WEIGHT_SHAPE], id="weights"),
    ],
)
def test_which_cell_provokes_which_kind(
    save: JudgedEnvironment, what: JudgedModel, load: JudgedEnvironment, expected: list[Kind]
) -> None:
    assert list(kinds_of(save, what.provokes, load)) == expected


def test_every_topic_is_one_of_a_rule() -> None:
    known = {rule.entry.category for rule in read_catalogue()}
    assert set().union(*(claim.topics for claim in CLAIMS.values())) <= known
    assert set(CLAIMS) == set(Kind)


ABOUT = Message(
    channel="logging", category="absl", level="WARNING", text="versions differ", phase="load",
    rule="version", severity="attention",
)  # fmt: skip
NOISE = replace(ABOUT, text="a CPU feature", rule="cpu", severity="noise")
IMPORT = replace(ABOUT, phase="import")
OTHER = replace(ABOUT, text="line 7 is slow", rule=None, severity="unknown")
OUTPUTS = ({"what": "outputs", "text": "far off", "size": 1.0},)
SETTINGS = ({"what": "settings", "text": "another rate", "size": None},)
ERROR = Failure(type="TypeError", message="\nno groups here\nmore", phase="load")


def entry(name: str, category: str) -> Entry:
    return Entry(
        id=name, channels=("logging",), means="", category=category, severity="info", advice=""
    )


def told(*cells: JudgedCell) -> dict[Kind, Finding]:
    """Count cells of which one environment saved each, and a newer one loads it."""
    models = tuple(model(f"m{place}") for place in range(len(cells)))
    matrix = replace(
        example(models=1, formats=1),
        environments=(OLD, NEW, BLANK),
        models=models,
        origins=(),
        catalogue=(entry("version", "version-mismatch"), entry("cpu", "runtime-noise")),
        cells=tuple(
            replace(
                one,
                cell=Cell(
                    artifact=Artifact(saved_by="old", model=models[place].id, format="h5"),
                    loaded_by="new",
                ),
            )
            for place, one in enumerate(cells)
        ),
    )
    return counted(matrix)


def counted(matrix: JudgedMatrix) -> dict[Kind, Finding]:
    clean = ingest(matrix)
    return {one.kind: one for one in findings(tabulate(clean), clean)}


PLACE = Cell(artifact=Artifact(saved_by="old", model="m", format="h5"), loaded_by="new")


def cell(outcome: Outcome, *messages: Message, **changes: object) -> JudgedCell:
    plain = JudgedCell(cell=PLACE, outcome=outcome, reason="", messages=messages)
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(cell(Outcome.IDENTICAL), {"silent"}, id="silence"),
        pytest.param(cell(Outcome.TOLERANCE, NOISE, IMPORT), {"silent"}, id="noise is silence"),
        pytest.param(cell(Outcome.IDENTICAL, OTHER), {"warned", "any_warning"}, id="of another"),
        pytest.param(
            cell(Outcome.WARNING, ABOUT), {"warned", "any_warning", "named"}, id="about it"
        ),
        pytest.param(cell(Outcome.ERROR, error=ERROR), {"raised"}, id="exception"),
        pytest.param(
            cell(Outcome.ERROR, error=ERROR, cause="cpu"), {"raised"}, id="about something else"
        ),
        pytest.param(
            cell(Outcome.ERROR, error=ERROR, cause="version"),
            {"raised", "raised_named"},
            id="exception about it",
        ),
        pytest.param(
            cell(Outcome.WORKAROUND, ABOUT), {"raised", "any_warning", "named"}, id="both"
        ),
        pytest.param(cell(Outcome.CRASH), {"raised"}, id="crash"),
        pytest.param(
            cell(Outcome.DIFFERS, NOISE, differences=OUTPUTS),
            {"other_numbers_silent"},
            id="other numbers",
        ),
        pytest.param(
            cell(Outcome.DIFFERS, differences=SETTINGS), {"other_settings_silent"}, id="settings"
        ),
        pytest.param(
            cell(Outcome.DIFFERS, OTHER, differences=OUTPUTS),
            {"other_warned", "any_warning"},
            id="other numbers and a warning",
        ),
    ],
)
def test_what_is_counted(one: JudgedCell, expected: set[str]) -> None:
    tally = told(one)[Kind.VERSION].generations["TF 2.16+ / Keras 3"]
    assert {name for name, count in tally.counts.items() if count} == expected
    assert set(tally.examples) == expected
    assert tally.cells == 1


@pytest.mark.parametrize(
    ("one", "untested"),
    [
        pytest.param(cell(Outcome.UNTESTED), 1, id="no result"),
        pytest.param(cell(Outcome.NA), 0, id="no file"),
        pytest.param(cell(Outcome.DIFFERS, evidence=False), 0, id="no evidence"),
        pytest.param(cell(Outcome.DIFFERS, control=True), 0, id="a control"),
    ],
)
def test_what_is_not_counted(one: JudgedCell, untested: int) -> None:
    whole = told(one)[Kind.VERSION].whole
    assert (whole.cells, whole.untested) == (0, untested)


def test_texts_are_counted_whatever_their_numbers() -> None:
    slow = [replace(OTHER, text=f"line {number} is slow") for number in (7, 8, 8)]
    found = told(
        cell(Outcome.IDENTICAL, slow[0], ABOUT),
        cell(Outcome.IDENTICAL, *slow[1:]),
        cell(Outcome.ERROR, error=ERROR),
        cell(Outcome.CRASH, signature="signal 11 in predict"),
    )
    tally = found[Kind.VERSION].generations["TF 2.16+ / Keras 3"]
    assert [(one.cells, one.text) for one in tally.warnings] == [
        (1, "versions differ"),
        (2, "line 7 is slow"),
    ]
    assert [one.about for one in tally.warnings] == [True, False]
    assert tally.warnings[1].source == "absl, logging, while load"
    assert {one.text for one in tally.exceptions} == {
        "TypeError: no groups here",
        "signal 11 in predict",
    }


@cache
def whole_example() -> dict[Kind, Finding]:
    return counted(example())


@pytest.mark.parametrize("kind", Kind)
def test_the_first_six_add_up_to_the_cells(kind: Kind) -> None:
    finding = whole_example()[kind]
    for tally in (finding.whole, *finding.generations.values()):
        assert sum(tally.counts[name] for name in COUNTS[:6]) == tally.cells
    for name in COUNTS:
        parts = sum(one.counts[name] for one in finding.generations.values())
        assert finding.whole.counts[name] == parts
    for parts_of in (finding.generations, finding.models):
        assert sum(one.cells for one in parts_of.values()) == finding.whole.cells
        assert sum(one.untested for one in parts_of.values()) == finding.whole.untested


def first(*cells: JudgedCell) -> str:
    return verdict(told(*cells)[Kind.VERSION])[0].text


def test_the_verdict_on_the_claim() -> None:
    silent, loud = cell(Outcome.IDENTICAL), cell(Outcome.WARNING, ABOUT)
    assert first(silent, silent) == (
        "Not so: of the 2 cells that provoke it, none gives a warning about it."
    )
    assert first(silent, loud).startswith("Only in part: of the 2 cells that provoke it, 1 (50 %)")
    assert first(loud).startswith("So it is:")


def test_what_nobody_warns_about_is_told_first() -> None:
    found = told(
        cell(Outcome.IDENTICAL),
        cell(Outcome.ERROR, error=ERROR),
        cell(Outcome.DIFFERS, differences=OUTPUTS),
    )[Kind.VERSION]
    second = verdict(found)[1]
    assert second.text.startswith("In 1 of 3 (33 %) the model loads with other outputs")
    assert second.bad
    assert second.example == ("h5", "old", "new", "m2")


def test_an_exception_about_the_kind_is_told_and_is_no_warning() -> None:
    found = told(
        cell(Outcome.ERROR, error=ERROR),
        cell(Outcome.ERROR, error=replace(ERROR, message="unknown"), cause="version"),
    )[Kind.VERSION]
    said = [sentence.text for sentence in verdict(found)]
    assert said[0] == "Not so: of the 2 cells that provoke it, none gives a warning about it."
    assert said[1].endswith("ends it; 1 of these with an exception about it.")
    tally = found.generations["TF 2.16+ / Keras 3"]
    assert [one.about for one in tally.exceptions] == [True, False]


def test_a_kind_that_nothing_provokes_says_what_would() -> None:
    said = [sentence.text for sentence in verdict(told(cell(Outcome.IDENTICAL))[Kind.WEIGHT_SHAPE])]
    assert said[0].startswith("Not put to the test")
    assert "provokes: [weight-shape]" in said[-1]


def test_a_generation_without_a_result_says_so() -> None:
    assert [one.text for one in sentences(Tally(untested=3))] == ["None of its 3 cells was tested."]


@pytest.mark.parametrize(
    ("part", "shown"), [(1, "under 1 %"), (500, "50 %"), (999, "over 99 %"), (1000, "100 %")]
)
def test_percentages_are_never_rounded_to_none_or_all(part: int, shown: str) -> None:
    tally = Tally(cells=1000, counts={**dict.fromkeys(COUNTS, 0), "silent": part})
    tally.examples["silent"] = ("h5", "old", "new", "m0")
    assert f"({shown})" in sentences(tally)[1].text


def test_the_summary_holds_the_same_numbers() -> None:
    summary = json.loads(contents(example())["summary.json"])
    assert summary["claims"] == exported(list(whole_example().values()))
    assert list(summary["claims"]) == [kind.value for kind in Kind]


def test_the_page_has_every_count_and_its_headings_in_order() -> None:
    page = contents(example(hostile=True))["what-warnings.html"].decode()
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.count("<table") == page.count("<caption>")
    assert set(COLUMNS) == set(COUNTS)
    for finding in whole_example().values():
        assert finding.claim.title in page
        for name in finding.generations:
            assert f"{finding.claim.title}: loaded by {name}" in page


def test_what_files_say_is_on_the_page_of_their_saver() -> None:
    page = contents(example())["from/tf-2.15.html"].decode()
    assert "keras_version <code>2.12.0</code>, backend <code>tensorflow</code>" in page
    assert "Could not be read: has no metadata.json" in page
    assert re.search(r"SavedModel</th><td>nothing</td>", page)


def test_every_format_of_the_matrix_says_who_looks() -> None:
    matrix = read_matrix(ROOT / "matrix.yaml")
    assert set(readers()) == {kind.id for kind in matrix.formats}
