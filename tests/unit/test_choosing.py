"""Rules of matrix.yaml: whom they take, whom they will take, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix import choosing
from caniload.runner.matrix.editing import joined, with_environment
from caniload.runner.matrix.joining import is_keras_3, versions
from caniload.runner.matrix.reading import parse_matrix, read_matrix
from caniload.runner.matrix.schema import Environment, Gap
from caniload.runner.matrix.where import Choice, Where

FILE = Path(__file__).parents[2] / "matrix.yaml"
TEXT = FILE.read_text(encoding="utf-8")
MATRIX = read_matrix(FILE)
ROWS = MATRIX.environments


def row(**changes: Any) -> Environment:
    asked: dict[str, Any] = {
        "id": "tf-2.99",
        "stack": "tf.keras",
        "label": "TF 2.99",
        "python": "3.11",
        "imports": "tensorflow.keras",
        "packages": {"tensorflow-cpu": "2.99.0", "keras": "3.15.1"},
        "cutoff": "2026-11-22",
        **changes,
    }
    return Environment(**asked)


def taken(rule: dict[str, Any], *rows: Environment) -> tuple[str, ...]:
    return choosing.by_rule(Where.model_validate(rule), rows or ROWS)


def gaps_of(name: str, of: Any = MATRIX) -> set[str]:
    """Return the formats that an environment of a matrix cannot write the model `dense` in."""
    wanted = of.formats_of("dense")
    return {one for one in wanted if choosing.Gaps(of).of(name, "dense", one) is not None}


@pytest.mark.parametrize("one", ROWS, ids=lambda one: one.id)
def test_what_each_environment_cannot_write(one: Environment) -> None:
    """The rules, against what is known of the versions themselves."""
    found, tensorflow = gaps_of(one.id), versions(one).get("tensorflow", Version("0"))
    if is_keras_3(one):
        expected = {"savedmodel", "checkpoint", "weights-h5-legacy"}
    elif one.stack == "keras 2 (multi-backend)":
        expected = {"keras", "savedmodel", "exported", "checkpoint"}
    elif one.stack == "tf-keras" or tensorflow >= Version("2.12"):
        expected = set()
    elif tensorflow >= Version("1.15"):
        expected = {"keras"}
    else:
        expected = {"keras", "savedmodel", "exported"}
    assert found == expected & {*MATRIX.formats_of("dense")}


def test_a_new_release_joins_by_itself() -> None:
    """An entry is all that it takes: profiles and gaps have it by their rules."""
    entry = """\
  - id: tf-2.99
    stack: tf.keras
    label: TF 2.99
    python: "3.11"
    imports: tensorflow.keras
    packages: {tensorflow-cpu: "2.99.0", keras: "3.15.1"}
    cutoff: "2026-11-22"
