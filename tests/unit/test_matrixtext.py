"""An environment written into the text of a matrix.yaml, and nothing else touched."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.matrix.editing import entry, joined, with_environment
from caniload.runner.matrix.joining import place, relative
from caniload.runner.matrix.reading import parse_matrix
from caniload.runner.matrix.schema import Environment

TEXT = (Path(__file__).parent / "small_matrix.yaml").read_text(encoding="utf-8")
MATRIX = parse_matrix(TEXT)


def environment(**changes: Any) -> Environment:
    asked: dict[str, Any] = {
        "id": "tf-2.16.1",
        "stack": "tf.keras",
        "label": "TF 2.16.1",
        "python": "3.11",
        "imports": "tensorflow.keras",
        "packages": {"tensorflow-cpu": "2.16.1", "keras": "3.1.1"},
        "cutoff": "2024-03-23",
        **changes,
    }
    return Environment(**asked)


KERAS_3 = {"stack": "keras 3", "imports": "keras", "variables": {"KERAS_BACKEND": "tensorflow"}}
OLD = {"id": "tf-1.4", "packages": {"tensorflow": "1.4.1"}}
NEW_STACK = {
    "id": "tf-keras-2.16",
    "stack": "tf-keras",
    "imports": "tf_keras",
    "packages": {"tensorflow-cpu": "2.16.1", "tf-keras": "2.16.0"},
    "variables": {"TF_USE_LEGACY_KERAS": "1"},
}


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({}, "tf-2.15"),
        ({"packages": {"tensorflow-cpu": "2.16.3", "keras": "3.4.1"}}, "tf-2.16"),
        ({"id": "tf-3.0", "packages": {"tensorflow": "3.0.0"}}, "tf-2.21"),
        (OLD, None),
        (NEW_STACK, "tf-2.21"),
        ({**KERAS_3, "packages": {"tensorflow-cpu": "2.16.1", "keras": "3.5.0"}}, "tf-2.21"),
        ({**KERAS_3, "packages": {"keras": "4.0"}}, "keras-3.15-torch"),
        ({"pins": ("numpy<2", "h5py>=3"), "label": "a: b, {c} # d"}, "tf-2.15"),
        ({"variables": {"FLAGS": "cxx=,optimizer=fast", "ONE": "1", "NO": "no"}}, "tf-2.15"),
    ],
)
def test_it_stands_among_its_kin_and_all_else_stays(
    changes: dict[str, Any], after: str | None
) -> None:
    one = environment(**changes)
    text = with_environment(TEXT, one, name="m.yaml")

    assert parse_matrix(text) == joined(MATRIX, one)
    ids = [known.id for known in parse_matrix(text).environments]
    before = ids.index(one.id) - 1
    assert (ids[before] if before >= 0 else None) == after
    changed = list(difflib.ndiff(TEXT.splitlines(), text.splitlines()))
    gone = [line for line in changed if line.startswith("- ")]
    assert all("[tf-" in line for line in gone)  # lists of gaps, which have grown
    assert parse_matrix(text).profiles.default.environments[-1] == one.id
    assert "\n".join(f"  {line}" for line in entry(one)) in text


def test_it_joins_a_default_profile_that_is_a_plain_list() -> None:
    start, end = TEXT.index("  default:\n"), TEXT.index("\n# Reference models")
    text = TEXT[:start] + "  default: [tf-1.15, tf-2.15]\n" + TEXT[end:]
    assert "  default: [tf-1.15, tf-2.15, tf-2.16.1]\n" in with_environment(
        text, environment(), name="m.yaml"
    )


def test_the_gaps_of_the_relative_are_shared() -> None:
    matrix = parse_matrix(with_environment(TEXT, environment(), name="m.yaml"))
    known = [gap for gap in matrix.gaps if "tf-2.16" in gap.environments]
    assert len(known) == 2
    assert all("tf-2.16.1" in gap.environments for gap in known)
    assert not [gap for gap in matrix.gaps if gap not in known and "tf-2.16.1" in gap.environments]


@pytest.mark.parametrize(
    ("changes", "kin"),
    [
        ({}, "tf-2.16"),  # not 2.15, which saves in another way
        ({"packages": {"tensorflow-cpu": "2.11.1", "keras": "2.11.0"}}, "tf-2.10"),
        (OLD, "tf-1.15"),
        (NEW_STACK, None),
        ({**KERAS_3, "packages": {"keras": "3.15.2", "jax": "1.0"}}, "keras-3.15-jax"),
    ],
)
def test_relative(changes: dict[str, Any], kin: str | None) -> None:
    found = relative(environment(**changes), MATRIX.environments)
    assert (found.id if found else None) == kin


def test_of_equals_the_first_is_the_relative() -> None:
    pair = environment(id="tf-2.16-numpy-1", pins=("numpy<2",))
    found = relative(environment(id="tf-2.16-h5py-3"), [environment(), pair])
    assert found == environment()


def test_an_alias_ends_where_it_stands() -> None:
    anchor = "- id: a\n  stack: keras 3\n  label: A\n  python: '3.10'\n  imports: keras\n"
    anchor += (
        "  packages: {keras: '2.9'}\n  cutoff: '2026-01-01'\n  variables: &v {A: b}\n- id: b\n"
    )
    text = SMALL.replace("- id: b\n", anchor, 1)
    text = text.replace("  imports: keras\n", "  imports: keras\n  variables: *v\n").replace(
        "  variables: *v\n", "", 1
    )
    one = environment(**{**KERAS_3, "packages": {"keras": "9.0"}})
    assert parse_matrix(with_environment(text, one, name="m.yaml")).environments[-1] == one


def test_stacks_keep_their_order() -> None:
    last = [one for one in MATRIX.environments if one.stack == "keras 3"]
    assert place(environment(**NEW_STACK), last) == 0
    assert place(environment(**NEW_STACK), []) == 0


SMALL = """\
schema: 1
environments:  # all
- id: b
  stack: keras 3
  label: B
  python: "3.10"
  imports: keras
  packages:
    keras: "3.10"  # with a remark

  cutoff: "2026-01-01"

