"""The probe for attack files, with a framework of this page: every canary, and every bad end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from caniload.runner.core.shipped import PROBES

KERAS = """
import os, sys, time
import numpy as np

class backend:
    @staticmethod
    def batch_get_value(values):
        return values

class layers:
    pass

class config:
    policy = "float32"
    @staticmethod
    def dtype_policy():
        class Policy:
            name = config.policy
        return Policy

class Layer:
    def get_vocabulary(self):
        return ["a", open("secret.txt").read().strip()]

class Model:
    def __init__(self, number=1.0, layers=()):
        self.weights = [np.full(2, number, "float32")]
        self.layers = list(layers)

class models:
    @staticmethod
    def load_model(path):
        text = open(path).read()
        if text == "run":
            os.mkdir("canary-ran")
        elif text == "run and raise":
            os.mkdir("canary-ran")
            raise ValueError("after that")
        elif text == "import":
            import bait_module
        elif text == "call":
            config.policy = "float16"
        elif text == "weights":
            return Model(1234.5)
        elif text == "words":
            return Model(layers=[Layer()])
        elif text == "raise":
            raise TypeError("no")
        elif text == "crash":
            os.mkdir("canary-ran")
            os.kill(os.getpid(), 11)
        elif text == "leave":
            os._exit(3)
        elif text == "sleep":
            time.sleep(60)
        elif text == "grow":
            np.ones(2**32, "uint8")
        elif text == "fill":
            try:
                open("large", "wb").write(bytes(2**21))
            except OSError:
                pass
        return Model()
"""
JOBS = (
    *("run", "run and raise", "import", "call", "weights", "words", "raise", "crash", "leave"),
    *("sleep", "grow", "fill", "nothing"),
)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("attacks")
    (root / "keras.py").write_text(KERAS, encoding="utf-8")
    jobs = []
    for name in JOBS:
        folder = root / name.replace(" ", "-") / "in"
        folder.mkdir(parents=True)
        (folder / "a.h5").write_text(name, encoding="utf-8")
        (folder / "secret.txt").write_text("canary-secret\n", encoding="utf-8")
        (folder / "bait_module.py").write_text("", encoding="utf-8")
        jobs.append(
            {
                "id": name,
                "folder": str(folder),
                "format": "h5",
                "file": "a.h5",
                "make": None,
                "there": ["a.h5", "secret.txt", "bait_module.py"],
                "modules": ["bait_module"],
                "bounded": name in ("grow", "fill"),
            }
        )
    order = {"imports": "keras", "seconds": 3, "memory": 2**28, "disk": 2**20, "jobs": jobs}
    (root / "order.json").write_text(json.dumps(order), encoding="utf-8")
    result = root / "result.json"
    subprocess.run(
        [sys.executable, PROBES / "attacks" / "attack.py", root / "order.json", result],
        env={**os.environ, "PYTHONPATH": str(root), "KERAS_BACKEND": "jax"},
        check=True,
    )
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    assert found["error"] is None
    jobs_done: dict[str, Any] = found["jobs"]
    return jobs_done


def test_every_job_has_an_end(facts: dict[str, Any]) -> None:
    assert [*facts] == [*JOBS]
    ends = {name: one["crash"] for name, one in facts.items() if one["crash"]}
    assert ends == {"crash": "signal 11", "leave": "exit 3", "sleep": "timeout"}
    raised = {name: one["error"]["type"] for name, one in facts.items() if one["error"]}
    assert raised.pop("grow") in ("MemoryError", "_ArrayMemoryError")
    assert raised == {"run and raise": "ValueError", "raise": "TypeError"}


@pytest.mark.parametrize(
    ("canary", "fired"),
    [
        (lambda one: "canary-ran" in one["files"], {"run", "run and raise", "crash"}),
        (lambda one: one["modules"] == ["bait_module"], {"import"}),
        (lambda one: one["state"][0] != one["state"][1], {"call"}),
        (lambda one: one["secret"] == ["weights"], {"weights"}),
        (lambda one: one["secret"] == ["words"], {"words"}),
        (lambda one: one["full"], {"fill"}),
    ],
    ids=["file", "module", "state", "weights", "words", "disk"],
)
def test_a_canary_fires_where_its_attack_came_through(
    facts: dict[str, Any], canary: Any, fired: set[str]
) -> None:
    assert {name for name, one in facts.items() if canary(one)} == fired
