"""What becomes of models on an upgrade: how it is judged, told, escaped and counted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import caniload
from caniload.runner.checking.answers import Answer, Basis
from caniload.runner.commands.grammar.parser import parser
from caniload.runner.converting.outcome import Attempt, Conversion, Proof, Remedy, Verdict
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import JudgedCell, Message
from caniload.runner.core.markup import escaped, in_html
from caniload.runner.core.outcomes import Outcome
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix
from caniload.runner.running.together import Together
from caniload.runner.upgrading.judging import direction, exit_code, fate_with, plain_fate, warned
from caniload.runner.upgrading.outcome import Fate, Model, Returned, Side, Tried, Upgrade, Warned
from caniload.runner.upgrading.sides import both, one_environment
from caniload.runner.upgrading.telling import BUDGET, as_json, as_lines, as_markdown, sentence

ROOT = Path(__file__).parents[2]
OLD, NEW = "tf-2.15", "tf-2.21"
HEADER = 3
"""Bars of a table's row of three columns that are between cells or at the ends, less one."""


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return read_matrix(ROOT / "matrix.yaml")


def answer(outcome: Outcome, *said: str, environment: str = NEW, reason: str = "why") -> Answer:
    return Answer(
        environment=environment,
        label=environment,
        stack="tf.keras",
        outcome=outcome,
        basis=Basis.FILE,
        reason=reason,
        differences=tuple({"what": what, "text": what} for what in said),
    )


def conversion(verdict: Verdict, **more: Any) -> Conversion:
    found = Conversion(path="m.h5", target=NEW, verdict=verdict)
    tried = Attempt(remedy=Remedy.AS_IT_IS, environments=(OLD, NEW), problem="load: TypeError: no")
    return replace(found, attempts=(tried,), **more)


PROOF = Proof(reader=OLD, target=NEW, outputs=1, max_abs=0.0, scale=1.0, bound=1e-4)
DELIVERED = conversion(
    Verdict.DELIVERED, out="x.keras", remedy=Remedy.REBUILT, proof=PROOF, lost=("the slots",)
)
REFUSED = conversion(Verdict.REFUSED, reason="no such layer")
WARNED = Warned(id="a", means="It warns.", advice="Heed it.")
GOOD = answer(Outcome.IDENTICAL)
ERROR = answer(Outcome.ERROR)
HERE = replace(GOOD, environment=OLD)
UNTRAINED = answer(Outcome.DIFFERS, "optimizer")
MOVED = answer(Outcome.DIFFERS, "weights")


@pytest.mark.parametrize(
    ("before", "after", "read", "new", "fate"),
    [
        (HERE, GOOD, True, (), Fate.KEEPS),
        (HERE, answer(Outcome.TOLERANCE), True, (), Fate.KEEPS),
        (HERE, answer(Outcome.WARNING), True, (WARNED,), Fate.WARNS),
        (HERE, answer(Outcome.WARNING), True, (), Fate.KEEPS),  # it warned before
        (HERE, answer(Outcome.DIFFERS, "outputs"), True, (), Fate.BROKEN),
        (HERE, UNTRAINED, True, (), Fate.BROKEN),
        (answer(Outcome.DIFFERS, "optimizer"), UNTRAINED, True, (), Fate.KEEPS),
        (
            answer(Outcome.DIFFERS, "weights"),
            answer(Outcome.DIFFERS, "weights"),
            True,
            (),
            "breaks",
        ),
        (HERE, ERROR, True, (), Fate.BROKEN),
        (HERE, answer(Outcome.CRASH), True, (), Fate.BROKEN),
        (ERROR, GOOD, False, (), Fate.BEFORE),
        (ERROR, ERROR, False, (), Fate.BEFORE),
        (ERROR, ERROR, True, (), Fate.BEFORE),  # its training step raises in both
        (HERE, answer(Outcome.UNTESTED), True, (), Fate.UNTESTED),
        (answer(Outcome.UNTESTED), GOOD, False, (), Fate.UNTESTED),
        (answer(Outcome.UNTESTED), ERROR, False, (), Fate.UNTESTED),
    ],
)
def test_what_becomes_of_a_model_as_it_is(
    before: Answer, after: Answer, *, read: bool, new: tuple[Warned, ...], fate: str
) -> None:
    assert plain_fate(before, after, read=read, new=new) == fate


