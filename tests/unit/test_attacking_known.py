"""What is known of attack files: kept, shipped, told, and joined with what becomes of a model."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from attacked_example import table as example

from caniload.runner.answering.securing import as_lines as secure_lines
from caniload.runner.answering.securing import secured
from caniload.runner.attacking import kept, telling
from caniload.runner.attacking.attacks import attacks, is_newer
from caniload.runner.attacking.doors import doors
from caniload.runner.attacking.measuring import Measured
from caniload.runner.checking.answers import Answer, Basis, Checked
from caniload.runner.commands.check import secure_code
from caniload.runner.commands.cli import main
from caniload.runner.core.attacked import AttackCell, AttackTable, Came, newest_first
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.shipped import LOCKS, MATRIX
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.environments.receipts import Receipt
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.upgrading.opened import opened

ENVIRONMENTS = read_matrix(MATRIX).environments
SHIPPED = json.loads(kept.SHIPPED.read_text(encoding="utf-8"))
NEVER = Path("/nowhere")


# What comes with caniload


def test_what_ships_was_measured_in_environments_of_these_locks() -> None:
    known = {one.id: one for one in ENVIRONMENTS}
    rows = SHIPPED["environments"]
    assert len({row["id"] for row in rows}) == len(rows) >= 20
    for row in rows:
        assert row["lock_sha256"] == lock_sha256(known[row["id"]], LOCKS)
        assert row["asked"] == dict(known[row["id"]].packages)
        assert row["sandbox"] in ("bwrap", "landlock")
        assert row["measured_at"] >= "2026-11-30"
        assert set(row["cells"]) <= {one.id for one in attacks()}


def test_what_ships_is_read_whole() -> None:
    table = kept.table(ENVIRONMENTS, home=Home(root=NEVER))
    assert [one.id for one in table.environments] == [row["id"] for row in SHIPPED["environments"]]
    cells = [cell for row in table.environments for cell in row.cells.values()]
    assert {cell.came for cell in cells} == set(Came)
    assert not any(row.here for row in table.environments)
    assert not [cell.why for cell in cells if "/" in cell.why and str(Path.home()) in cell.why]


def test_where_nothing_is_guarded_more_is_reached_than_where_all_is() -> None:
    """The oldest and the newest Keras with the newer configurations: the point of the table."""
    table = kept.table(ENVIRONMENTS, home=Home(root=NEVER))
    rows = [row for row in newest_first(table.environments) if is_newer(row.keras)]
    for kind in ("keras", "h5"):
        new, old = (doors(table, row, kind) for row in (rows[0], rows[-1]))
        assert new is not None
        assert old is not None
        assert len(new.open) < len(old.open)


def test_rows_that_are_written_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = kept.table(ENVIRONMENTS, home=Home(root=NEVER))
    asked = {one.id: one.packages for one in ENVIRONMENTS}
    (tmp_path / "a.json").write_text(kept.written(table.environments, asked), encoding="utf-8")
    monkeypatch.setattr(kept, "SHIPPED", tmp_path / "a.json")
    kept._shipped.cache_clear()
    assert kept.table(ENVIRONMENTS, home=Home(root=NEVER)) == table
    changed = [one.model_copy(update={"packages": {"keras": "0.1"}}) for one in ENVIRONMENTS]
    assert kept.table(changed, home=Home(root=NEVER)).environments == ()
    monkeypatch.undo()
    kept._shipped.cache_clear()


# What was measured here


def receipt(environment: Any) -> Receipt:
    return Receipt(
        environment=environment.id,
        lock_sha256=lock_sha256(environment, LOCKS),
        python=f"{environment.python}.1",
        interpreter="python",
        platform="linux",
        imports=environment.imports,
        variables=dict(environment.variables),
        versions={"keras": "2.4.0-tf", "tensorflow": "2.4.4"},
        packages={"h5py": "3"},
        installer="uv",
        bytes=1,
        seconds=1.0,
        built_at="2026-11-30",
    )


def test_what_is_kept_is_added_to_and_beats_what_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(one for one in ENVIRONMENTS if one.id == "tf-2.4")
    home, made = Home(root=tmp_path), receipt(one)
    monkeypatch.setattr(kept, "existing", lambda *_, **__: made)
    nothing: dict[str, Any] = {
        "error": None,
        "unmade": None,
        "crash": None,
        "files": [],
        "modules": [],
    }
    nothing |= {"state": [{}, {}], "secret": [], "peak": [0, 0], "full": False}
    for name in ("h5-external-link", "h5-virtual-dataset"):
        found = {name: {**nothing, "secret": ["weights"]}, "h5-dense": nothing}
        level = {"level": "bwrap"}
        measured = Measured(facts=found, versions={"keras": "2.4.0"}, sandbox=level)
        kept.keep(one, made, measured, home=home)
    (row,) = kept.table([one], home=home).environments
    assert row.here
    assert row.keras == "2.4.0"
    assert {name: cell.came for name, cell in row.cells.items()} == {
        "h5-external-link": Came.REACHED,
        "h5-virtual-dataset": Came.REACHED,
    }
    left = kept.missing(one, made, home=home)
    assert "h5-external-link" not in left
    assert "h5-shape-bomb" in left


# Both matrices joined


def answered(environment: str, outcome: Outcome, basis: Basis = Basis.FILE) -> Answer:
    return Answer(
        environment=environment,
        label=environment,
        stack="keras",
        outcome=outcome,
        basis=basis,
        reason="because",
        likely=basis is not Basis.FILE,
    )


def table(**reached: dict[str, str]) -> AttackTable:
    """Return a table of environments a, b, c, newest last, and what each lets through."""
    whole = example(("a", "b", "c"))
    files = (
        replace(whole.attacks[0], id="run", format="h5", reaches="runs"),
        replace(whole.attacks[0], id="grow", format="h5", reaches="grows"),
    )
    rows = [
        replace(
            row,
            keras=f"3.{place}.0",
            cells={
                one.id: AttackCell(came=Came(reached.get(row.id, {}).get(one.id, "refused")))
                for one in files
            },
        )
        for place, row in enumerate(whole.environments)
    ]
    return AttackTable(attacks=files, environments=tuple(rows))


def ask(known: AttackTable, **outcomes: Outcome) -> Checked:
    answers = tuple(answered(name, outcome) for name, outcome in outcomes.items())
    return secured(Checked(path="m.h5", format="h5", answers=answers), known)


SAME, BAD, UNKNOWN = Outcome.IDENTICAL, Outcome.ERROR, Outcome.UNTESTED
RUNS, GROWS = {"run": "reached"}, {"grow": "reached"}


@pytest.mark.parametrize(
    ("known", "outcomes", "choice", "code"),
    [
        (table(), {"a": SAME, "b": SAME, "c": SAME}, "c", 0),
        (table(c=RUNS), {"a": SAME, "b": SAME, "c": SAME}, "b", 0),
        (table(c=GROWS), {"a": SAME, "b": SAME, "c": SAME}, "c", 0),
        (table(), {"a": SAME, "b": BAD, "c": BAD}, "a", 0),
        (table(a=RUNS, b=RUNS, c=RUNS), {"a": SAME, "b": SAME, "c": SAME}, None, 1),
        (table(a=RUNS), {"a": SAME, "b": BAD, "c": BAD}, None, 1),
        (table(a=RUNS), {"a": SAME, "b": UNKNOWN, "c": BAD}, None, 5),
        (table(), {"a": BAD}, None, 1),
    ],
)
def test_the_newest_without_a_door_in_which_it_is_the_same(
    known: AttackTable, outcomes: dict[str, Outcome], choice: str | None, code: int
) -> None:
    found = ask(known, **outcomes)
    assert found.secure is not None
    chosen = found.secure.choice
    assert (chosen.environment if chosen else None) == choice
    assert secure_code([found]) == code


def test_what_was_not_tried_is_not_closed() -> None:
    cells = {"run": AttackCell(came=Came.UNTESTED), "grow": AttackCell(came=Came.UNTESTED)}
    known = table()
    rows = tuple(replace(row, cells=cells) for row in known.environments)
    found = ask(replace(known, environments=rows), a=SAME)
    assert found.secure is not None
    assert found.secure.choice is None
    assert secure_code([found]) == 5


def test_what_was_not_tried_has_no_fewer_doors_for_that() -> None:
    known = table(c=RUNS)
    rows = {row.id: row for row in known.environments}
    cells = {**rows["b"].cells, "run": AttackCell(came=Came.UNTESTED)}
    rows["b"] = replace(rows["b"], cells=cells)
    found = ask(replace(known, environments=tuple(rows.values())), b=SAME, c=SAME)
    assert found.secure is not None
    assert [one.environment for one in found.secure.front] == ["c"]


def test_both_halves_of_the_proof_are_told() -> None:
    found = ask(table(b=RUNS | GROWS, c=RUNS), a=SAME, b=SAME, c=SAME)
    assert found.secure is not None
    lines = list(secure_lines(found.secure))
    assert found.secure.sentence.startswith("No known open door in a (Keras 3.0.0): of 3 versions")
    assert lines[0] == "secure"
    assert "  the same: because [measured on this file]" in lines
    assert "  attacks: 2 reached nothing, measured 2026-11-20" in lines
    assert "  not c: open to run" in lines
    assert [one.environment for one in found.secure.front] == ["c", "a"]
    guessed = answered("a", SAME, Basis.MODELS)
    likely = secured(Checked(path="m.h5", format="h5", answers=(guessed,)), table())
    assert likely.secure is not None
    assert "it is likely the same model" in likely.secure.sentence


def test_a_file_that_cannot_be_read_has_no_such_answer() -> None:
    broken = Checked(path="m.h5", problem="no", readable=False)
    assert secured(broken, table()) == broken
    assert secure_code([broken]) == 2


def test_an_upgrade_that_opens_something_says_so() -> None:
    (said,) = opened(table(b=RUNS), "a", "b", ["h5", "keras"])
    assert said.startswith("b is open to 1 attack by h5 files that a refuses or ignores: run")
    assert not list(opened(table(a=RUNS, b=RUNS), "a", "b", ["h5"]))
    assert not list(opened(table(a=RUNS), "a", "b", ["h5"]))
    assert not list(opened(table(), "a", "elsewhere", ["h5"]))


# The command


def test_texts_of_strangers_do_not_steer_a_terminal() -> None:
    whole = example(("a",), "\x1b[31m\x07")
    told = "\n".join(telling.as_lines(whole))
    assert "\x1b" not in told
    assert "\x1b" not in json.dumps(json.loads(telling.as_json(whole)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_tells_what_ships(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attacks", "--envs", "tf-2.21"]) == 0
    out = capsys.readouterr().out
    assert re.match(r"tf-2.21, Keras 3.13.2, measured 20\S+ as it comes with caniload", out)
    assert "✕ h5-external-storage" in out
    assert main(["attacks"]) == 0
    assert "environments say something; in" in capsys.readouterr().out
    assert main(["attacks", "--envs", "tf-2.21", "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in read["environments"]] == ["tf-2.21"]
    assert main(["attacks", "--envs", "tf-2.21", "--format", "junit"]) == 0
    assert "<testsuite" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--envs", "tf-9"], 2, "there is no environment 'tf-9'"),
        (["--only", "h5-nothing", "--run"], 2, "there is no attack file 'h5-nothing'"),
        (["--envs", "tf-2.4", "--run"], 4, "1 environments could not be tried"),
    ],
)
def test_what_cannot_be_done_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert main(["attacks", *words]) == code
    assert said in capsys.readouterr().err


def test_what_ships_can_be_drawn(tmp_path: Path) -> None:
    """It has environments without TensorFlow, and without h5py."""
    from judged_example import example  # noqa: PLC0415 - pandas takes half a second to import

    from caniload.reports.site import render  # noqa: PLC0415

    shipped = kept.table(ENVIRONMENTS, home=Home(root=tmp_path / "home"))
    assert len(shipped.environments) >= 60
    index, _ = render(replace(example(), attacks=shipped), tmp_path / "report")
    page = (index.parent / "security.html").read_text(encoding="utf-8")
    assert all(one.id in page for one in shipped.attacks)
