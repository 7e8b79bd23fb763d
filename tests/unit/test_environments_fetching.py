"""Which Python an environment is on, and Pythons that are not here: offered, sized, fetched."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import fetching, processes, uv
from caniload.runner.environments.fetching import Offer, as_line, offers, ready, sizes
from caniload.runner.environments.home import Home
from caniload.runner.environments.locking import first_lock, lock_path, lock_sha256
from caniload.runner.environments.processes import Finished
from caniload.runner.environments.receipts import Receipt, write_receipt
from caniload.runner.environments.settling import choose, settled
from caniload.runner.evidence.resolve import Resolution, resolve
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Environment

MATRIX = Path(__file__).parents[2] / "matrix.yaml"


def environment(name: str = "some", **changes: Any) -> Environment:
    asked = {
        "id": name,
        "stack": "keras 3",
        "label": "Some",
        "python": "3.11",
        "pythons": ("3.12", "3.13"),
        "imports": "keras",
        "packages": {"keras": "3.0"},
        "cutoff": "2024-01-01",
        **changes,
    }
    return Environment.model_validate(asked)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A machine with no Python but those that a test puts there."""
    (tmp_path / "machine").mkdir()
    monkeypatch.setenv("CANILOAD_PYTHONS", str(tmp_path / "machine"))
    monkeypatch.setenv("CANILOAD_PYTHONS_ONLY", "1")

    def put(version: str) -> None:
        program(tmp_path / "machine" / version / "bin" / "python", version)

    return put


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Finished]:
    """What uv will say, in turn; nothing is run."""
    said: list[Finished] = []
    monkeypatch.setattr(uv, "find_uv", lambda: "uv")
    monkeypatch.setattr(processes, "run", lambda *_, **__: said.pop(0))
    return said


def program(path: Path, version: str) -> None:
    """Write a program that answers as that Python would."""
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)


def listed(*versions: str, **changes: str) -> Finished:
    """Return what uv says it could download."""
    known = [
        {
            "key": f"cpython-{version}-linux",
            "version": version,
            "url": f"https://mirror.example/{version}.tar.gz",
            "implementation": "cpython",
            "variant": "default",
            **changes,
        }
        for version in versions
    ]
    return Finished(code=0, output=json.dumps(known))


@pytest.mark.parametrize(
    ("own", "fetched", "offered", "python"),
    [
        pytest.param({"3.11", "3.12"}, (), (), "3.11", id="its first"),
        pytest.param({"3.13", "3.12"}, (), (), "3.12", id="the best that is there"),
        pytest.param({"3.13"}, {"3.11"}, {"3.11"}, "3.13", id="fetched for another"),
        pytest.param({"3.8"}, {"3.12"}, {"3.11"}, "3.12", id="fetched before"),
        pytest.param({"3.8"}, (), {"3.12", "3.11"}, "3.11", id="to be fetched"),
        pytest.param({"3.8"}, (), (), "3.11", id="none"),
    ],
)
def test_which_python(
    own: Collection[str], fetched: Collection[str], offered: Collection[str], python: str
) -> None:
    chosen = choose(environment(), own, fetched, offered)
    assert chosen.python == python
    assert chosen.falls_back is (python != "3.11")


def test_a_twin_and_others_without_a_choice_stay() -> None:
    one = environment(pythons=(), twin="another")
    assert choose(one, {"3.12"}, {"3.13"}, {"3.10"}) == one


def test_each_python_has_its_lock_and_its_evidence(tmp_path: Path) -> None:
    for one in environment().variants:
        lock_path(one, tmp_path).write_text(one.python)
    assert {path.name for path in tmp_path.iterdir()} == {
        "some.txt",
        "some.python-3.12.txt",
        "some.python-3.13.txt",
    }
    assert len({lock_sha256(one, tmp_path) for one in environment().variants}) == 3
    assert first_lock(environment().on("3.13"), tmp_path).read_text() == "3.11"


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_default_profile_on_one_python_alone(
    machine: Callable[[str], None], tmp_path: Path, python: str
) -> None:
    """What README says that each machine covers, without a download."""
    machine(f"{python}.1")
    home = Home(root=tmp_path / "home")
    matrix = settled(read_matrix(MATRIX), home)
    usable = {*resolve(matrix.environments, home=home).usable}
    newest = {"tf-2.20", "tf-2.21", "tf-2.21-keras-3.15", "keras-3.15-jax"}
    since_keras_3 = {"tf-2.16", "tf-2.17", "tf-2.18", "tf-2.19", "tf-2.16-tf-keras"}
    assert usable >= newest
    assert (usable >= since_keras_3) is (python != "3.13")
    assert ("tf-2.15" in usable) is ("keras-3.15-torch" in usable) is (python == "3.11")
    assert {matrix.environment(one).python for one in usable} == {python}


