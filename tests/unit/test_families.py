"""Models of whole families, and formats that their files state: each is said in one place."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from caniload.runner.core.errors import MatrixError
from caniload.runner.core.shipped import PROBES
from caniload.runner.matrix.plan import Selection, make
from caniload.runner.matrix.reading import parse_matrix
from caniload.runner.matrix.reference import read_form
from caniload.runner.matrix.schema import Format, Matrix, Model

FAMILY = """\
INPUTS = {"one": {"x": ["normal", [4]]}, "two": {"x": ["normal", [4]]}}


def one(keras):
    return keras.Model()


def helper(keras):
    return keras.Model()


def two(keras):
    return keras.Model()
"""
THIRD = """

def three(keras):
    return keras.Model()
"""
TAPE = '''\
"""On tape."""

LABEL = "Tape (.tape)"
CARRIES = ["architecture", "weights"]
TARGET = "model.tape"


def save(keras, model, folder, arguments):
    model.save(folder + "/model.tape", **arguments)


def load(keras, folder, custom_objects, arguments):
    return keras.models.load_model(folder + "/model.tape", **arguments)
'''
TEXT = """\
schema: 1
environments:
  - {id: one, stack: keras 3, label: One, python: "3.10", imports: keras,
     packages: {keras: "3.10"}, cutoff: "2026-01-01"}
models:
  - {id: control, family: plain}
  - {family: some}
formats:
  - {id: h5, label: HDF5, carries: [weights]}
  - {others: true}
controls: {model: control, damage: [empty]}
tolerances: {absolute: 1.0e-5, relative: 0.0, training: 0}
limits:
  {seconds: 1, seconds_floor: 1, history_factor: 2, memory_mb: 256, import_seconds: 1,
   build_seconds: 1}
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "formats").mkdir()
    (tmp_path / "models" / "some.py").write_text(FAMILY)
    shutil.copy(PROBES / "formats" / "h5.py", tmp_path / "formats")
    return tmp_path


def read(sources: Path, row: str = "{family: some}", text: str = TEXT) -> Matrix:
    assert text.count("{family: some}") == 1
    return parse_matrix(text.replace("{family: some}", row), name="m.yaml", sources=sources)


def told(sources: Path, row: str = "{family: some}", text: str = TEXT) -> list[str]:
    with pytest.raises(MatrixError) as refused:
        read(sources, row, text)
    return str(refused.value).splitlines()


def test_a_profile_names_models_and_leaves_out_families_too(sources: Path) -> None:
    profile = "profiles: {quick: {models: [one, two], without: [two, plain]}}\n"
    assert read(sources, text=profile + TEXT).profiles.quick.without == ("two", "plain")


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("models: [one, tow]", "models[1]: there is no model 'tow' below"),
        (
            "models: [some]",
            "models[0]: there is no model 'some' below; that is a family: name its models",
        ),
        ("without: [some, sum]", "without[1]: there is no family and no model 'sum' below"),
        ("readers: {where: {}}", "readers.where: a rule says at least one thing; leave it out to"),
    ],
)
def test_a_profile_of_what_there_is_not(sources: Path, profile: str, message: str) -> None:
    (line,) = told(sources, text=f"profiles:\n  full:\n    {profile}\n{TEXT}")
    assert line.startswith(f"m.yaml:3: profiles.full.{message}")


def test_a_family_is_its_models_in_its_order(sources: Path) -> None:
    assert [one.id for one in read(sources).models] == ["control", "one", "two"]


def test_a_model_more_is_a_change_of_its_file_alone(sources: Path) -> None:
    more = FAMILY.replace('"two":', '"three": {"x": ["normal", [4]]}, "two":') + THIRD
    (sources / "models" / "some.py").write_text(more)
    matrix = read(sources)
    assert [one.id for one in matrix.models] == ["control", "one", "two", "three"]
    assert "one/three.h5/one" in {cell.id for cell in make(matrix, Selection()).cells}


def test_what_is_said_of_all_and_of_some(sources: Path) -> None:
    row = """\
{family: some, formats: [h5], provokes: [custom-layer],
     but: {two: {provokes: [], precision: float16}}}"""
    assert read(sources, row).models[1:] == (
        Model(id="one", family="some", formats=("h5",), provokes=("custom-layer",)),
        Model(id="two", family="some", formats=("h5",), precision="float16"),
    )


