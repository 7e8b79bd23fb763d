"""A few models of a real TensorFlow, together: killed, continued, and as each of them alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
TARGET = "tf-2.15"
MAKE = """
import sys
from tensorflow import keras

keras.utils.set_random_seed(1)
for name in ("a", "b"):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu")])
    model.save(sys.argv[1] + "/" + name + ".h5")
model.save_weights(sys.argv[1] + "/only.weights.h5")
"""


def words(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "caniload", "convert", *map(str, arguments), "--to", TARGET]


@pytest.fixture(scope="module")
def zoo(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, one's weights alone, a broken one and a text; read and proved in one version."""
    zoo = tmp_path_factory.mktemp("many") / "zoo"
    (zoo / "sub").mkdir(parents=True)
    done = subprocess.run([sys.executable, "-m", "caniload", "env", "build", TARGET], check=False)
    assert done.returncode == 0
    python = home / "environments" / TARGET / "bin" / "python"
    subprocess.run([python, "-c", MAKE, str(zoo)], check=True, capture_output=True)
    (zoo / "b.h5").rename(zoo / "sub" / "b.h5")
    (zoo / "broken.h5").write_bytes((zoo / "a.h5").read_bytes()[:2000])
    (zoo / "notes.md").write_text("ours", encoding="utf-8")
    return zoo


def members(path: Path) -> Mapping[str, bytes]:
    """Return what a file holds but for the date that Keras writes into it."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "metadata.json"}


def test_killed_continued_and_the_same_as_alone(zoo: Path) -> None:
    new = zoo.parent / "new"
    together = words(zoo, "--into", new, "--jobs", "1", "--json")
    running = subprocess.Popen(together, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = new / ".caniload" / "done.jsonl"
    results = [new / "a.keras", new / "sub" / "b.keras"]
    while running.poll() is None and not any(one.exists() for one in results):
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert log.exists()
    first = {path: path.read_bytes() for path in results if path.exists()}
    done = subprocess.run(together, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    said: Mapping[str, Any] = json.loads(done.stdout)
    outcomes = {one["name"]: one["verdict"] for one in said["models"]}
    assert outcomes == {
        "a.h5": "delivered",
        "broken.h5": "refused",
        "only.weights.h5": "refused",
        "sub/b.h5": "delivered",
    }
    assert [one["name"] for one in said["skipped"]] == ["notes.md"]
    assert {path: path.read_bytes() for path in first} == first
    assert not (new / ".caniload").exists()

    alone = zoo.parent / "alone.keras"
    done = subprocess.run(
        words(zoo / "sub" / "b.h5", "-o", alone, "--json"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert members(alone) == members(new / "sub" / "b.keras")
    entry = next(one for one in said["models"] if one["name"] == "sub/b.h5")
    proof = json.loads(done.stdout)["proof"]
    if proof["power"] is not None:
        proof["power"]["seconds"] = 0.0  # the manifest says no times
    assert proof == entry["proof"]
    receipts = [
        json.loads(path.with_name(f"{path.name}.receipt.json").read_text())["predicate"]
        for path in (alone, new / "sub" / "b.keras")
    ]
    for one in receipts:
        (material,) = one.pop("materials")
        assert material["digest"]["sha256"] == entry["material"][0]["sha256"]
    assert receipts[0] == receipts[1]
    assert os.environ["CANILOAD_HOME"] not in json.dumps(receipts)