def resolved(home: Home, *environments: Environment) -> Resolution:
    home.root.mkdir(exist_ok=True)
    for one in environments:
        lock_path(one, home.root).write_text(one.id)
    return resolve(environments, home=home, locks=home.root)


def test_what_is_missing_is_offered(
    machine: Callable[[str], None], answers: list[Finished], tmp_path: Path
) -> None:
    machine("3.12.1")
    home = Home(root=tmp_path / "home", fetches=True)
    answers.append(listed("3.11.9", "3.11.7", "3.8.20"))

    new, other, old = (environment("new").on("3.12"), environment(), environment(python="3.7"))
    found = resolved(home, new, other, old.model_copy(update={"id": "old"}))

    assert found.usable["new"].interpreter.version == "3.12.1"
    assert found.usable["some"].interpreter == Offer(
        home.pythons / "cpython-3.11.9-linux" / "bin" / "python3.11",
        "3.11.9",
        "cpython-3.11.9-linux",
        "https://mirror.example/3.11.9.tar.gz",
    )
    assert [one.version for one in found.offers(["new", "some"])] == ["3.11.9"]
    assert found.offers(["new"]) == []
    assert found.untested["old"].startswith("needs Python 3.7; install Python 3.7 with `pyenv")


@pytest.mark.parametrize(
    "said", [listed(), listed("3.11.9", variant="freethreaded"), Finished(code=2, output="error")]
)
def test_what_uv_does_not_offer_is_as_before(
    machine: Callable[[str], None], answers: list[Finished], tmp_path: Path, said: Finished
) -> None:
    machine("3.8.20")
    answers.append(said)
    found = resolved(Home(root=tmp_path / "home", fetches=True), environment())
    assert found.untested["some"].endswith("or name one you have in CANILOAD_PYTHONS")


@pytest.mark.usefixtures("machine")
def test_nothing_is_asked_where_nothing_is_fetched(tmp_path: Path) -> None:
    found = resolved(Home(root=tmp_path / "home"), environment())
    assert found.untested["some"].endswith(
        "; it is not fetched, for --no-fetch, CANILOAD_NO_FETCH or UV_OFFLINE says so"
    )


@pytest.mark.parametrize(
    ("there", "built", "python"),
    [
        pytest.param("3.12.1", "3.11.7", "3.11", id="its Python has gone"),
        pytest.param("3.11.7", "3.12.1", "3.12", id="a better one has come"),
        pytest.param("3.12.1", "3.10.1", "3.12", id="built with what it is not asked for"),
        pytest.param("3.12.1", None, "3.12", id="not built"),
    ],
)
def test_what_is_built_stays_on_its_python(
    machine: Callable[[str], None], tmp_path: Path, there: str, built: str | None, python: str
) -> None:
    machine(there)
    matrix, home = read_matrix(MATRIX), Home(root=tmp_path / "home")
    row = matrix.environment("tf-2.21")
    if built is not None:
        on = row.on(built.rpartition(".")[0]) if not built.startswith("3.10") else row
        write_receipt_of(on, built, home)
    found = settled(matrix, home)
    assert found.environment("tf-2.21").python == python
    assert found.environment("tf-2.20").python == there.rpartition(".")[0]  # which is not built
    resolution = resolve(found.environments, home=home)
    if built == "3.11.7":
        assert "tf-2.21" in resolution.fingerprints
        assert "`caniload env remove tf-2.21`" in resolution.untested["tf-2.21"]
        assert "env remove" not in resolution.untested["tf-2.15"]


def write_receipt_of(
    environment: Environment, python: str, home: Home, locks: Path = LOCKS
) -> None:
    folder = home.environment(environment.id)
    folder.mkdir(parents=True)
    write_receipt(
        Receipt(
            environment=environment.id,
            lock_sha256=lock_sha256(environment, locks),
            python=python,
            interpreter="/gone",
            platform="",
            imports=environment.imports,
            variables=dict(environment.variables),
            versions={},
            packages={},
            installer="uv",
            bytes=1,
            seconds=1,
            built_at="",
        ),
        folder,
    )


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(("offered", "usable"), [("3.11.7", True), ("3.11.9", False)])
def test_what_was_measured_is_not_made_old_by_another_python(
    answers: list[Finished], tmp_path: Path, *, offered: str, usable: bool
) -> None:
    home = Home(root=tmp_path / "home", fetches=True)
    lock_path(environment(), tmp_path).write_text("some")
    write_receipt_of(environment(), "3.11.7", home, tmp_path)
    answers += [listed(), listed("3.11.10", offered)]
    before, after = (resolve([environment()], home=home, locks=tmp_path) for _ in range(2))
    assert before.fingerprints == after.fingerprints
    assert ("some" in after.usable) is usable


