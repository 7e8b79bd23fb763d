"""A folder of models, and conversions that are played, for many at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from model_files import DENSE, INPUT, functional, hdf5, keras_file

from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.many import finding, running
from caniload.runner.converting.many.asking import bring_all_across
from caniload.runner.converting.many.manifest import Manifest
from caniload.runner.converting.many.running import Order
from caniload.runner.converting.outcome import Attempt, Conversion, Proof, Remedy, Verdict
from caniload.runner.environments.home import Home
from caniload.runner.forensics.reading import inspect_here
from caniload.runner.matrix.reading import read_matrix

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")


TARGET = "tf-2.21"


MODEL = functional(INPUT, DENSE)


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """Three models, one of them broken, and three files that are none."""
    zoo = tmp_path / "zoo"
    (zoo / "sub").mkdir(parents=True)
    hdf5(zoo / "a.h5", MODEL)
    keras_file(zoo / "sub" / "b.keras", MODEL)
    (zoo / "sub" / "broken.h5").write_bytes((zoo / "a.h5").read_bytes()[:500])
    (zoo / "README.md").write_text("# ours", encoding="utf-8")
    (zoo / "sub" / "settings.json").write_text('{"rate": 1}', encoding="utf-8")
    (zoo / ".hidden.h5").write_bytes(b"")
    return zoo


class Played:
    """What ladders give: `delivered` unless a file's name says otherwise; ``climbed`` are names."""

    def __init__(self) -> None:
        self.climbed: list[str] = []
        self.refused = "broken"
        self.content = "made of {}"
        self.before: Callable[[Path], object] = lambda _: None

    def __call__(self, *, wish: Any, inspection: Any, workshop: Workshop) -> Any:
        assert inspection.path
        assert workshop.scratch.is_dir()
        self.wish = wish
        return self

    def climb(self) -> Conversion:
        wish = self.wish
        self.climbed.append(wish.path.name)
        self.before(wish.path)
        said: dict[str, Any] = {"path": str(wish.path), "target": wish.target}
        if self.refused in wish.path.name:
            return Conversion(**said, verdict=Verdict.REFUSED, reason="cannot be opened")
        if "killed" in wish.path.name:
            why = "no version could read it: tf-2.4: run: Killed: the process ended with -9"
            return Conversion(**said, verdict=Verdict.REFUSED, reason=why)
        if "secret" in wish.path.name and not wish.trusted:
            return Conversion(**said, verdict=Verdict.REFUSED, reason="say it", needs_trust=True)
        if "fault" in wish.path.name:
            raise RuntimeError("a mistake of ours")
        proof = Proof(
            reader="tf-2.4", target=wish.target, outputs=1, max_abs=1e-7, scale=1.0, bound=1e-5
        )
        tried = Attempt(remedy=Remedy.AS_IT_IS, environments=("tf-2.4", wish.target))
        said |= {"proof": proof, "attempts": (tried,), "remedy": Remedy.AS_IT_IS}
        out = wish.out
        if "graph" in wish.path.name:
            out = wish.out.with_suffix("")
            out.mkdir()
            (out / "saved_model.pb").write_text("graph", encoding="utf-8")
            lost = (f"the layers: call it with TFSMLayer({str(out)!r})",)
            verdict = Verdict.INFERENCE
            return Conversion(**said, out=str(out), verdict=verdict, lost=lost, reason="no layers")
        out.write_text(self.content.format(wish.path.name), encoding="utf-8")
        return Conversion(**said, out=str(out), verdict=Verdict.DELIVERED)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Played:
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path / "home"))
    ladder = Played()
    monkeypatch.setattr(running, "Ladder", ladder)
    monkeypatch.setattr(finding, "inspect_all", lambda paths: map(inspect_here, paths))
    monkeypatch.setattr(Workshop, "problem", lambda *_: None)
    return ladder


def across(zoo: Path, **more: Any) -> Manifest:
    """Bring all across to ``new`` beside the zoo, one file at a time."""
    order = Order(target=TARGET, **more)
    home = Home(root=zoo.parent / "home")
    return bring_all_across([zoo], order, zoo.parent / "new", MATRIX, jobs=1, home=home)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
