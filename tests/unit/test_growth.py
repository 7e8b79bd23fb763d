"""What could be added: the release, the entry, the cost, and the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import around, matrix

from runner import adding, estimate, growth
from runner.environments.locking import LOCKS
from runner.matrix import Matrix


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "surroundings", lambda one, _: around(pythons=("3.11",), of=one))


def offered(of: Matrix, *, pre: bool = False) -> list[growth.Offer]:
    return growth.offers(of, locks=LOCKS, pre=pre, jobs=2)


def test_an_environment_taken_away_comes_back_as_it_was() -> None:
    whole, less = matrix("tf-2.15", "tf-2.16", "tf-2.20"), matrix("tf-2.15", "tf-2.20")
    assert "tensorflow 2.16.2" not in [_name(offer) for offer in offered(whole)]
    (again,) = [offer for offer in offered(less) if _name(offer) == "tensorflow 2.16.2"]
    assert again.environment == whole.environment("tf-2.16")


def _name(offer: growth.Offer) -> str:
    return f"{offer.release.package} {offer.release.version}"


def test_as_a_person_reads_it() -> None:
    (pre,) = [one for one in offered(matrix(), pre=True) if _name(one) == "tensorflow 2.22.0rc0"]
    lines = growth.as_lines([pre])
    assert lines[0] == "tensorflow 2.22.0rc0, 2026-09-22"
    assert lines[1] == "  - id: tf-2.22.0rc0"
    assert lines[-3].startswith(f"  costs {pre.cost.cells} cells, ")
    assert lines[-2] == '  caniload env add "tensorflow==2.22.0rc0"'
    assert growth.as_lines([]) == ["matrix.yaml has the newest patch of every minor release"]


def test_as_json() -> None:
    data = growth.as_json(offered(matrix()))
    first = data["releases"][0]
    assert data["schema"] == 1
    assert first["cost"]["cells"] > 0
    assert first["entry"]["id"]
    assert not [one for one in data["releases"] if one["prerelease"]]


def test_what_one_more_costs(tmp_path: Path) -> None:
    of = matrix("tf-2.15", "tf-2.20")
    formats, models = len(of.formats), len(of.models)
    plain = of.model_copy(update={"gaps": ()})
    cost = estimate.one_more(plain, plain.environments[0], jobs=1, locks=LOCKS)
    assert cost.cells == (2 * 2 + 1) * formats * models
    assert estimate.one_more(plain, None, jobs=1, locks=LOCKS).cells == cost.cells
    half = estimate.one_more(plain, plain.environments[0], jobs=2, locks=LOCKS)
    assert half.seconds == cost.seconds / 2
    gapped = estimate.one_more(of, of.environments[1], jobs=1, locks=LOCKS)
    assert gapped.cells == models * (formats + 4 * (formats - 2))  # Keras 3 cannot write two
