"""A receipt says whether an environment is what its lock gives, and a torn one is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caniload.runner.environments.receipts import FILE, Receipt, read_receipt, write_receipt
from caniload.runner.matrix.schema import Environment

RECEIPT = Receipt(
    environment="some",
    lock_sha256="ab",
    python="3.11.7",
    interpreter="/usr/bin/python3.11",
    platform="linux-x86_64-glibc-2.36",
    imports="keras",
    variables={"KERAS_BACKEND": "jax"},
    versions={"keras": "3.0"},
    packages={"keras": "3.0"},
    installer="uv",
    bytes=1,
    seconds=2.5,
    built_at="2026-01-01T00:00:00+00:00",
)
ENVIRONMENT = Environment(
    id="some",
    stack="keras 3",
    label="Some",
    python="3.11",
    imports="keras",
    packages={"keras": "3.0"},
    cutoff="2024-01-01",
    variables={"KERAS_BACKEND": "jax"},
)


def test_it_reads_as_it_was_written(tmp_path: Path) -> None:
    assert read_receipt(tmp_path) is None
    write_receipt(RECEIPT, tmp_path)
    assert read_receipt(tmp_path) == RECEIPT
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "[]", "null", '{"schema": 1}', '{"schema": 2}', '{"schema'])
def test_a_torn_or_foreign_receipt_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert read_receipt(tmp_path) is None


@pytest.mark.parametrize(
    ("change", "described"),
    [
        ({}, True),
        ({"label": "Another"}, True),
        ({"variables": {}}, False),
        ({"imports": "tf_keras"}, False),
        ({"python": "3.1"}, False),  # of which 3.11.7 is none
    ],
)
def test_describes(change: dict[str, Any], described: bool) -> None:  # noqa: FBT001
    environment = ENVIRONMENT.model_copy(update=change)
    assert RECEIPT.describes(environment, "ab") is described
    assert not RECEIPT.describes(environment, "another lock")
