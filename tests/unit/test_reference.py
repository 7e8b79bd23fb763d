"""Reference models as the runner knows them: text, never imported."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import check_models, provoked, read_family, read_form
from caniload.runner.matrix.schema import Format, Model

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")

FAMILY = '''\
raise RuntimeError("a family must never be run by the runner")
INPUTS = {"one": {"x": ["normal", [4]]}}
WITHHELD = ("one",)


def one_objects(keras):
    return {}


def one(keras):
    """Say why.

    At length.
    """
    return keras.Model()


def two(keras):
    return keras.Model()
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "some.py").write_text(FAMILY)
    (tmp_path / "broken.py").write_text("def one(:\n")
    return tmp_path


def test_a_family_is_read_and_not_run(folder: Path) -> None:
    family = read_family("some", folder)
    assert list(family.sources) == ["one_objects", "one", "two"]
    assert family.docstrings["one"].startswith("Say why.")
    assert family.inputs == {"one": {"x": ["normal", [4]]}}
    assert (family.withheld, family.registered) == (("one",), ())
    assert family.source("one").startswith("def one_objects(keras):\n    return {}\n\n\ndef one(")
    assert family.source("two") == "def two(keras):\n    return keras.Model()"


def test_the_loading_side_may_have_other_code(folder: Path) -> None:
    (folder / "changed.py").write_text(
        'ARGUMENTS = {"one": {"by_name": True}}\n\n\n'
        "def one_objects(keras):\n    return {}\n\n\n"
        "def one_objects_there(keras):\n    return {}\n\n\n"
        "def one(keras):\n    return 1\n\n\n"
        "def one_there(keras):\n    return 2\n"
    )
    family, plain = read_family("changed", folder), read_family("some", folder)
    assert (family.builder("one"), plain.builder("one")) == ("one_there", "one")
    assert (family.definer("one"), plain.definer("one")) == ("one_objects_there", None)
    assert plain.definer("two") is None
    assert family.arguments == {"one": {"by_name": True}}
    assert family.source("one").endswith("return 1")
    assert family.source_there("one") == (
        "def one_objects_there(keras):\n    return {}\n\n\n"
        "def one_there(keras):\n    return 2\n\n\n"
        "# loaded with by_name=True"
    )
    assert plain.source_there("one") == ""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        pytest.param(Model(id="two", family="some"), (), id="nothing"),
        pytest.param(Model(id="one", family="some"), ("custom-layer",), id="layers of its own"),
        pytest.param(
            Model(id="two", family="some", provokes=("weight-shape",)),
            ("weight-shape",),
            id="declared",
        ),
        pytest.param(
            Model(id="one", family="some", provokes=("custom-layer", "weight-shape")),
            ("custom-layer", "weight-shape"),
            id="both",
        ),
    ],
)
def test_what_a_model_provokes(folder: Path, model: Model, expected: tuple[str, ...]) -> None:
    assert provoked(model, read_family("some", folder)) == expected


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (("one", "nowhere"), r"nowhere\.py: no such family of models; matrix\.yaml names it"),
        (("one", "broken"), r"broken\.py:1: "),
        (("three", "some"), r"some\.py: has no function 'three'; matrix\.yaml names it"),
        (("two", "some"), r"some\.py: INPUTS has no 'two'; say what it is fed"),
    ],
)
def test_models_that_are_not_there(folder: Path, model: tuple[str, str], told: str) -> None:
    with pytest.raises(MatrixError, match=told):
        check_models((Model(id=model[0], family=model[1]),), folder)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("INPUTS = 3", "INPUTS must be a dict with a dict for each model"),
        ('INPUTS = {"one": ["normal", [4]]}', "INPUTS must be a dict with a dict for each model"),
        (
            'INPUTS = {"one": {"x": "normal"}}',
            "INPUTS must say how to draw 'x' of 'one', such as [\"normal\", [4]]",
        ),
        ('INPUTS = {["one"]: 3}', "INPUTS must be written out"),
        ("INPUTS = dict(one=3)", "INPUTS must be written out"),
        ('WITHHELD = "one"', "WITHHELD must be a list of models' names"),
        ("REGISTERED = [1]", "REGISTERED must be a list of models' names"),
        ('ARGUMENTS: dict = ["one"]', "ARGUMENTS must be a dict with a dict for each model"),
        ('SAVE_ARGUMENTS = {"one": 1}', "SAVE_ARGUMENTS must be a dict with a dict for each m"),
    ],
)
def test_tables_of_another_shape(folder: Path, table: str, told: str) -> None:
    path = folder / "other.py"
    path.write_text(f"SEED = 1\n{table}\n")
    with pytest.raises(MatrixError) as refused:
        read_family("other", folder)
    assert str(refused.value).startswith(f"{path}:2: {told}")


def test_all_missing_models_are_told_at_once(folder: Path) -> None:
    models = tuple(Model(id=name, family="some") for name in ("one", "two", "three"))
    with pytest.raises(MatrixError) as refused:
        check_models(models, folder)
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize("model", MATRIX.models, ids=lambda model: model.id)
def test_models_of_the_repository_say_why(model: Model) -> None:
    check_models((model,))
    family = read_family(model.family)
    assert len(family.docstrings[model.id].splitlines()[0]) > 20
    ast.parse(family.source(model.id))


@pytest.mark.parametrize("known", MATRIX.formats, ids=lambda known: known.id)
def test_formats_have_code_to_show(known: Format) -> None:
    found = read_form(known.id)
    assert found.save_code.startswith("def save(keras, model, folder, arguments):")
    into = "_into(keras, folder, model, arguments)" if found.into_code else ""
    expected = into or "(keras, folder, custom_objects, arguments)"
    assert found.load_code.startswith(f"def load{expected}:")
    assert found.target in found.load_code


def test_a_format_that_no_file_defines() -> None:
    with pytest.raises(MatrixError, match=r"tape\.py: no such format; matrix\.yaml names it"):
        read_form("tape")
