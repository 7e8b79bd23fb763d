"""Keys of results: equal where nothing changed that a result depends on, and only there."""

from __future__ import annotations

import platform
from typing import Any

import pytest

from caniload.runner.evidence.keys import fingerprint

PARTS: dict[str, Any] = {
    "lock_sha256": "ab",
    "python": "3.11.7",
    "imports": "keras",
    "variables": {"KERAS_BACKEND": "jax", "OTHER": "1"},
}


@pytest.mark.parametrize(
    "change",
    [
        {"lock_sha256": "cd"},
        {"python": "3.11.8"},
        {"imports": "tf_keras"},
        {"variables": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_environment_is_what_was_asked_for(change: dict[str, Any]) -> None:
    assert fingerprint(**{**PARTS, **change}) != fingerprint(**PARTS)


def test_the_order_of_variables_says_nothing() -> None:
    turned = dict(reversed(PARTS["variables"].items()))
    assert fingerprint(**{**PARTS, "variables": turned}) == fingerprint(**PARTS)


@pytest.mark.parametrize(
    ("name", "there"),
    [("system", "Darwin"), ("machine", "aarch64"), ("libc_ver", ("glibc", "2.17"))],
)
def test_an_environment_is_also_the_machine_it_runs_on(
    monkeypatch: pytest.MonkeyPatch, name: str, there: object
) -> None:
    here = fingerprint(**PARTS)
    monkeypatch.setattr(platform, name, lambda: there)
    assert fingerprint(**PARTS) != here