"""
    before = "  - id: tf-1.13-keras-2.2\n"
    assert TEXT.count(before) == 1
    grown = parse_matrix(TEXT.replace(before, entry + before))

    assert gaps_of("tf-2.99", grown) == gaps_of("tf-2.21")
    default = choosing.profile(MATRIX, "default").environments
    (last,) = taken({"stack": "tf.keras", "newest": "stack"}, *ROWS)
    place = default.index(last) + 1
    expected = (*default[:place], "tf-2.99", *default[place:])
    assert choosing.profile(grown, "default").environments == expected
    assert "tf-2.99" in choosing.profile(grown, "quick").environments
    assert "tf-2.99" in choosing.profile(grown, "full").readers.environments
    assert with_environment(TEXT, row(), name="m.yaml") == TEXT.replace(before, entry + before)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"id": "old", "packages": {"tensorflow-cpu": "2.21.0"}}, id="an equal"),
        pytest.param({"id": "old", "packages": {"tensorflow-cpu": "2.16.1"}}, id="an older patch"),
        pytest.param({"id": "old", "packages": {"tensorflow-cpu": "2.11.1"}}, id="too old"),
    ],
)
def test_what_no_rule_takes_joins_default_by_id(changes: dict[str, Any]) -> None:
    one = row(**changes)
    grown = joined(MATRIX, one)
    assert grown.profiles.default.environments == (*MATRIX.profiles.default.environments, "old")
    assert "tf-2.8, tf-2.10, old]" in with_environment(TEXT, one, name="m.yaml")


def test_twins_stay_out_and_a_newer_patch_takes_the_place() -> None:
    default = choosing.profile(MATRIX, "default").environments
    assert not [one.id for one in ROWS if one.twin and one.id in default]
    newer = row(id="tf-2.21.1", packages={"tensorflow-cpu": "2.21.1", "keras": "3.15.1"})
    after = choosing.profile(joined(MATRIX, newer), "default").environments
    assert {*after} ^ {*default} == {"tf-2.21", "tf-2.21.1"}


def test_a_pre_release_displaces_no_release() -> None:
    early = row(packages={"tensorflow-cpu": "2.99.0rc0", "keras": "3.15.1"})
    rows = (*ROWS, early)
    rule = {"stack": "tf.keras", "newest": "stack"}
    assert taken(rule, *rows) == taken(rule, *ROWS)
    assert "tf-2.99" not in taken({"stack": "tf.keras", "newest": "minor"}, *rows)
    assert taken({"tensorflow": ">=2.99"}, *rows) == ("tf-2.99",)


@pytest.mark.parametrize(
    ("rule", "packages", "takes"),
    [
        ({"keras": ">=3"}, {"tensorflow": "2.16.2"}, True),  # which brings Keras 3
        ({"keras": ">=3"}, {"tensorflow": "2.15.1"}, False),
        ({"keras": ">=3"}, {"tensorflow": "2.16.2", "tf-keras": "2.16.0"}, False),
        ({"keras": "<2.4"}, {"tensorflow": "2.15.1"}, False),
        ({"tensorflow": "==2.16.*"}, {"tensorflow-cpu": "2.16.2"}, True),
        ({"torch": "==2.13.0"}, {"torch": "2.13.0+cpu"}, True),
        ({"imports": ("keras", "tensorflow.keras")}, {"keras": "3.0"}, True),
        ({"imports": "keras"}, {"keras": "3.0"}, False),
        ({"keras": ">=3", "without": ("tf-2.99",)}, {"keras": "3.0"}, False),
    ],
)
def test_a_rule_and_a_row(rule: dict[str, Any], packages: dict[str, str], *, takes: bool) -> None:
    assert taken(rule, row(packages=packages)) == (("tf-2.99",) if takes else ())


RULES = st.builds(
    lambda **said: Where.model_validate({name: one for name, one in said.items() if one}),
    stack=st.sampled_from(["", *sorted({one.stack for one in ROWS})]),
    imports=st.sampled_from(["", *sorted({one.imports for one in ROWS})]),
    newest=st.sampled_from(["", "minor", "stack"]),
    tensorflow=st.sampled_from(["", ">=2", "<2.12", "==2.16.*"]),
    keras=st.sampled_from(["", ">=3", "<3", "<2.4"]),
)


@settings(max_examples=40, deadline=None)
@given(RULES, st.permutations(ROWS), st.lists(st.sampled_from([one.id for one in ROWS])))
def test_rules_of_all_kinds(rule: Where, rows: list[Environment], named: list[str]) -> None:
    found = choosing.by_rule(rule, rows)
    plain = rule.model_copy(update={"newest": None})
    assert set(found) <= set(choosing.by_rule(plain, rows))
    assert bool(found) == bool(choosing.by_rule(plain, rows))  # of some, one is the newest
    choice = Choice(environments=tuple(named), where=rule)
    assert choosing.chosen(choice, rows) == tuple(
        one.id for one in rows if one.id in {*found, *named}
    )
    gap = Gap(**dict(choice), formats=("h5",), reason="a reason of its own", says="no way")
    of = MATRIX.model_copy(update={"environments": tuple(rows), "gaps": (gap,)})
    for one in rows:
        assert (choosing.Gaps(of).of(one.id, "dense", "h5") is gap) == (one.id in {*found, *named})


def test_ids_that_have_no_row_are_kept() -> None:
    assert choosing.chosen(Choice(environments=("gone", "tf-2.21")), ROWS) == ("tf-2.21", "gone")


def told(old: str, new: str) -> list[str]:
    assert TEXT.count(old) == 1
    with pytest.raises(MatrixError) as refused:
        parse_matrix(TEXT.replace(old, new), name="m.yaml")
    return str(refused.value).splitlines()


THIRD = '- where: {stack: tf.keras, tensorflow: "==1.14.*"}'
NOTHING = "a rule says at least one thing; leave it out to mean all"
NOBODY = "no environment above is like this; mend the rule or leave it"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('where: {tensorflow: ">=99"}', f"gaps[2].where: {NOBODY}"),
        ('where: {kears: ">=3"}', f"gaps[2].where: {NOBODY}"),
        ('where: [{keras: ">=3"}, {jax: ">=99"}]', f"gaps[2].where[1]: {NOBODY}"),
        (
            'where: {keras: ">=3", without: [gone]}',
            "gaps[2].where.without[0]: there is no environment 'gone' above",
        ),
        (
            "where: {stakc: tf.keras}",
            (
                "gaps[2].where.stakc: should be versions as pip writes them, such as >=3 or"
                ' ==1.14.*, not "tf.keras"'
            ),
        ),
        (
            "where: {stack: [tf.keras, keras 4]}",
            (
                'gaps[2].where.stack[1]: "keras 4" is not one of '
                "'tf.keras', 'keras 2 (multi-backend)', 'tf-keras' or 'keras 3'"
            ),
        ),
        ("where: {}", f"gaps[2].where: {NOTHING}"),
        ("where: {without: []}", f"gaps[2].where: {NOTHING}"),
        ('where: [{keras: ">=3"}, {}]', f"gaps[2].where[1]: {NOTHING}"),
        ("where: {keras: 3}", "gaps[2].where.keras: input should be a valid string, not 3"),
        ("models: [dense]", "gaps[2]: say of which `environments`, or `where`"),
    ],
)
def test_a_wrong_rule_is_told(rule: str, message: str) -> None:
    line = TEXT[: TEXT.index(THIRD)].count("\n") + 1
    (said,) = told(THIRD, f"- {rule}")
    assert said == f"m.yaml:{line}: {message}"


def test_a_wrong_rule_of_a_profile_is_told() -> None:
    (said,) = told("- {stack: keras 3, newest: stack}", '- {stack: keras 3, theano: ">1"}')
    assert said.endswith(f": profiles.default.where[1]: {NOBODY}")
    (said,) = told("where: {stack: tf.keras, newest: stack}", "where: {stack: tf.keras, newest: 1}")
    assert "profiles.full.readers.where.newest: 1 is not one of 'minor' or 'stack'" in said
