"""A person's own files on real TensorFlows: saved by a plain script, checked by the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.environments.home import Home

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

ENVIRONMENTS = "tf-2.15,tf-2.21"

OWN = """
from tensorflow import keras


class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2
"""

SAVE_OWN = (
    OWN
    + """
import sys

model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3), Doubled()])
model.save(sys.argv[1] + "/own.h5")
words = keras.layers.Input((6,))
rows = keras.layers.Embedding(5, 4)(words)
keras.Model(words, keras.layers.GRU(2)(rows)).save(sys.argv[1] + "/words.h5")
features = keras.layers.Input((4,), name="features")
base = keras.layers.Dense(3, name="base", trainable=False)
graph = keras.Model(features, keras.layers.Dense(2, name="head")(base(features)))
graph.compile("sgd", "mse")
graph.save(sys.argv[1] + "/../graph", save_format="tf")
"""
)

NET = """
import humanize
from tensorflow import keras


def make(units=len(humanize.intcomma(1000))):
    inputs = keras.layers.Input((8,))
    return keras.Model(inputs, keras.layers.Dense(units)(inputs))
"""
SAVE_WEIGHTS = """
import shutil
from tensorflow import keras

inputs = keras.layers.Input((8,))
model = keras.Model(inputs, keras.layers.Dense(5)(inputs))
model.save_weights("w.h5")
shutil.copy("w.h5", "w.weights.h5")
"""


def caniload(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "caniload", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def files(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    built = caniload("env", "build", *ENVIRONMENTS.split(","))
    assert built.returncode == 0, f"{home}: {built.stderr[-2000:]}"
    python = caniload("env", "path", "tf-2.15").stdout.strip()
    models = folder / "models"
    models.mkdir()
    (folder / "own.py").write_text(OWN)
    saved = subprocess.run(
        [python, "-c", SAVE_OWN, str(models)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    assert saved.returncode == 0, saved.stderr[-2000:]
    return folder


def check(files: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = caniload("check", *arguments, "--envs", ENVIRONMENTS, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def outcomes(found: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    return {
        Path(one["path"]).name: [answer["outcome"] for answer in one["answers"]] for one in found
    }


def test_a_zoo_is_run_once_and_known_from_then_on(files: Path) -> None:
    own = str(files / "own.py")
    report = files / "report"
    models = str(files / "models")
    code, found = check(files, models, "--run", "--custom", own, "--report", str(report))
    assert code == 1
    # keras issue 20750: time_major
    assert outcomes(found) == {
        "own.h5": ["identical", "identical"],
        "words.h5": ["identical", "error"],
    }
    assert {one["reference"] for one in found} == {"tf-2.15"}
    assert found[1]["notes"][-1] == "inputs, made up: float32 [4, 6]"  # bounded by what is embedded
    assert "{'time_major': False}" in found[1]["answers"][1]["reason"]
    assert found[1]["turns"] == [
        {"stack": "tf.keras", "last_good": "tf-2.15", "first_bad": "tf-2.21"}
    ]

    page = (report / "failures.html").read_text(encoding="utf-8")
    assert "caniload check words.h5 --run --envs tf-2.21" in page
    assert "{&#39;time_major&#39;: False}" in page

    again, known = check(files, str(files / "models"), "--custom", own)
    assert again == 1
    assert outcomes(known) == outcomes(found)
    assert {answer["basis"] for one in known for answer in one["answers"]} == {
        "measured on this file"
    }


def test_without_its_own_layer_nothing_is_said_of_any_version(files: Path) -> None:
    code, (found,) = check(files, str(files / "models" / "own.h5"), "--run")
    assert code == 5
    assert outcomes([found]) == {"own.h5": ["untested", "untested"]}
    told = "no version loads it without the code of Doubled; --custom FILE.py gives it"
    assert {answer["reason"] for answer in found["answers"]} == {told}
    assert found["reference"] is None
    assert found["notes"][0] == "needs your own Doubled: give the code with --custom FILE.py"


def test_a_savedmodel_stays_what_it_is_called_by_and_what_is_frozen(files: Path) -> None:
    graph = str(files / "graph")
    code, (found,) = check(files, graph, "--run", "--trust", "--for", "train")
    assert code == 1  # Keras 3 takes no SavedModel
    same, refused = found["answers"]
    assert (same["outcome"], same["differences"], refused["outcome"]) == ("identical", [], "error")
    home = Home(root=Path(os.environ["CANILOAD_HOME"]))
    kept = [json.loads(one.read_text()) for one in home.checked.glob("*/*.json")]
    facts = [
        one["facts"] for one in kept if one.get("environment") == one.get("reference") == "tf-2.15"
    ]
    own = [one for one in facts if one["signatures"] != [None, None]]
    assert own
    for one in own:  # a home that is used again has more of them
        was, now = one["signatures"]
        assert was == now
        assert was["serving_default"]["inputs"]["features"]["dtype"] == "float32"
        assert one["trainable"] == [{"model": True, "frozen": ["base"]}] * 2


def test_weights_alone_are_loaded_into_what_a_function_builds(files: Path) -> None:
    """The function imports a package that no environment has; another one has no such layer."""
    (files / "net.py").write_text(NET)
    saved = subprocess.run(
        [caniload("env", "path", "tf-2.15").stdout.strip(), "-c", SAVE_WEIGHTS],
        cwd=files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert saved.returncode == 0, saved.stderr[-2000:]
    build = ("--build", f"{files / 'net.py'}:make", "--with", "humanize<5")
    code, (found,) = check(files, str(files / "w.h5"), "--run", *build)
    assert (code, outcomes([found])) == (0, {"w.h5": ["identical", "identical"]})
    assert found["reference"] == "tf-2.15"

    code, (found,) = check(files, str(files / "w.weights.h5"), "--run", *build)
    assert outcomes([found]) == {"w.weights.h5": ["error", "error"]}
    assert any("named w.h5, say, they read it" in note for note in found["notes"])

    without = (*build[:2], "--with", "numpy<1")
    code, (found,) = check(files, str(files / "w.h5"), "--run", *without)
    assert (code, outcomes([found])) == (5, {"w.h5": ["untested", "untested"]})
    assert "tf-2.15 cannot have numpy<1 beside what it has" in found["answers"][0]["reason"]


def test_an_upgrade_is_measured_there_and_back(files: Path) -> None:
    done = caniload("upgrade", "2.15", "2.21", str(files / "models" / "words.h5"), "--json")
    assert done.returncode == 1, done.stderr
    (model,) = json.loads(done.stdout)["models"]
    assert model["fate"] == "needs a change"
    assert model["tried"]["conversion"]["verdict"] == "delivered"
    back = {one["format"]: one["answer"]["outcome"] for one in model["returned"]}
    assert back == {".keras": "error", ".h5": "error"}
    assert all("batch_shape" in one["answer"]["reason"] for one in model["returned"])
