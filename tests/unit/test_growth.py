"""What could be added: the release, the entry, the cost, and the command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from recorded import around, matrix

from caniload.runner.core.errors import UsageError
from caniload.runner.core.shipped import LOCKS
from caniload.runner.matrix import choosing
from caniload.runner.matrix.schema import Matrix
from caniload.runner.releases import adding, growth, inference
from caniload.runner.running import estimate


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "surroundings", lambda one, *_: around(pythons=("3.11",), of=one))


def offered(of: Matrix, *, pre: bool = False) -> Sequence[growth.Offer]:
    return growth.offers(of, locks=LOCKS, pre=pre, jobs=2).found


def only(*offers: growth.Offer, left_out: Sequence[str] = ()) -> growth.Offers:
    return growth.Offers(found=offers, left_out=left_out)


def test_an_environment_taken_away_comes_back_as_it_was() -> None:
    whole, less = matrix("tf-2.15", "tf-2.16", "tf-2.20"), matrix("tf-2.15", "tf-2.20")
    assert "tensorflow 2.16.2" not in [_name(offer) for offer in offered(whole)]
    (again,) = [offer for offer in offered(less) if _name(offer) == "tensorflow 2.16.2"]
    one_python = {"pythons": ()}  # further ones are written by hand
    assert again.environment == whole.environment("tf-2.16").model_copy(update=one_python)


def _name(offer: growth.Offer) -> str:
    return f"{offer.release.package} {offer.release.version}"


def test_as_a_person_reads_it() -> None:
    (pre,) = [one for one in offered(matrix(), pre=True) if _name(one) == "tensorflow 2.22.0rc0"]
    lines = growth.as_lines(only(pre))
    assert lines[0] == "tensorflow 2.22.0rc0, 2026-09-22"
    assert lines[1] == "  - id: tf-2.22.0rc0"
    assert lines[-3].startswith(f"  costs {pre.cost.cells} cells, ")
    assert lines[-2] == '  caniload env add "tensorflow==2.22.0rc0"'
    nothing = "matrix.yaml has the newest patch of every minor release, and the newest companions"
    assert growth.as_lines(only()) == [nothing]
    assert growth.as_lines(only(left_out=["keras 9.0: why"])) == ["left out: keras 9.0: why"]


def test_what_cannot_be_an_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UsageError("no TensorFlow of its days goes with it")

    monkeypatch.setattr(inference, "environment", refuse)
    told = growth.offers(matrix(), locks=LOCKS, pre=False, jobs=2)
    assert not [one for one in told.found if not one.beside]
    assert told.left_out
    assert all(one.endswith(": no TensorFlow of its days goes with it") for one in told.left_out)


def test_as_json() -> None:
    data = growth.as_json(only(*offered(matrix())))
    first = data["releases"][0]
    assert data["schema"] == 1
    assert first["cost"]["cells"] > 0
    assert first["entry"]["id"]
    assert not [one for one in data["releases"] if one["prerelease"]]


def test_what_one_more_costs(tmp_path: Path) -> None:
    of = matrix("tf-2.15", "tf-2.20")
    models = choosing.profile(of, "default").models
    files = sum(len(of.formats_of(model)) for model in models)
    of_keras_3 = {"h5", "keras", "weights-h5", "json", "whole-h5-weights", "pickle", "exported"}
    written = sum(len(of_keras_3.intersection(of.formats_of(model))) for model in models)
    plain = of.model_copy(update={"gaps": ()})
    cost = estimate.one_more(plain, plain.environments[0], jobs=1, locks=LOCKS)
    assert cost.cells == (2 * 2 + 1) * files
    assert estimate.one_more(plain, None, jobs=1, locks=LOCKS).cells == cost.cells
    half = estimate.one_more(plain, plain.environments[0], jobs=2, locks=LOCKS)
    assert half.seconds == cost.seconds / 2
    gapped = estimate.one_more(of, of.environments[1], jobs=1, locks=LOCKS)
    assert gapped.cells == files + 4 * written
