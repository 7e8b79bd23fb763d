"""What constructors take in real environments: asked by the command, held against plain scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["real_home"]
pytestmark = pytest.mark.real

PLAIN = """
import sys
import tensorflow as tf

name, argument = sys.argv[1:]
made = {"Dense": {"units": 2}, "DepthwiseConv2D": {"kernel_size": 1}}[name]
try:
    value = None if "lora" in argument else 1
    getattr(tf.keras.layers, name).from_config(dict(made, **{argument: value}))
except Exception as error:
    print("refused" if argument in str(error) else error)
else:
    print("taken")
"""


def caniload(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "caniload", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module", autouse=True)
def built(home: Path) -> None:
    done = caniload("env", "build", "tf-2.15", "tf-2.21")
    assert done.returncode == 0, f"{home}: {done.stderr}"


@pytest.mark.parametrize(
    ("name", "argument", "older", "newer"),
    [
        ("DepthwiseConv2D", "groups", "taken", "refused"),
        ("Dense", "lora_rank", "refused", "taken"),
        ("Dense", "use_bias", "taken", "taken"),
    ],
)
def test_the_answer_is_that_of_a_plain_script(
    home: Path, name: str, argument: str, older: str, newer: str
) -> None:
    asked = ("constructors", name, argument, "--envs", "tf-2.15,tf-2.21", "--run", "--json")
    done = caniload(*asked)
    assert done.returncode == 0, done.stderr
    told = {one["environment"]: one["answer"] for one in json.loads(done.stdout)}
    for environment, expected in {"tf-2.15": older, "tf-2.21": newer}.items():
        python = caniload("env", "path", environment).stdout.strip()
        plain = subprocess.run(
            [python, "-c", PLAIN, name, argument], capture_output=True, text=True, check=False
        )
        assert plain.stdout.split()[-1:] == [expected], plain.stderr
        assert told[environment].split(",")[0] == expected
    assert list((home / "constructors").glob("*.json"))