def test_a_model_with_a_row_of_its_own_stands_there(sources: Path) -> None:
    row = "{id: two, family: some}\n  - {family: some, provokes: [custom-layer]}"
    found = read(sources, row).models
    assert [(one.id, one.provokes) for one in found[1:]] == [
        ("two", ()),
        ("one", ("custom-layer",)),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "{family: none}",
            (
                "m.yaml:7: models[1].family: {models}/none.py: no such family of models;"
                " matrix.yaml names it"
            ),
        ),
        (
            "{family: some}\n  - {family: some}",
            "m.yaml:8: models[2]: 'one' of some is the id of one of models[1] too",
        ),
        (
            "{family: some}\n  - {id: one, family: plain}",
            "m.yaml:8: models[2]: 'one' of plain is the id of one of models[1] too",
        ),
        (
            "{id: one, family: some}\n  - {id: two, family: some}\n  - {family: some}",
            "m.yaml:9: models[3].family: some.py has no model without a row of its own",
        ),
        (
            "{family: some, but: {helper: {provokes: []}}}",
            "m.yaml:7: models[1].but.helper: some.py has no such model without a row of its own",
        ),
        (
            "{family: some, but: {one: {provoke: []}}}",
            (
                "m.yaml:7: models[1].but.one.provoke: unknown key; see"
                " runner/matrix/matrix.schema.json for the known ones"
            ),
        ),
        (
            "{family: some, formats: [tape]}",
            "m.yaml:7: models[1].formats[0]: there is no format 'tape' below",
        ),
    ],
)
def test_what_is_wrong_with_a_family(sources: Path, row: str, message: str) -> None:
    assert told(sources, row)[0] == message.replace("{models}", str(sources / "models"))


def test_a_format_more_is_a_file_alone(sources: Path) -> None:
    assert [one.id for one in read(sources).formats] == ["h5"]
    (sources / "formats" / "on_tape.py").write_text(TAPE)
    matrix = read(sources)
    tape = Format(id="on-tape", label="Tape (.tape)", carries=("architecture", "weights"))
    assert matrix.formats[1:] == (tape,)
    assert "one/two.on-tape/one" in {cell.id for cell in make(matrix, Selection()).cells}
    asks_not = TEXT.replace("  - {others: true}\n", "")
    assert [one.id for one in read(sources, text=asks_not).formats] == ["h5"]


def test_a_format_may_name_its_only_models_itself(sources: Path) -> None:
    path = sources / "formats" / "tape.py"
    path.write_text(TAPE.replace("TARGET", 'MODELS = ["two"]\nTARGET', 1))
    matrix = read(sources)
    assert (matrix.formats_of("one"), matrix.formats_of("two")) == (("h5",), ("h5", "tape"))
    path.write_text(TAPE.replace("TARGET", 'MODELS = ["gone"]\nTARGET', 1))
    assert told(sources) == ["m.yaml:10: formats[1].models[0]: there is no model 'gone' above"]


def test_a_row_overrules_what_a_file_states(sources: Path) -> None:
    (sources / "formats" / "h5.py").write_text(TAPE)
    assert read(sources).formats == (Format(id="h5", label="HDF5", carries=("weights",)),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["architecture", "weights"]', '["soul"]', "tape.py: CARRIES: Input should be 'arch"),
        ('["architecture", "weights"]', "[]", "tape.py: CARRIES: Tuple should have at least 1"),
        ('"Tape (.tape)"', "7", "tape.py: LABEL: Input should be a valid string"),
        ('"Tape (.tape)"', "name()", "tape.py:3: LABEL must be written out"),
        ("TARGET", "TARGET = (", "tape.py:5: "),
    ],
)
def test_a_format_that_states_nonsense(sources: Path, old: str, new: str, message: str) -> None:
    (sources / "formats" / "tape.py").write_text(TAPE.replace(old, new, 1))
    (said,) = told(sources)
    assert said.startswith("m.yaml:10: formats[1]: ")
    assert message in said


def test_what_a_format_states_is_no_code_of_it(tmp_path: Path) -> None:
    """Results stay when a format moves out of matrix.yaml into its file, or gets a new label."""
    text = TAPE.replace('LABEL = "Tape (.tape)"\n', "")
    code = text.replace('CARRIES = ["architecture", "weights"]\n', "")
    many = TAPE.replace('["architecture", "weights"]', '[\n    "weights",\n]')
    for name, one in (("plain", code), ("stated", TAPE), ("many", many)):
        (tmp_path / f"{name}.py").write_text(one)
        assert read_form(name, tmp_path).sha256 == hashlib.sha256(code.encode()).hexdigest()
    (tmp_path / "changed.py").write_text(TAPE.replace("**arguments", ""))
    changed = read_form("changed", tmp_path).sha256
    assert changed != hashlib.sha256(code.encode()).hexdigest()


@pytest.mark.parametrize(
    "path", sorted((PROBES / "formats").glob("*.py")), ids=lambda one: one.stem
)
def test_the_formats_of_old_keep_their_results(path: Path) -> None:
    whole = hashlib.sha256(path.read_bytes()).hexdigest()
    stated = "\nLABEL = " in path.read_text(encoding="utf-8")
    assert (read_form(path.stem).sha256 == whole) is not stated
