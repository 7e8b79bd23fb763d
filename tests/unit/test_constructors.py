"""What constructors take: the probe with a framework of this page, and what its answers become."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packs_made import MATRIX, environment, small

from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.constructors import probe_sha256
from caniload.runner.environments.home import Home
from caniload.runner.evidence import constructors
from caniload.runner.evidence.candidates import candidates
from caniload.runner.evidence.taken import Taken, answer, find, lines, summary, why
from caniload.runner.packs import asking
from caniload.runner.packs.pack import Contents, Pack
from caniload.runner.packs.shelf import SHIPPED

ROOT = Path(__file__).parents[2]

LAYERS = """
class Layer(object):
    def __init__(self, name=None, **kwargs):
        allowed_kwargs = {"input_shape"}
        for word in kwargs:
            if word not in allowed_kwargs:
                raise TypeError("Keyword argument not understood:", word)
        self.name = name

    def get_config(self):
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Dense(Layer):
    def __init__(self, units, use_bias=True, lr=None, learning_rate=0.1, **kwargs):
        if "old" in kwargs:
            kwargs.pop("old")
        if lr is not None and learning_rate is not None:
            raise ValueError("give only one of `lr` and `learning_rate`")
        if not isinstance(use_bias, bool):
            raise ValueError("no bool")
        super().__init__(**kwargs)
        self.units, self.use_bias = units, use_bias
        self.learning_rate = learning_rate

    def get_config(self):
        more = {"units": self.units, "use_bias": self.use_bias}
        return {"learning_rate": self.learning_rate, **more, **super().get_config()}


class Odd(Layer):
    def __init__(self, thing):
        super().__init__()


def deserialize(config):
    known = {"Dense": Dense, "dense": Dense, "Layer": Layer}
    if config["class_name"] not in known:
        raise ValueError("Unknown layer: " + config["class_name"])
    return known[config["class_name"]].from_config(config["config"])
"""
ACTIVATIONS = """
def relu(x, alpha=0.0, max_value=None):
    return x


def get(name):
    if name != "relu":
        raise ValueError("Unknown activation function: " + name)
    return relu
"""


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the probe says of a framework that knows two layers and one activation."""
    folder = tmp_path_factory.mktemp("framework")
    package = folder / "keras"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from . import layers, activations\n__version__ = '0.1'\n", encoding="utf-8"
    )
    (package / "layers.py").write_text(LAYERS, encoding="utf-8")
    (package / "activations.py").write_text(ACTIVATIONS, encoding="utf-8")
    given = {
        "layers": {
            "names": ["dense", "Conv9D"],
            "arguments": {"Dense": {"groups": [1], "use_bias": [True], "old": [3], "lr": [0.5]}},
            "forms": {},
        }
    }
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    subprocess.run(
        [
            *(sys.executable, PROBES / "constructors" / "read.py"),
            *("keras", folder / "result.json", folder / "given.json"),
        ],
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    report: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert report["error"] is None
    return report


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("units", Taken.KEPT),
        ("name", Taken.KEPT),
        ("input_shape", Taken.UNSTATED),  # Layer looks for it, the candidates do not name it
        ("old", Taken.UNSTATED),
        ("lr", Taken.UNSTATED),  # beside learning_rate it is refused, in its place it is taken
        ("groups", Taken.REFUSED),
        ("caniload_invented", Taken.REFUSED),
        ("never_tried", Taken.UNKNOWN),
    ],
)
def test_the_probe_asks_from_config(probed: dict[str, Any], argument: str, told: Taken) -> None:
    (dense,) = find(probed, "Dense")
    assert answer(dense, argument) is told


def test_a_name_is_what_the_framework_finds_under_it(probed: dict[str, Any]) -> None:
    names = probed["kinds"]["layers"]["names"]
    assert names["dense"] == names["Dense"] == "Dense"
    assert names["Conv9D"] is None
    assert names["Odd"] is None  # the module has it, the loader does not know it
    assert [one.name for one in find(probed, "dense")] == ["Dense"]


def test_what_cannot_be_made_is_not_known(probed: dict[str, Any]) -> None:
    (odd,) = find(probed, "Odd")
    assert answer(odd, "thing") is Taken.UNKNOWN
    assert "thing" in why(odd, "thing")


def test_the_lines_say_what_is_taken_and_what_is_not(probed: dict[str, Any]) -> None:
    (dense,) = find(probed, "Dense", "layers")
    said = "\n".join(lines(dense))
    assert "units          must be given" in said
    assert "use_bias       = True" in said
    assert "refused beside them: groups" in said
    assert "an invented argument: refused" in said
    (relu,) = find(probed, "relu")
    assert answer(relu, "max_value") is Taken.KEPT
    assert "alpha      = 0.0" in "\n".join(lines(relu))
    assert "layers (3): Dense, Layer, Odd" in list(summary(probed))


def record(**given: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "arguments": [],
        "more": [],
        "takes": {},
        "refusals": {},
        "written": {},
    }
    return {**plain, "writes": None, "legacy": {}, "untried": None, **given}