@pytest.mark.parametrize(
    ("after", "tried", "fate"),
    [
        (ERROR, Tried(conversion=DELIVERED), Fate.CHANGE),
        (ERROR, Tried(conversion=REFUSED), Fate.LOST),
        (ERROR, Tried(conversion=conversion(Verdict.INFERENCE)), Fate.PARTLY),
        (ERROR, Tried(problem="tf-2.21: no such Python"), Fate.BROKEN),
        (ERROR, Tried(conversion=replace(REFUSED, attempts=())), Fate.BROKEN),  # ours
        (ERROR, Tried(conversion=DELIVERED, after=UNTRAINED), Fate.PARTLY),
        (ERROR, Tried(conversion=DELIVERED, after=ERROR), Fate.PARTLY),
        (ERROR, Tried(conversion=DELIVERED, after=GOOD), Fate.CHANGE),
        (ERROR, Tried(conversion=DELIVERED, after=MOVED), Fate.CHANGE),  # outputs were proven
        (UNTRAINED, Tried(conversion=DELIVERED, after=MOVED), Fate.PARTLY),
        (UNTRAINED, Tried(conversion=DELIVERED), Fate.PARTLY),
        (UNTRAINED, Tried(conversion=DELIVERED, after=UNTRAINED), Fate.PARTLY),
        (UNTRAINED, Tried(conversion=DELIVERED, after=GOOD), Fate.CHANGE),
        (UNTRAINED, Tried(conversion=REFUSED), Fate.PARTLY),
        (answer(Outcome.DIFFERS, "trainable"), Tried(conversion=REFUSED), Fate.PARTLY),
    ],
)
def test_what_remedies_make_of_it(after: Answer, tried: Tried, fate: Fate) -> None:
    assert fate_with(after, tried) is fate


def test_a_remedy_whose_environments_would_not_build_was_not_tried() -> None:
    unusable = Attempt(
        remedy=Remedy.BRIDGED, environments=(OLD,), problem="start: Unusable: no Python 3.11"
    )
    found = conversion(Verdict.REFUSED, reason="no Python 3.11")
    assert fate_with(ERROR, Tried(conversion=replace(found, attempts=(unusable,)))) is Fate.BROKEN


def model(fate: Fate, path: str = "m.h5", **more: Any) -> Model:
    return Model(path=path, fate=fate, **{"before": HERE, "after": ERROR, **more})


def upgrade(*models: Model, **more: Any) -> Upgrade:
    sides = [Side(id=one, label=f"TF {one[3:]}", versions={"keras": "1"}) for one in (OLD, NEW)]
    command = "caniload upgrade 2.15 2.21 zoo"
    whole = Upgrade(before=sides[0], after=sides[1], date="2026-11-23", command=command)
    return replace(whole, models=models, **more)


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([Fate.KEEPS], 0),
        ([Fate.KEEPS, Fate.BEFORE], 0),
        ([Fate.KEEPS, Fate.WARNS], 1),
        ([Fate.CHANGE], 1),
        ([Fate.PARTLY], 1),
        ([Fate.LOST, Fate.UNTESTED], 1),
        ([Fate.BROKEN], 1),
        ([Fate.KEEPS, Fate.UNTESTED], 5),
        ([Fate.UNREAD, Fate.LOST], 2),
        ([], 2),
    ],
)
def test_exit_codes(fates: list[Fate], code: int) -> None:
    assert exit_code(upgrade(*map(model, fates))) == code


def test_a_rollback_that_fails_changes_no_exit_code() -> None:
    back = Returned(format=".keras", converted=False, answer=replace(ERROR, environment=OLD))
    found = upgrade(model(Fate.KEEPS, after=GOOD, returned=(back,)))
    assert exit_code(found) == 0
    assert "TF 2.15 reads the same model from 0 of 1 saved as .keras." in as_markdown(found)