# models come now
models: [{id: control, family: plain}]
formats: [{id: h5, label: HDF5, carries: [weights]}]
gaps:
- environments:
  - b   # who
  formats: [h5]
  reason: a reason of some length
  says: cannot
controls: {model: control, damage: [empty]}
tolerances: {absolute: 1.0e-5, relative: 0.0, training: 0}
limits:
  {seconds: 1, seconds_floor: 1, history_factor: 2, memory_mb: 256, import_seconds: 1,
   build_seconds: 1}
"""


def test_another_layout_is_kept_too() -> None:
    one = environment(**KERAS_3 | {"packages": {"keras": "3.11"}, "variables": {}})
    small = SMALL.replace("packages:\n", 'packages:\n    tensorflow: "2.9"\n')
    one = one.model_copy(update={"packages": {"keras": "3.11", "tensorflow": "2.9"}})
    text = with_environment(small, one, name="m.yaml")
    assert '  cutoff: "2026-01-01"\n- id: tf-2.16.1\n' in text
    assert "  - b   # who\n  - tf-2.16.1\n  formats" in text
    assert "\n\n# models come now\n" in text


def test_a_layout_without_a_place_is_refused() -> None:
    flow = TEXT[: TEXT.index("environments:")] + (
        'environments: [{id: a, stack: keras 3, label: A, python: "3.1", imports: keras,'
        ' packages: {keras: "1"}, cutoff: "2020-01-01"}]\n'
    )
    flow += SMALL[SMALL.index("# models") :].replace("  - b", "  - a")
    with pytest.raises(ValueError, match=r"m\.yaml is laid out so that tf-2\.16\.1 finds no place"):
        with_environment(flow, environment(), name="m.yaml")
