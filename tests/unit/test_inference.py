"""From what a person types to a whole environment, by what a real index listed."""

from __future__ import annotations

from typing import Any

import pytest
from recorded import WHOLE, around, matrix

from caniload.runner.core.errors import UsageError
from caniload.runner.matrix.schema import Environment
from caniload.runner.releases.inference import environment, packages_to_ask
from caniload.runner.releases.wishes import parse


def inferred(*requirements: str, **changes: Any) -> Environment:
    return environment(parse(requirements), around(**changes))


def test_tensorflow_gets_the_keras_of_its_day_and_the_smaller_build() -> None:
    one = inferred("tensorflow==2.16.1")
    assert one == Environment(
        id="tf-2.16.1",
        stack="tf.keras",
        label="TF 2.16.1",
        python="3.12",
        imports="tensorflow.keras",
        packages={"tensorflow-cpu": "2.16.1", "keras": "3.1.1"},
        cutoff="2024-03-23",
    )


def test_what_is_inferred_is_what_stands_in_the_repository() -> None:
    """Those entries were found by hand."""
    for name in ("tf-2.15", "tf-2.16", "tf-2.20", "tf-2.21"):
        written = WHOLE.environment(name)
        version = written.packages["tensorflow-cpu"]
        one = inferred(f"tensorflow=={version}", of=matrix("tf-2.4"))
        assert (one.id, one.label, one.stack) == (name, written.label, written.stack)
        assert dict(one.packages) == dict(written.packages)


