"""What is told of an upgrade where there is no model to measure: graphs, and weights alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from test_upgrading import DELIVERED, NEW, OLD, PROOF, REFUSED, conversion, upgrade

from caniload.runner.checking.customs import Custom, read_custom
from caniload.runner.checking.subjects import Subject
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Conversion, Endpoint, Remedy, Verdict
from caniload.runner.core.errors import CaniloadError
from caniload.runner.environments.home import Home
from caniload.runner.forensics.facts import Holds, Inspection, Origin
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix
from caniload.runner.running.progress import Display
from caniload.runner.running.together import Together
from caniload.runner.upgrading import graphs, remedies, returning
from caniload.runner.upgrading.judging import fate_of_graph
from caniload.runner.upgrading.outcome import Fate, Model, Tried
from caniload.runner.upgrading.remedies import Pair
from caniload.runner.upgrading.telling import as_markdown

CALL = "keras.layers.TFSMLayer({!r}, call_endpoint='score')"


def graph(path: Path) -> Subject:
    origin = Origin(tensorflow_version="1.15.5")
    said = Inspection(path=str(path), format="savedmodel", holds=Holds.GRAPH, origin=origin)
    return Subject(path=path, inspection=said)


def called(out: str) -> Conversion:
    endpoint = Endpoint(name="score", takes="x", gives="y", call=CALL.format(out))
    return conversion(
        Verdict.INFERENCE, out=out, remedy=Remedy.INFERENCE, proof=PROOF, endpoint=endpoint
    )


@pytest.mark.parametrize(
    ("tried", "fate"),
    [
        (Tried(conversion=called("new")), Fate.PARTLY),
        (Tried(conversion=DELIVERED), Fate.PARTLY),
        (Tried(conversion=REFUSED), Fate.LOST),
        (Tried(problem="no disk"), Fate.UNTESTED),
    ],
)
def test_what_becomes_of_a_graph(tried: Tried, fate: Fate) -> None:
    assert fate_of_graph(tried) is fate


class Pretended(Pair):
    """Lends a workshop in which nothing is run."""

    @property
    def matrix_here(self) -> Matrix:
        return self.request.matrix


@pytest.fixture
def pair(tmp_path: Path) -> Any:
    matrix = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
    home = Home(root=tmp_path / "home")
    request: Any = type("Request", (), {})()
    vars(request).update(
        matrix=matrix,
        home=home,
        locks=tmp_path,
        inputs=None,
        trust=True,
        sandbox="none",
        custom=Custom(packages=("scipy",)),
    )
    return Pretended(
        before=matrix.environment(OLD),
        after=matrix.environment(NEW),
        request=request,
        resolution=None,  # type: ignore[arg-type]
        progress=Display(Console(quiet=True)),
    )


def test_graphs_share_a_workshop_and_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pair: Pair
) -> None:
    shops: set[int] = set()

    def brought(wish: Wish, _matrix: Matrix, *, shop: Workshop, **_: Any) -> Conversion:
        shops.add(id(shop))
        if wish.path.name == "full":
            raise CaniloadError("no disk")
        return replace(called(str(wish.out.with_suffix(""))), path=str(wish.path))

    monkeypatch.setattr(graphs, "bring_across", brought)
    subjects = [graph(tmp_path / name) for name in ("scores.v1", "full", "others")]
    models = graphs.called_all(subjects, pair, Together(1, Display(Console(quiet=True))))
    assert [one.fate for one in models] == [Fate.PARTLY, Fate.UNTESTED, Fate.PARTLY]
    assert len(shops) == 1
    assert models[1].reason == "no disk"
    told = as_markdown(upgrade(*models))
    assert "TensorFlow 1.15.5 saved a graph" in told
    assert "TFSMLayer('scores-converted', call\\_endpoint='score')" in told
    assert str(tmp_path) not in told.split("caniload convert")[0].split("## Works")[0]
    assert graphs.called_all([], pair, Together(1, Display(Console(quiet=True)))) == []
    assert graphs.untried(subjects[0]).fate is Fate.BROKEN


@pytest.mark.parametrize(("kept", "named"), [("new/own", "new/own"), (None, "own-converted")])
def test_a_graph_of_a_model_is_called_from_where_it_is_kept(kept: str | None, named: str) -> None:
    tried = Tried(conversion=called("/scratch/converted"), kept=kept)
    model = Model(path="zoo/own", fate=Fate.PARTLY, reason="no such class", tried=tried)
    told = as_markdown(upgrade(model))
    assert f"TFSMLayer('{named}', " in told
    assert "/scratch" not in told


@pytest.mark.parametrize("fate", [Fate.UNREAD, Fate.UNTESTED])
def test_weights_alone_have_the_command_that_brings_them_across(fate: Fate) -> None:
    alone = Model(path="w.h5", fate=fate, reason="weights only: name it, --build FILE.py:FUNCTION")
    told = as_markdown(upgrade(alone))
    assert f"caniload convert w.h5 --to {NEW} --build FILE.py:FUNCTION" in told


def test_remedies_and_the_way_back_have_the_function_and_packages_of_weights_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pair: Pair
) -> None:
    code = tmp_path / "net.py"
    code.write_text("def make():\n    return None\n")
    case: Any = SimpleNamespace(
        custom=read_custom((), build=f"{code}:make", packages=("scipy",)),
        subject=SimpleNamespace(path=tmp_path / "w.h5"),
        rerun=True,
        inputs=None,
        fingerprints={},
        terms=SimpleNamespace(key="k"),
        kept=SimpleNamespace(folder=lambda _: tmp_path / "kept"),
    )
    wishes: list[Wish] = []

    def brought(wish: Wish, *_: Any, **__: Any) -> Conversion:
        wishes.append(wish)
        return REFUSED

    monkeypatch.setattr(remedies, "bring_across", brought)
    together = Together(1, Display(Console(quiet=True)))
    with pair.in_shop() as inside:
        assert inside.shop is not None
        assert inside.shop.packages == ("scipy",)
        remedies._tried(case, inside, together)
    for converted in (False, True):
        given = {"case": case, "source": tmp_path / "w.h5", "converted": converted}
        anew = returning._Anew(**given, suffix=".h5", out=tmp_path, facts={})
        wishes.append(returning._wish(anew, pair))
    assert [one.packages for one in wishes] == [("scipy",)] * 3
    assert [one.build and one.build.factory for one in wishes] == ["make", "make", None]