def test_only_what_is_new_and_known_is_a_warning() -> None:
    rules = read_catalogue()
    rule = next(one for one in rules if one.entry.severity == "attention")
    blank = Message(channel="logging", category="", level="WARNING", text="", phase="load")
    heard = [replace(blank, rule=rule.entry.id, matters=True)] * 2 + [replace(blank, rule="other")]
    assert [one.id for one in warned(heard, None, rules)] == [rule.entry.id]


def test_the_sentence_counts_everything() -> None:
    whole = upgrade(*map(model, [Fate.KEEPS, Fate.KEEPS, Fate.CHANGE, Fate.LOST, Fate.LOST]))
    assert sentence(whole) == (
        "2 of 5 models keep working in TF 2.21 as they are, for predicting;"
        " 1 needs a change (measured: it holds); 2 are lost: no remedy held."
    )


def test_what_an_upgrade_opens_is_told_first() -> None:
    found = upgrade(model(Fate.KEEPS), opened=("tf-2.16 is open to 1 attack by <b>h5</b> files",))
    whole = as_markdown(found)
    assert "> Security: tf-2.16 is open to 1 attack by" in whole.partition("## ")[0]
    assert "<b>" not in whole
    assert "  security: tf-2.16 is open" in "\n".join(as_lines(found))
    assert json.loads(as_json(found))["opened"]
    assert "Security" not in as_markdown(upgrade(model(Fate.KEEPS)))


def test_what_is_told_of_each() -> None:
    whole = upgrade(
        model(Fate.CHANGE, "change.h5", tried=Tried(conversion=DELIVERED, after=GOOD)),
        model(Fate.LOST, "lost.h5", tried=Tried(conversion=REFUSED)),
        model(Fate.WARNS, "warns.h5", warned=(WARNED,)),
        model(Fate.BROKEN, "broken.h5", tried=Tried(problem="no Python 3.11 here")),
        model(Fate.UNREAD, "cut.h5", before=None, after=None, reason="truncated file"),
        model(Fate.BEFORE, "old.h5", before=replace(ERROR, environment=OLD)),
    )
    told = as_markdown(whole)
    for text in (
        "| change.h5 | why | convert it: tf-2.21 builds it from a rewritten configuration",
        "(caniload convert change.h5 --to tf-2.21); measured: its outputs equal those in tf-2.15",
        ". Lost: the slots. |",
        "| lost.h5 | why | stay, or rebuild it in tf-2.21 by hand; the last remedy: no such",
        "| warns.h5 | It warns. | Heed it. |",
        "no remedy could be tried here: no Python 3.11 here",
        "| cut.h5 | truncated file | replace the file |",
        "nothing for the upgrade: it fails in tf-2.15, too",
        "`caniload upgrade 2.15 2.21 zoo`, exit code 2",
    ):
        assert text in told
    assert json.loads(as_json(whole))["exit_code"] == 2


HOSTILE = (
    "a|b`c`\n<img src=x>\x1b[31m\x00</summary>\u202e@octocat #1 [x](http://evil) ![y](z) $z$"
    "\r\n\n# h"
)


@given(text=st.text(max_size=300))
@example(text=HOSTILE)
@example(text="\\|")
@example(text="\\\\|")
def test_nothing_of_a_strangers_text_is_markup(text: str) -> None:
    for found in (escaped(text), in_html(text)):
        assert not re.search(r"[\n\r\x00-\x1f\x7f-\x9f<>\u2028\u2029\u202a-\u202e]", found)
        assert not re.search(r"[@#](?!\u200b)|://", found)
    assert not re.search(r"(?<!\\)(?:\\\\)*[|`\[\]*_$]", escaped(text))


@given(name=st.text(min_size=1, max_size=60))
@example(name=HOSTILE)
def test_a_hostile_name_stays_in_its_cell(name: str) -> None:
    back = Returned(format=".h5", converted=False, reason=name)
    one = model(Fate.LOST, name, after=replace(ERROR, reason=name), saved_by=name, notes=(name,))
    refused = replace(REFUSED, reason=name, path=name)
    one = replace(one, tried=Tried(conversion=refused), returned=(back,))
    lines = as_markdown(upgrade(one)).splitlines()
    plain = as_markdown(upgrade(replace(one, path="m.h5"))).splitlines()
    assert len(lines) == len(plain)
    for line in lines:
        assert "\x1b" not in line
        assert not re.search(r"<(?!/?details>|/?summary>)", line)
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) in (HEADER, HEADER + 1)