@pytest.mark.parametrize(
    ("requirements", "name", "stack", "packages"),
    [
        (
            ["tensorflow==2.16.1", "keras==3.5.0"],
            "tf-2.16.1-keras-3.5.0",
            "keras 3",
            {"tensorflow-cpu": "2.16.1", "keras": "3.5.0"},
        ),
        (
            ["tensorflow-cpu==2.16.1"],
            "tf-2.16.1",
            "tf.keras",
            {"tensorflow-cpu": "2.16.1", "keras": "3.1.1"},
        ),
        (["tensorflow==2.0.4"], "tf-2.0", "tf.keras", {"tensorflow": "2.0.4"}),
        (
            ["keras==3.14.1"],
            "tf-2.21-keras-3.14",
            "keras 3",
            {"tensorflow-cpu": "2.21.0", "keras": "3.14.1"},
        ),
        (
            ["keras==3.14.1", "jax==0.10.2"],
            "keras-3.14-jax",
            "keras 3",
            {"keras": "3.14.1", "jax": "0.10.2"},
        ),
        (
            ["keras==3.14.1", "torch==2.13.0"],
            "keras-3.14-torch",
            "keras 3",
            {"keras": "3.14.1", "torch": "2.13.0+cpu"},
        ),
        (
            ["tf-keras==2.16.0"],
            "tf-keras-2.16",
            "tf-keras",
            {"tensorflow-cpu": "2.16.1", "tf-keras": "2.16.0"},
        ),
        (
            ["tensorflow==2.0.4", "keras==2.3.1"],
            "tf-2.0-keras-2.3",
            "keras 2 (multi-backend)",
            {"tensorflow": "2.0.4", "keras": "2.3.1"},
        ),
        (
            ["tensorflow==2.22.0rc0"],
            "tf-2.22.0rc0",
            "tf.keras",
            {"tensorflow-cpu": "2.22.0rc0", "keras": "3.15.1"},
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_inferred(requirements: list[str], name: str, stack: str, packages: dict[str, str]) -> None:
    one = inferred(*requirements)
    assert (one.id, one.stack, dict(one.packages)) == (name, stack, packages)


@pytest.mark.parametrize(
    ("requirement", "variables"),
    [
        ("tensorflow==2.16.1", {}),
        ("tf-keras==2.16.0", {}),
        ("keras==3.14.1", {"KERAS_BACKEND": "tensorflow"}),
    ],
)
def test_variables(requirement: str, variables: dict[str, str]) -> None:
    assert dict(inferred(requirement).variables) == variables


def test_tf_keras_does_not_bring_a_second_tensorflow() -> None:
    assert inferred("tf-keras==2.16.0").overrides == ("tensorflow; python_version < '3'",)
    assert not inferred("tensorflow==2.16.1").overrides


def test_the_newest_python_that_is_here_and_fits() -> None:
    assert inferred("tensorflow==2.16.1").python == "3.12"
    assert inferred("tensorflow==2.16.1", pythons=("3.13", "3.11", "3.10")).python == "3.11"


def test_a_python_of_its_days() -> None:
    """What has no compiled part claims to fit all that came later."""
    assert inferred("keras==2.3.1", "theano==1.0.4").python == "3.8"


def test_pytorch_stays_on_a_python_that_has_it() -> None:
    of = matrix("tf-2.21", "keras-3.15-torch")
    assert inferred("keras==3.14.1", "torch==2.13.0", of=of).python == "3.11"


def test_a_python_that_is_missing_is_named_all_the_same() -> None:
    assert inferred("tensorflow==2.4.4", "h5py<3", pythons=("3.13",)).python == "3.8"


def test_companions_make_another_environment() -> None:
    one = inferred("tensorflow==2.15.1", "numpy==1.26.4")
    assert (one.id, one.packages["numpy"]) == ("tf-2.15-numpy-1.26.4", "1.26.4")
    other = inferred("tensorflow==2.15.1", "h5py<3.9")
    assert other.id.startswith("tf-2.15-")
    assert (other.label, other.pins) == ("TF 2.15, h5py<3.9", ("h5py<3.9",))


def test_pins_of_a_relative_of_the_same_number_are_taken_over() -> None:
    pinned = matrix("tf-2.4").environments[0].model_copy(update={"pins": ("numpy<1.20", "h5py<4")})
    of = matrix().model_copy(update={"environments": (pinned,)})
    assert inferred("tensorflow==2.4.3", of=of).pins == ("numpy<1.20", "h5py<4")
    assert inferred("tensorflow==2.4.3", "h5py<3", of=of).pins == ("h5py<3", "numpy<1.20")
    assert inferred("tensorflow==2.16.1", of=of).pins == ()


def test_what_the_index_is_asked() -> None:
    asked = packages_to_ask(parse(["keras==3.14.1", "jax==0.10.2"]))
    assert {"tensorflow", "tensorflow-cpu", "keras", "jax", "jaxlib"} <= set(asked)


@pytest.mark.parametrize(
    ("requirements", "told"),
    [
        (
            ["tensorflow==2.16.9"],
            "there is no tensorflow 2.16.9 on the package index; it has 2.16.0",
        ),
        (
            ["keras==3.5.0", "no-such==1"],
            "there is no no-such 1 on the package index; check the na",
        ),
        (
            ["tensorflow==2.4.4", "keras==3.5.0"],
            "no Python of those days has files for tensorflow",
        ),
        (["keras==2.4.3"], "no Tensor"),
        (["tensorflow"], "'tensorflow' leaves open which tensorflow is meant; say one release"),
        (["tensorflow>=2.16"], "'tensorflow>=2.16' leaves open which tensorflow is meant"),
        (["tensorflow==2.16.*"], "'tensorflow==2.16.*' leaves open which tensorflow is meant"),
        (["numpy==1.26.4"], "'numpy==1.26.4' names no TensorFlow, Keras or tf-keras; say one"),
        (["tensorflow=2.16.1"], "'tensorflow=2.16.1' is no requirement; say one release"),
        (["tensorflow[and-cuda]==2.16.1"], "'tensorflow[and-cuda]==2.16.1': a URL, extras and"),
        (["keras==3.5.0", "Keras==3.4.1"], "'Keras==3.4.1': keras is asked for twice; ask once"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be(requirements: list[str], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        inferred(*requirements)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(told)
