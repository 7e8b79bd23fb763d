"""A process in an environment inherits nothing, and its numbers repeat."""

from __future__ import annotations

from pathlib import Path

import pytest

from caniload.runner.environments.home import Home
from caniload.runner.environments.uv import find_links, installer_variables
from caniload.runner.environments.variables import process_variables, replay_variables
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
HOME = Home(root=Path("/somewhere"))


@pytest.mark.parametrize("one", MATRIX.environments, ids=lambda one: one.id)
def test_nothing_is_inherited(one: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    before = process_variables(one, HOME)
    monkeypatch.setenv("PYTHONPATH", "/stranger")
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")

    variables = process_variables(one, HOME)

    assert variables == before
    strange = {"PYTHONPATH", "TF_USE_LEGACY_KERAS", "TF_CPP_MIN_LOG_LEVEL"} - one.variables.keys()
    assert not strange & variables.keys()
    assert variables["HOME"] == f"/somewhere/private/{one.id}"
    assert variables["PATH"] == f"/somewhere/environments/{one.id}/bin:/usr/bin:/bin"
    assert variables["PYTHONNOUSERSITE"] == "1"


def test_replay_holds_what_makes_numbers_and_no_place_of_this_machine() -> None:
    jax = replay_variables(MATRIX.environment("keras-3.15-jax"))
    assert jax["KERAS_BACKEND"] == "jax"
    assert jax["JAX_PLATFORMS"] == "cpu"
    assert replay_variables(MATRIX.environment("keras-3.15-torch"))["OMP_NUM_THREADS"] == "1"
    plain = replay_variables(MATRIX.environment("tf-2.15"))
    assert plain["TF_NUM_INTRAOP_THREADS"] == plain["TF_NUM_INTEROP_THREADS"] == "1"
    assert plain["CUDA_VISIBLE_DEVICES"] == "-1"
    assert not {"HOME", "PATH", "JAX_PLATFORMS"} & plain.keys()


def test_an_environments_own_variables_win() -> None:
    one = MATRIX.environment("tf-2.15")
    changed = one.model_copy(update={"variables": {"PYTHONHASHSEED": "4"}})
    assert process_variables(changed, HOME)["PYTHONHASHSEED"] == "4"


def test_an_installer_keeps_the_callers_proxy_and_not_his_steering(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "UV_CONSTRAINT", "PIP_TARGET", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "set")

    variables = installer_variables(HOME)

    assert variables["HTTPS_PROXY"] == "set"
    assert variables["UV_CACHE_DIR"] == "/somewhere/cache/uv"
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "UV_CONSTRAINT", "PIP_TARGET"} & variables.keys()
    monkeypatch.setenv("UV_CACHE_DIR", "/mine")
    assert installer_variables(HOME)["UV_CACHE_DIR"] == "/mine"


def test_folders_of_wheels_are_taken_from_pip_and_uv() -> None:
    assert find_links({}) == []
    named = {"PIP_FIND_LINKS": "/a /b", "UV_FIND_LINKS": "/c,/a"}
    assert find_links(named) == ["--find-links=/c", "--find-links=/a", "--find-links=/b"]