def offer(home: Home) -> Offer:
    path = home.pythons / "cpython-3.11.9-linux" / "bin" / "python3.11"
    return Offer(path, "3.11.9", "cpython-3.11.9-linux", "https://mirror.example/3.11.9.tar.gz")


def test_a_python_that_cannot_be_fetched_is_tried_once(
    answers: list[Finished], tmp_path: Path
) -> None:
    home = Home(root=tmp_path, fetches=True)
    output = "error: Failed to install\n  cause: Request failed\n  cause: dns error: no such host\n"
    answers.append(Finished(code=1, output=output))
    for _ in range(2):
        with pytest.raises(EnvironmentUnusable) as refused:
            ready(offer(home), home, seconds=1)
        assert refused.value.reason.startswith(
            "needs Python 3.11, which cannot be fetched: uv says: dns error: no such host; install"
        )
    assert answers == []


@pytest.mark.parametrize(
    ("finished", "why"),
    [
        (Finished(code=None, output=""), "it did not end within 7 s"),
        (Finished(code=0, output=""), "what came does not run here"),
        (Finished(code=1, output=""), "uv says: nothing"),
        (Finished(code=1, output="Python downloads are not allowed"), "downloads are not allowed"),
    ],
)
def test_why_it_cannot_be_fetched(
    answers: list[Finished], tmp_path: Path, finished: Finished, why: str
) -> None:
    answers.append(finished)
    with pytest.raises(EnvironmentUnusable) as refused:
        ready(offer(Home(root=tmp_path)), Home(root=tmp_path), seconds=7)
    assert why in refused.value.reason


def test_it_goes_into_the_home_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(root=tmp_path, fetches=True)

    def run(command: list[str], *, variables: dict[str, str], **_: Any) -> Finished:
        assert f"--install-dir={home.pythons}" in command
        assert variables["UV_PYTHON_INSTALL_BIN"] == "0"
        program(offer(home).path, "3.11.9")
        return Finished(code=0, output="")

    monkeypatch.setattr(uv, "find_uv", lambda: "uv")
    monkeypatch.setattr(processes, "run", run)
    found = ready(offer(home), home, seconds=1)
    assert (found.version, found.path.parent) == ("3.11.9", offer(home).path.parent)
    monkeypatch.setattr(processes, "run", None)  # it is there now
    assert ready(offer(home), home, seconds=1) == found
    assert fetching.here(["3.11"], home)["3.11"].version.startswith("3.11.")


def test_sizes_are_asked_of_the_server(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"x" * 2_400_000)
    urls = {"3.11.9": tmp_path / "there", "3.8.20": tmp_path / "not"}
    offered = [Offer(tmp_path, version, "", path.as_uri()) for version, path in urls.items()]
    found = sizes(offered)
    assert found == {"3.11.9": 2_400_000, "3.8.20": None}
    assert as_line(found, Home(root=tmp_path)) == (
        f"Python to fetch with uv into {tmp_path}/pythons: 3.11.9 (2 MB), 3.8.20 (size not known)"
    )
    assert sizes([]) == {}


@pytest.mark.parametrize(
    ("variables", "fetches"),
    [
        ({}, True),
        ({"CANILOAD_NO_FETCH": "0"}, True),
        ({"CANILOAD_NO_FETCH": "1"}, False),
        ({"UV_OFFLINE": "1"}, False),
    ],
)
def test_who_does_not_want_a_download(variables: dict[str, str], *, fetches: bool) -> None:
    assert Home.default(variables).fetches is fetches


def test_uv_lists_what_it_can_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The uv that is installed here; no network is asked."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.delenv("UV_PYTHON_DOWNLOADS_JSON_URL", raising=False)
    minor = "{}.{}".format(*sys.version_info)
    found = offers(["3.7", minor], Home(root=tmp_path, fetches=True))
    assert {one.minor for one in found} == {minor}
    assert all(one.url.endswith(".tar.gz") or ".tar." in one.url for one in found)
