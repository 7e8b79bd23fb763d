"""What is offered to somebody who mistyped a name."""

from __future__ import annotations

import pytest

from caniload.runner.core.nearest import nearest


@pytest.mark.parametrize(
    ("name", "known", "told"),
    [
        (
            "tf-2.1",
            ["tf-2.15", "keras-2.1", "tf-2.2", "tf-2.21"],
            "nearest: tf-2.21, tf-2.15, tf-2.2",
        ),
        ("cheque", ["check", "convert", "cells", "plan"], "nearest: check, "),
        ("zzz", ["a", "b", "c", "d"], "nearest: "),
        ("x", ["a", "b"], "there are: a, b"),
        ("x", [], "there are none"),
    ],
)
def test_three_names_are_offered(name: str, known: list[str], told: str) -> None:
    assert nearest(name, known).startswith(told)


def test_the_command_that_shows_all_is_named() -> None:
    assert nearest("e", ["a", "b", "c", "d"], all_of="caniload env list").endswith(
        "; `caniload env list` shows all"
    )
