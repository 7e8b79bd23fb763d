"""frameworks.yaml: what is wrong in it is told with its place, and all who know stacks agree."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any, get_args

import pytest
import yaml
from packaging.version import Version

from caniload.reports.generations import generations, plain
from caniload.runner.bisecting.mixing import Locked, parts
from caniload.runner.core.errors import MatrixError
from caniload.runner.matrix.frameworks import FILE, frameworks, read_frameworks
from caniload.runner.matrix.frameworks import plain as build_of
from caniload.runner.matrix.schema import Environment
from caniload.runner.matrix.stacks import Imported, Stack

TEXT = FILE.read_text(encoding="utf-8")
STACK = next(line for line in TEXT.splitlines(keepends=True) if "- {name: tf-keras," in line)


def test_versions_are_versions_and_names_are_found() -> None:
    known = frameworks()
    assert known.since.keras_3 < Version("3.0.0rc1")
    assert known.stack("keras 3").ordered_by == "keras"
    assert known.called("2.15") == ("2.15", "tf-2.15")
    assert (build_of("tensorflow-cpu"), build_of("numpy")) == ("tensorflow", "numpy")
    assert known.named == ("tensorflow", "tensorflow-cpu", "keras", "tf-keras")
    assert {"jaxlib", "cntk", "tensorflow-cpu"} < known.exact
    assert known.lacks("3.7", "uv")
    assert not known.lacks("3.14", "uv")


AT = {one.package: index for index, one in enumerate(frameworks().suspects)}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("prefix: tf-\n", "", "prefix: is missing"),
        ("prefix: tf-\n", "prefix: 3\n", "prefix: 3 is no text; quote it"),
        (
            "prefix: tf-\n",
            "prefix: tf-\ncolour: red\n",
            "colour: unknown key; the head of the file has the known ones",
        ),
        ('keras_apart: "2.6"', "keras_apart: 2.6", "since.tensorflow_keras_apart: 2.6 is no text"),
        ('keras_apart: "2.6"', 'keras_apart: "new"', "'new' is no version"),
        ("lacks: [virtualenv]}", "lacks: [pip]}", "pythons[5].lacks[0]: 'pip' is not one of"),
        ("since: 2024-10-07", 'since: "2024"', "pythons[0].since: '2024' is no date"),
        ("{package: h5py}", "{package: keras}", f"suspects[{AT['h5py']}]: 'keras' is there twice"),
        ("of: tensorflow,", "of: tensorflaw,", "builds[0].of: there is no framework 'tensorflaw'"),
        (
            "keras, ordered_by: tf-keras",
            "keras, ordered_by: x",
            "stacks[2].ordered_by: no framework",
        ),
        (
            "{package: numpy}",
            "{package: numpy, along: six}",
            f"suspects[{AT['numpy']}].along: 'six' is no list",
        ),
        ("listed: [", "listed: [[", "not YAML"),
        (
            "{package: keras}\n  - {package: tf-keras}\n\n",
            "keras\n\n",
            "frameworks[1]: is no mapping",
        ),
        ("schema: 1", "schema: 2", "schema: 2 is not one of 1"),
        (
            "name: keras 3,",
            "name: keras 4,",
            "stacks[3].name: 'keras 4' is not one of 'tf.keras', ",
        ),
        ("imports: tf_keras", "imports: tfkeras", "stacks[2].imports: 'tfkeras' is not one of 't"),
        (STACK, "", "stacks: none has the name 'tf-keras', which stacks.py knows"),
        (
            "imports: tf_keras",
            "imports: keras",
            "stacks: none has the imports 'tf_keras', which stacks.py knows",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(MatrixError, match=r"^frameworks\.yaml: ") as refused:
        read_frameworks(TEXT.replace(old, new, 1))
    assert told in str(refused.value)


def test_a_line_more_makes_a_package_one_that_is_exchanged_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = read_frameworks(
        TEXT.replace("  - {package: h5py}\n", "  - {package: wrapt}\n  - {package: h5py}\n")
    )
    good, bad = locked({"wrapt": "1.1", "six": "1"}), locked({"wrapt": "1.2", "six": "2"})
    assert [one.name for one in parts(good, bad)] == ["others"]
    monkeypatch.setattr("caniload.runner.bisecting.mixing.frameworks", lambda: more)
    assert [one.name for one in parts(good, bad)] == ["wrapt", "others"]


def locked(packages: Mapping[str, str]) -> Locked:
    environment = Environment(
        id="one",
        stack="keras 3",
        label="One",
        python="3.11",
        imports="keras",
        packages={"keras": "3.5.0"},
        cutoff="2026-01-01",
    )
    return Locked(environment=environment, packages=packages)


def test_the_types_of_the_matrix_are_those_of_the_file() -> None:
    assert tuple(one.name for one in frameworks().stacks) == get_args(Stack)
    assert {one.imports for one in frameworks().stacks} == set(get_args(Imported))


def test_the_reports_know_the_same_stacks_and_builds() -> None:
    """They may read no module of the runner's: this test is what keeps the two files together."""
    path = FILE.parents[2] / "reports" / "generations.yaml"
    own: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = frameworks()
    assert {part["stack"] for one in own["generations"] for part in one["of"]} == {
        one.name for one in known.stacks
    }
    assert own["builds"] == {one.package: one.of for one in known.builds}
    assert own["on_tensorflow"] == [one.name for one in known.stacks if one.on_tensorflow]
    assert {build_of(name) for names in own["found"].values() for name in names} <= {
        one.package for one in known.frameworks
    }
    assert plain("tensorflow-cpu") == "tensorflow"
    assert generations()[-1] == "Other"


def test_it_costs_no_heavy_import() -> None:
    code = "import sys, caniload.runner.matrix.frameworks; print('pydantic' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"
