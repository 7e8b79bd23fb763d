"""What follows for a file from reference models with the same features, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caniload.runner.answering import quick
from caniload.runner.answering.features import Features
from caniload.runner.answering.references import Index, Known, Loaded
from caniload.runner.core.outcomes import Outcome


def reference(model: str, traits: str, **cells: Loaded) -> Known:
    return Known(saved_by="tf-2.15", model=model, format="h5", features=having(traits), cells=cells)


def having(traits: str) -> Features:
    classes = frozenset(traits.split())
    return Features(
        format="h5",
        origin=("Keras 2.15", "", ""),
        classes=classes,
        traits=frozenset(f"layer {name}" for name in classes),
    )


GOOD = Loaded(outcome=Outcome.IDENTICAL, reason="bit for bit the same model")


def expected(wanted: Features, kin: list[Known]) -> quick.Expected:
    found = quick.expect(wanted, kin, "new")
    assert isinstance(found, quick.Expected)
    return found


def bad(raised: str) -> Loaded:
    return Loaded(
        outcome=Outcome.ERROR, reason=f"does not load: {raised}", phase="load", raised=raised
    )


def test_all_of_it_in_files_that_load_lets_expect_that_it_loads() -> None:
    kin = [reference("one", "Dense Conv2D", new=GOOD), reference("two", "Dense LSTM", new=GOOD)]
    found = expected(having("Conv2D LSTM"), kin)
    assert found.outcome is Outcome.IDENTICAL
    assert set(found.cells) == {"tf-2.15/one.h5/new", "tf-2.15/two.h5/new"}
    assert "together use all of its features" in found.reason


def test_what_no_reference_has_is_not_known() -> None:
    kin = [reference("one", "Dense", new=GOOD)]
    assert "has its layer GRU" in str(quick.expect(having("Dense GRU"), kin, "new"))
    assert "was loaded there" in str(quick.expect(having("Dense"), kin, "old"))


def test_a_named_class_lets_expect_the_same_failure() -> None:
    kin = [
        reference("one", "Dense", new=GOOD),
        reference("two", "Conv1D GRU", new=bad("TypeError: GRU: {'time_major': False}")),
    ]
    found = expected(having("Dense GRU"), kin)
    assert found.outcome is Outcome.ERROR
    assert found.cells == ("tf-2.15/two.h5/new",)
    assert "uses 1 of this file's 2 layer classes" in found.reason


def test_a_named_class_that_loads_elsewhere_proves_nothing() -> None:
    kin = [
        reference("one", "Dense GRU", new=GOOD),
        reference("two", "Conv1D GRU", new=bad("TypeError: GRU: {'time_major': False}")),
    ]
    found = expected(having("Dense GRU"), kin)
    assert found.outcome is Outcome.IDENTICAL


def test_what_has_nothing_that_the_file_lacks_outweighs_all_that_load() -> None:
    kin = [
        reference("one", "GRU", new=GOOD),
        reference("two", "Dense", new=bad("ValueError: no layer is named")),
    ]
    found = expected(having("Dense GRU"), kin)
    assert found.outcome is Outcome.ERROR


def test_several_that_failed_alike_tell_by_what_they_have_in_common() -> None:
    failed = bad("ValueError: no optimizer of that kind")
    kin = [reference(name, f"Shared {name}", new=failed) for name in ("A", "B", "C")]
    found = expected(having("Shared Other"), kin)
    assert found.outcome is Outcome.ERROR
    assert len(found.cells) == 3
    fine = [*kin, reference("D", "Shared D", new=GOOD)]
    assert "has its layer Other" in str(quick.expect(having("Shared Other"), fine, "new"))


def test_a_milder_end_is_not_expected_of_what_nobody_loaded() -> None:
    mild = Loaded(outcome=Outcome.DIFFERS, reason="output 0 differs by up to 1")
    kin = [reference("one", "Dense", new=mild)]
    found = expected(having("Dense"), kin)
    assert found.outcome is Outcome.DIFFERS
    assert "that load there has its layer GRU" in str(quick.expect(having("Dense GRU"), kin, "new"))


def test_where_own_code_decides_only_a_named_class_counts() -> None:
    own = replace(having("Dense Lambda"), own=True)
    kin = [reference("one", "Dense Lambda", new=GOOD)]
    assert "code of its own decides" in str(quick.expect(own, kin, "new"))
    kin = [reference("one", "Conv1D Lambda", new=bad("ValueError: a Lambda layer is not safe"))]
    found = expected(own, kin)
    assert found.outcome is Outcome.ERROR


def of(origin: str, model: str, traits: str, **cells: Loaded) -> Known:
    one = reference(model, traits, **cells)
    return replace(one, features=replace(one.features, origin=(f"Keras {origin}", "", "on tf")))


def between(wanted: str, *known: Known) -> list[list[str]]:
    index = Index(known=known, measured=True)
    features = replace(having("Dense"), origin=(f"Keras {wanted}", "", "on tf"))
    return [[one.model for one in group] for group in index.kin(features)]


@pytest.mark.parametrize(
    ("wanted", "models"),
    [
        ("2.9", [["nine"]]),
        ("2.6", [["four"], ["nine"]]),
        ("2.3-tf", [["two"], ["four"]]),
        ("2.12", []),  # nothing after it that is of this line
        ("2.3", []),  # multi-backend Keras
        ("3.1", []),
        ("3.5", [["three"], ["three, later"]]),
    ],
)
def test_files_of_no_measured_version_are_between_the_nearest_two(
    wanted: str, models: list[list[str]]
) -> None:
    known = [
        of(origin, model, "Dense", new=GOOD)
        for origin, model in (
            ("2.9", "nine"),
            ("2.2-tf", "two"),
            ("2.4", "four"),
            ("3.2", "three"),
            ("3.10", "three, later"),
        )
    ]
    assert between(wanted, *known) == models


def test_both_sides_have_to_let_expect_the_same() -> None:
    good = expected(having("Dense"), [reference("one", "Dense", new=GOOD)])
    failed = quick.expect(having("Dense"), [reference("two", "Dense", new=bad("no"))], "new")
    unknown = quick.expect(having("Dense"), [], "new")
    assert quick.agreed([good]) is good
    both = quick.agreed([good, replace(good, cells=("x",))])
    assert isinstance(both, quick.Expected)
    assert both.outcome is Outcome.IDENTICAL
    assert "before and after it let expect the same: reference model one" in both.reason
    near = quick.agreed([good, replace(good, outcome=Outcome.TOLERANCE, reason="nearly")])
    assert isinstance(near, quick.Expected)
    assert near.reason.endswith("nearly")
    assert len(both.cells) == 2
    assert "end differently there: identical and error" in str(quick.agreed([good, failed]))
    assert "was loaded there" in str(quick.agreed([good, unknown]))
    assert "nor any of versions on both sides" in str(quick.agreed([]))


def test_what_nothing_in_the_file_tells_apart_is_not_known() -> None:
    kin = [
        reference("lost", "Attention", new=bad("no")),
        reference("kept", "Attention Dense", new=GOOD),
    ]
    told = quick.expect(having("Attention"), kin, "new")
    assert "reference model lost has nothing that this file lacks" in str(told)
    assert "kept has all of that, too, and does" in str(told)


def test_a_class_that_loads_in_a_file_that_then_differs_is_not_to_blame() -> None:
    differs = Loaded(outcome=Outcome.DIFFERS, reason="the optimizer has taken 0 steps")
    failed = bad("ValueError: Unable to restore object of class 'Model'")
    kin = [reference("one", "Model Own", new=failed), reference("two", "Model Dense", new=differs)]
    assert "has its layer Model" in str(quick.expect(having("Model"), kin, "new"))