def report(one: dict[str, Any]) -> dict[str, Any]:
    layers = {"names": {"Dense": "Dense"}, "classes": {"Dense": one}, "functions": {}}
    return {"versions": {"keras": "1"}, "kinds": {"layers": layers}}


def test_what_one_environment_has_is_tried_in_all() -> None:
    first = record(arguments=[["units"], ["act", "<relu>"]], written={"units": 2, "act": None})
    second = record(
        arguments=[["units"], ["groups", 1]],
        takes={"input_shape": 1},
        writes=["keras.layers", "Dense", None],
    )
    said = candidates([report(first), report(second)])["layers"]
    assert said["names"] == ["Dense"]
    assert said["forms"] == {"Dense": [["keras.layers", "Dense", None]]}
    arguments = {"act": [], "groups": [1], "input_shape": [], "units": [2]}
    assert said["arguments"] == {"Dense": arguments}


def packed(path: Path, lock: str | None = None) -> dict[str, Any]:
    """Write a pack with what one environment takes, and return that."""
    said = report(record(takes={"units": 2}))
    Contents().write(path)
    constructors.write({"tf-2.15": said}, {"tf-2.15": environment("tf-2.15", lock)}, {}, path)
    return said


def test_what_is_written_is_read_and_is_the_same_bytes(tmp_path: Path) -> None:
    one = MATRIX.environment("tf-2.15")
    said = packed(tmp_path / "a")
    packed(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert constructors.shipped(one, path=tmp_path / "a") == said
    packed(tmp_path / "c", "ff")
    assert constructors.shipped(one, path=tmp_path / "c") is None


def test_what_is_written_leaves_the_rest_of_the_pack(tmp_path: Path) -> None:
    small().write(tmp_path / "a")
    before = Pack(tmp_path / "a")
    reports = {"tf-2.15": report(record())}
    constructors.write(reports, {"tf-2.15": environment("tf-2.15")}, {}, tmp_path / "a")
    after = Pack(tmp_path / "a")
    assert after.part("files/h5/tf-2.15") == before.part("files/h5/tf-2.15")
    assert after.locks() == before.locks()


def test_what_was_imported_goes_before_what_ships(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    one = MATRIX.environment("tf-2.15")
    assert constructors.known(one, home=home)[1] == "shipped"
    home.packs.mkdir()
    said = packed(home.packs / "x.pack")
    assert constructors.known(one, home=home) == (said, "imported")


def test_what_another_probe_asked_is_not_taken_from_an_import(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    one = MATRIX.environment("tf-2.15")
    home.packs.mkdir()
    packed(home.packs / "x.pack")
    assert constructors.shipped(one, path=home.packs / "x.pack", probe="another") is None


def test_what_ships_is_of_this_probe_and_names_no_machine() -> None:
    part = Pack(SHIPPED).constructors()
    assert {one["probe"] for one in part["entries"]} == {probe_sha256()}, (
        "renew it, as CONTRIBUTING.md says"
    )
    whole = json.dumps(part["texts"])
    folders = [f"/{one}/" for one in ("home", "root", "tmp", "usr")]
    for word in (*folders, " at 0x", "site-packages"):
        assert word not in whole
    assert len(part["entries"]) > 20


@pytest.mark.parametrize(
    ("name", "argument", "told"),
    [
        ("tf-2.15", "groups", {Taken.KEPT}),
        ("tf-2.21", "groups", {Taken.REFUSED}),
    ],
)
def test_what_ships_says_what_is_known(name: str, argument: str, told: set[Taken]) -> None:
    one = MATRIX.environment(name)
    shipped = constructors.shipped(one)
    assert shipped is not None
    (found,) = find(shipped, "DepthwiseConv2D")
    assert answer(found, argument) in told


def test_a_class_is_found_by_the_name_that_its_module_has_for_it() -> None:
    there = constructors.looked_up(MATRIX.environment("tf-2.21"))
    assert there is not None
    assert there("layers", "GroupQueryAttention") == there("layers", "GroupedQueryAttention")
    assert there("layers", "CuDNNLSTM") == {}


def test_what_ships_is_found_on_a_further_python_too() -> None:
    one = next(one for one in MATRIX.environments if one.pythons)
    first, further = one.variants[:2]
    assert further.python != first.python
    assert constructors.shipped(further) == constructors.shipped(first) is not None


def test_texts_are_stored_once() -> None:
    entry = {"probe": "p", "candidates": "c", **report(record(takes={"units": 2}))}
    both = [{**entry, "environment": name} for name in ("a", "b")]
    assert len(asking.folded(both, {})["texts"]) == 2  # the names, and the record


def test_two_answers_of_one_environment_are_told() -> None:
    entry = {"environment": "a", "probe": "p", "candidates": "c"}
    parts = [
        asking.folded([{**entry, **report(record(takes={"units": takes}))}], {"c": {}})
        for takes in (1, 2)
    ]
    first, twice = asking.joined(parts)
    assert twice == ["a"]
    assert (first, twice) == asking.joined(parts[::-1])
    assert asking.joined(parts[:1]) == (parts[0], [])