def test_details_are_left_out_before_github_cuts() -> None:
    many = [model(Fate.KEEPS, f"{number}.h5", notes=("x" * 300,) * 9) for number in range(60)]
    told = as_markdown(upgrade(*many))
    assert len(told) < BUDGET
    assert "left out here" in told
    assert "<summary>60 models</summary>" in told


def cell(name: str, outcome: Outcome, **more: Any) -> JudgedCell:
    where = Cell(artifact=Artifact(saved_by=OLD, model=name, format="h5"), loaded_by=NEW)
    return JudgedCell(cell=where, outcome=outcome, reason=f"{name} did", **more)


def test_reference_models_are_counted_by_cause() -> None:
    rules = read_catalogue()
    known = next(one.entry for one in rules if one.entry.severity == "danger")
    cells = [
        cell("a", Outcome.IDENTICAL),
        cell("b", Outcome.ERROR, cause=known.id),
        cell("c", Outcome.ERROR, cause=known.id),
        cell("d", Outcome.DIFFERS, signature="outputs"),
        cell("e", Outcome.IDENTICAL, evidence=False),
        cell("f", Outcome.UNTESTED, signature="x"),
        cell("g", Outcome.NA),
        cell("h", Outcome.ERROR, control=True),
    ]
    there, back = direction(OLD, NEW, cells, rules), direction(NEW, OLD, cells, rules)
    assert there.measured == 4
    assert [(one.cells, one.text) for one in there.causes] == [(1, "d did"), (2, known.means)]
    assert sum(one.cells for one in there.untested) == 2
    told = as_markdown(upgrade(reference=(there, back)))
    assert "of 4 files that tf-2.15 saved, 1 stay the same in tf-2.21" in told.replace("\\", "")
    assert "caniload matrix --envs tf-2.15,tf-2.21" in told
    assert exit_code(upgrade(reference=(there, back))) == 1
    assert exit_code(upgrade(reference=(back, there))) == 5


@pytest.mark.parametrize(
    ("text", "found"),
    [("2.15", OLD), ("tf-2.21", NEW), ("keras-3.3", "tf-2.16-keras-3.3"), ("2.16", "tf-2.16")],
)
def test_versions_as_a_person_says_them(matrix: Matrix, text: str, found: str) -> None:
    assert one_environment(matrix, text).id == found


def test_versions_that_are_none(matrix: Matrix) -> None:
    with pytest.raises(UsageError, match=r"^9\.9: no environment and no TensorFlow"):
        one_environment(matrix, "9.9")
    with pytest.raises(UsageError, match="the same environment"):
        both(matrix, "2.15", OLD)
    with pytest.raises(UsageError, match="say which"):
        one_environment(matrix, "2")


def test_the_grammar() -> None:
    found = parser().parse_args(["upgrade", "2.15", "2.21", "a.h5", "--no-remedies", "-o", "x.md"])
    assert (found.before, found.after, found.model) == ("2.15", "2.21", [Path("a.h5")])
    assert not found.remedies
    assert found.rollback


def test_the_api_says_nothing_is_known_without_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path))
    monkeypatch.chdir(ROOT)
    found = caniload.upgrade("2.15", "2.21")
    assert exit_code(found) == 5
    assert sentence(found).startswith("Nothing is known: no reference model that tf-2.15 saved")


class _Silent:
    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_named: None


def test_work_done_together_ends_together() -> None:
    together = Together(2, _Silent())
    kept: list[int] = []

    def breaks() -> None:
        raise KeyboardInterrupt

    def goes_on() -> None:
        together._stopped.wait(10)
        together.check()
        kept.append(1)

    with pytest.raises(KeyboardInterrupt):
        together("work", [goes_on, breaks])
    assert kept == []
