"""What a proof would have noticed: judged from facts, and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_converting_ladder import EQUAL, MADE, READ, SAME, Played, climb

from caniload.runner.commands import convert as command
from caniload.runner.commands.grammar.parser import parser
from caniload.runner.converting.outcome import Conversion, Proof, Remedy, Verdict
from caniload.runner.converting.power import power, problem, weaknesses
from caniload.runner.converting.telling import as_json, as_lines
from caniload.runner.environments.home import Home
from caniload.runner.matrix.reading import read_matrix

TOLERANCES = read_matrix(Path(__file__).parents[2] / "matrix.yaml").tolerances
BUILT = {"error": None, "tries": [MADE]}


@pytest.fixture
def workshop(tmp_path: Path) -> Played:
    matrix = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
    return Played(matrix=matrix, home=Home(root=tmp_path / "home"), scratch=tmp_path)


def seen(*weights: tuple[str, str, Any, bool], **more: Any) -> dict[str, Any]:
    """Return what a target saw whose weights were changed: [path, name, times, held]."""
    changed = {"how": "predict", "weights": list(weights), "left": [], "seconds": 0.1}
    return {**SAME, "sets": [], "inside": [], "trained": [], "changed": changed, **more}


def test_a_layer_counts_as_noticed_by_any_of_its_weights() -> None:
    found = power(
        seen(("a", "kernel", 20.0, True), ("a", "bias", 0.5, True), ("b", "kernel", "inf", False))
    )
    assert found is not None
    assert (found.layers, found.changed, found.noticed) == (2, 2, 2)
    assert (found.weights, found.weights_noticed) == (3, 2)
    assert (found.unnoticed, found.copied, found.uncertain) == ((), ("a/bias",), ())
    assert list(weaknesses(found, {})) == []


def test_what_would_go_unnoticed_is_named() -> None:
    listed = [(name, "kernel", 1.0, True) for name in "abcdefgh"]
    facts = seen(*listed, ("i", "kernel", 3.0, True), ("i", "u", 0.0, False))
    found = power(facts)
    assert found is not None
    assert found.unnoticed == tuple("abcdefgh")
    assert found.uncertain == ("i/u",)
    (told,) = weaknesses(found, facts)
    assert told == (
        "a change of 1 % would not have been noticed in a, b, c, d, e, f and 2 more, nor in i/u"
    )


def test_a_sample_is_said_to_be_one() -> None:
    facts = seen(("a", "kernel", 9.0, True))
    facts["changed"]["left"] = [["a", "bias"], ["b", "kernel"], ["c", "kernel"]]
    found = power(facts)
    assert found is not None
    assert (found.layers, found.changed, found.noticed) == (3, 1, 1)
    assert "noticed in 1 of 1 layers that were tried, of 3" in told_of(found)


def test_no_time_for_any_layer_makes_a_proof_weak() -> None:
    facts = seen()
    facts["changed"]["left"] = [["a", "kernel"]]
    found = power(facts)
    assert found is not None
    assert (found.layers, found.changed) == (1, 0)
    assert list(weaknesses(found, facts)) == ["20 s were too little to change any of its weights"]
    assert "layer by layer" not in told_of(found)


def told_of(found: Any, weak: str | None = None) -> str:
    proof = Proof(
        reader="old", target="new", outputs=1, max_abs=0, scale=1, bound=1, weak=weak, power=found
    )
    done = Conversion(
        path="m.h5",
        target="new",
        verdict=Verdict.DELIVERED,
        remedy=Remedy.REBUILT,
        out="o",
        proof=proof,
    )
    assert as_json(done)["proof"]["power"]["noticed"] == found.noticed
    return "\n".join(as_lines(done))


def test_equal_outputs_are_not_claimed_to_show_anything_where_they_do_not() -> None:
    blind = power(seen(("a", "kernel", 0.0, True)))
    text = told_of(blind, weak="nothing is noticed")
    assert "its outputs are those of the original" not in text
    assert "nothing shows whether it is the model that old read" in text
    assert "the proof is weak: nothing is noticed" in text
    sharp = power(seen(("a", "kernel", 2.0, True)))
    assert "its outputs are those of the original" in told_of(sharp)


def other(**more: Any) -> dict[str, Any]:
    return {"compared": [{**EQUAL, **more}], "why": "numbers ten times as large", "noise": 0.0}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"sets": [other(), other(max_abs=0.5)]}, "its outputs (numbers ten times as large)"),
        ({"sets": [other(got={"shape": [4, 2], "dtype": "f"})]}, "the shape is [4, 2], and was"),
        (
            {"sets": [{"why": "sizes half as large again", "compared": [], "raised": "E: no"}]},
            "it takes no other inputs (sizes half as large again), which the original takes: E: no",
        ),
        (
            {
                "inside": [
                    {
                        "layer": "d",
                        "plain": True,
                        "why": "the first",
                        "noise": 0.0,
                        "compared": {**EQUAL, "max_abs": 0.5},
                    }
                ]
            },
            "what its layer d gives before its activation (the first): the difference is 0.5 of 1",
        ),
        (
            {
                "trained": [
                    {
                        "path": "n",
                        "name": "mean after a step",
                        "compared": {**EQUAL, "max_abs": 0.09},
                    }
                ]
            },
            "mean after a step of its layer n",
        ),
    ],
)
def test_another_model_is_seen_beside_the_first_outputs(more: dict[str, Any], told: str) -> None:
    found = problem(seen(**more), TOLERANCES)
    assert found is not None
    assert told in found
    assert problem(seen(), TOLERANCES) is None


def test_what_versions_do_otherwise_in_a_step_is_allowed() -> None:
    near = {"path": "n", "name": "variance", "compared": {**EQUAL, "max_abs": 1.5e-3}}
    assert problem(seen(trained=[near]), TOLERANCES) is None
    rough = {**other(max_abs=5e-4), "noise": 6e-5}
    assert problem(seen(sets=[rough]), TOLERANCES) is None


def test_a_weak_proof_is_delivered_and_said(workshop: Played) -> None:
    done = climb(workshop, [READ, BUILT, seen(("d", "kernel", 0.2, True))])
    assert done.verdict is Verdict.DELIVERED
    assert done.proof.weak == "a change of 1 % would not have been noticed in d"
    assert done.proof.is_blind


def test_a_strong_proof_is_not_weakened_by_what_is_known_at_a_glance(workshop: Played) -> None:
    alike = {**READ, "alike": [True]}
    done = climb(workshop, [alike, BUILT, seen(("d", "kernel", 20.0, True))])
    assert done.proof.weak is None
    done = climb(workshop, [alike, BUILT, seen()])  # no weights
    assert "the same for every row" in done.proof.weak


def test_what_could_not_be_changed_is_said(workshop: Played) -> None:
    done = climb(workshop, [READ, BUILT, {**SAME, "unlooked": "ValueError: no"}])
    assert done.proof.power is None
    assert done.proof.weak == "what it would have noticed is not known: ValueError: no"


def test_nothing_is_proven_by_what_is_empty(workshop: Played) -> None:
    done = climb(workshop, [{**READ, "nan": [1.0]}])
    assert done.verdict is Verdict.REFUSED
    assert "nothing could be compared" in str(done.reason)
    two = {**SAME, "count": [2, 2], "compared": [EQUAL, EQUAL]}
    done = climb(workshop, [{**READ, "nan": [0.0, 1.0]}, BUILT, two])
    assert "one is empty" in done.proof.weak


def test_the_reader_and_the_target_are_told_what_to_look_for(workshop: Played) -> None:
    noted = {"sets": [1], "taps": [2], "trained": [3]}
    climb(workshop, [{**READ, **noted}, BUILT, SAME])
    extract, prove = workshop.asked[0][2], workshop.asked[-1][2]
    assert extract["sight"]["half"]
    assert prove["sight"]["relative"] == TOLERANCES.relative
    assert {name: prove[name] for name in noted} == noted


@pytest.mark.parametrize("strict", [True, False])
def test_weak_proofs_fail_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, strict: bool
) -> None:
    proof = Proof(reader="a", target="b", outputs=1, max_abs=0, scale=1, bound=1, weak="why")
    done = Conversion(path="m", target="b", verdict=Verdict.DELIVERED, out="o", proof=proof)
    done = Conversion(**{**vars(done), "remedy": Remedy.REBUILT})
    monkeypatch.setattr(command, "bring_across", lambda *_, **__: done)
    monkeypatch.setattr(command, "read", lambda _: None)
    monkeypatch.setattr(command, "locks_of", lambda _: None)
    given = [
        str(tmp_path / "m.h5"),
        "--to",
        "2.21",
        "-o",
        "n.keras",
        *(["--strict"] if strict else []),
    ]
    arguments = parser().parse_args(["convert", *given])
    assert command.convert(arguments) == int(strict)
