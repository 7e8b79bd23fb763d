"""Models of real TensorFlows, brought across, then loaded without caniload."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
PROBES = ROOT / "probes"

SAVE = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import reference
from tensorflow import keras

family, model_id, form, folder = sys.argv[2:]
space = reference.family(sys.argv[1] + "/models/" + family + ".py")
model = space[model_id](keras)
reference.set_weights(keras, model, model_id)
reference.form(form).save(keras, model, folder, {})
_, arrays = reference.inputs(space, model_id)
outputs = model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0)
np.savez(folder + "/expected.npz", output=outputs, **{"in_%d" % n: a for n, a in enumerate(arrays)})
"""

LOAD = """
import sys
import keras
import numpy as np

with np.load(sys.argv[2]) as expected:
    arrays = [expected["in_%d" % n] for n in range(len(expected.files) - 1)]
    wanted = expected["output"]
model = keras.models.load_model(sys.argv[1])
outputs = model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0)
assert wanted.shape == outputs.shape
print(float(np.abs(wanted - outputs).max()), model.optimizer.learning_rate.numpy())
"""

EVERY = bool(os.environ.get("CANILOAD_TEST_ALL"))
"""Whether to spend minutes on each of them; otherwise one stands for all."""

ACROSS = [
    # Each does not load as it is in TensorFlow 2.21.
    ("recurrent", "lstm", "h5"),
    ("convolution", "separable", "keras"),
    ("rnn", "lstm_hard_sigmoid", "savedmodel"),
    ("graphs", "nested_frozen", "h5"),
    ("graphs", "tensorflow_functions", "h5"),
    ("attention_layers", "multi_head", "keras"),
]


def caniload(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "caniload", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@pytest.fixture(scope="module", autouse=True)
def built(home: Path) -> None:
    done = caniload("env", "build", "tf-2.15", "tf-2.21")
    assert done.returncode == 0, f"{home}: {done.stderr}"


def in_environment(environment: str, script: str, *arguments: str | Path) -> str:
    python = caniload("env", "path", environment).stdout.strip()
    done = subprocess.run(
        [python, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def saved(family: str, model: str, form: str, folder: Path) -> Path:
    in_environment("tf-2.15", SAVE, PROBES, family, model, form, folder)
    return folder / {"h5": "model.h5", "keras": "model.keras", "savedmodel": "model"}[form]


@pytest.mark.parametrize(("family", "model", "form"), ACROSS if EVERY else ACROSS[:1])
def test_a_model_is_brought_across(family: str, model: str, form: str, tmp_path: Path) -> None:
    original = saved(family, model, form, tmp_path)
    out = tmp_path / "across.keras"
    done = caniload("convert", original, "--to", "tf-2.21", "-o", out, "--trust", "--json")
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    said: Mapping[str, Any] = json.loads(done.stdout)
    assert said["verdict"] == "delivered"
    assert said["proof"]["max_abs"] <= said["proof"]["bound"]
    assert said["changes"]
    difference, rate = in_environment("tf-2.21", LOAD, out, tmp_path / "expected.npz").split()[-2:]
    assert float(difference) < 1e-5
    assert np.isclose(float(rate), 0.1 if model == "multi_head" else 0.01)


WITH_METRICS = """
import sys
import numpy as np
from tensorflow import keras

model = keras.Sequential([keras.layers.Dense(3, input_shape=(4,), activation="softmax")])
model.compile(
    "adam", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"]
)
model.fit(np.ones((8, 4)), np.zeros(8), verbose=0)
model.save(sys.argv[1])
"""

EVALUATE = """
import sys
import keras
import numpy as np

model = keras.models.load_model(sys.argv[1])
found = model.evaluate(np.ones((8, 4)), np.zeros(8), verbose=0, return_dict=True)
print(sorted(found), sorted(model.fit(np.ones((8, 4)), np.zeros(8), verbose=0).history))
"""


def test_a_model_with_metrics_can_be_tested_and_trained_there(tmp_path: Path) -> None:
    original, out = tmp_path / "model.h5", tmp_path / "out.keras"
    in_environment("tf-2.15", WITH_METRICS, original)
    done = caniload("convert", original, "--to", "tf-2.21", "-o", out, "--json")
    assert json.loads(done.stdout)["verdict"] == "delivered"
    said = in_environment("tf-2.21", EVALUATE, out)
    names = ["accuracy", "loss", "weighted_accuracy"]
    assert said.strip().endswith(f"{names} {names}"), said


def test_a_savedmodel_is_not_run_unasked(tmp_path: Path) -> None:
    original = saved("plain", "dense", "savedmodel", tmp_path)
    done = caniload("convert", original, "--to", "tf-2.21", "-o", tmp_path / "out.keras")
    assert done.returncode == 2
    assert "--trust" in done.stderr
    assert not (tmp_path / "out.keras").exists()


@pytest.mark.skipif(not EVERY, reason="minutes; CANILOAD_TEST_ALL=1 runs it")
def test_what_cannot_be_kept_is_refused_with_its_reason(tmp_path: Path) -> None:
    original = saved("rnn", "lstm_time_major", "h5", tmp_path)
    out = tmp_path / "out.keras"
    done = caniload("convert", original, "--to", "tf-2.21", "-o", out)
    assert done.returncode == 1
    assert "time_major" in done.stdout
    assert not out.exists()
    assert original.exists()


GRAPH = """
import sys
import numpy as np
import tensorflow as tf


class Scores(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(np.arange(15, dtype="float32").reshape(5, 3) / 7)

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, name="x")])
    def score(self, x):
        return {"scores": tf.matmul(x, self.kernel)}


module = Scores()
tf.saved_model.save(module, sys.argv[1] + "/scores", signatures={"score": module.score})
"""

NET = """
def make():
    from tensorflow import keras
    inputs = keras.Input((6, 2))
    given = keras.layers.LSTM(3, name="rows")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, name="out")(given))
"""

WEIGHTS = """
import sys
import numpy as np

sys.path.insert(0, sys.argv[1])
import net

model = net.make()
chance = np.random.RandomState(0)
model.set_weights([chance.randn(*one.shape) for one in model.get_weights()])
model.save_weights(sys.argv[1] + "/w.h5")
x = chance.randn(3, 6, 2).astype("float32")
np.savez(sys.argv[1] + "/expected.npz", output=model.predict(x, verbose=0), in_0=x)
"""

CALL = """
import sys
import keras
import numpy as np

if sys.argv[2] == "graph":
    x = np.ones((2, 5), "float32")
    given = keras.layers.TFSMLayer(sys.argv[1], call_endpoint="score")(x)["scores"]
    wanted = x @ (np.arange(15, dtype="float32").reshape(5, 3) / 7)
else:
    with np.load(sys.argv[2]) as expected:
        x, wanted = expected["in_0"], expected["output"]
    given = keras.models.load_model(sys.argv[1]).predict(x, verbose=0)
print(float(np.abs(np.asarray(given) - wanted).max()))
"""


def test_a_graph_is_called_and_weights_come_with_their_code(tmp_path: Path) -> None:
    in_environment("tf-2.15", GRAPH, tmp_path)
    graph, out = tmp_path / "scores", tmp_path / "called.keras"
    ways = ("--to", "tf-2.21", "--trust", "--sandbox", "none", "--json")
    done = caniload("convert", graph, *ways, "-o", out)
    said: Mapping[str, Any] = json.loads(done.stdout)
    assert said["verdict"] == "inference only", done.stdout
    assert said["endpoint"]["name"] == "score"
    assert said["proof"]["weak"] is None
    assert float(in_environment("tf-2.21", CALL, said["out"], "graph").split()[-1]) < 1e-6

    (tmp_path / "net.py").write_text(NET)
    in_environment("tf-2.15", WEIGHTS, tmp_path)
    code, out = f"{tmp_path / 'net.py'}:make", tmp_path / "across.keras"
    done = caniload(
        "convert", tmp_path / "w.h5", "--build", code, "--to", "tf-2.21", "-o", out, "--json"
    )
    said = json.loads(done.stdout)
    assert (said["verdict"], said["remedy"]) == ("delivered", "built by your function"), said
    assert said["kept"] == ["every array of the file, bit for bit"]
    told = in_environment("tf-2.21", CALL, out, tmp_path / "expected.npz")
    assert float(told.split()[-1]) < 1e-5
