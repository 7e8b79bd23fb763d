"""The pytest plugin: one test for each of a project's models in each version.

    @pytest.mark.caniload("models/", to=["2.15", "2.21"])
    def test_our_models_load(caniload):
        assert caniload.good

Comes in: the marker, ``[tool.caniload]``, options. Goes out: tests, whose fixture ``caniload`` is
what ``caniload.check`` says of that file there. Never: loads a model in this process, or imports
anything of caniload's where no test asks for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from caniload.runner.checking.answers import Answer, Checked
    from caniload.runner.checking.request import Request

NAME = "caniload"
_MARKER = (
    "caniload(*models, to=..., envs=..., purpose=..., custom=..., having=..., build=...,"
    " inputs=..., trust=False, sandbox=..., run=False, unknown='skip'): one test for each model"
    " and version; arguments are those of caniload.check"
)
_KNOWN = frozenset(
    {
        *(
            "to",
            "envs",
            "purpose",
            "custom",
            "having",
            "build",
            "inputs",
            "trust",
            "sandbox",
            "run",
        ),
        "unknown",
    }
)
_KEYS = {
    "to": "to",
    "purpose": "for",
    "custom": "custom",
    "having": "with",
    "build": "build",
    "inputs": "inputs",
    "sandbox": "sandbox",
}
"""Arguments of the marker that a project may say once, and its key for each."""
_SEVERAL = ("to", "envs", "custom", "having")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is known of one model in one environment.

    ``good``: it loads there and is the same model. ``likely``: that was measured on reference
    models, not on this file. ``answer`` has all of it.
    """

    path: Path
    environment: str
    answer: Answer

    @property
    def good(self) -> bool:
        return self.answer.good

    @property
    def likely(self) -> bool:
        return self.answer.likely

    @property
    def outcome(self) -> str:
        return str(self.answer.outcome)

    @property
    def reason(self) -> str:
        return self.answer.reason

    def __repr__(self) -> str:
        from caniload.runner.core.texts import shown  # noqa: PLC0415 - see above

        likely = "likely " if self.likely else ""
        told = shown(f"{self.reason} [{self.answer.basis}]", 1000)
        return f"<{shown(self.path)} in {self.environment}: {likely}{self.outcome}: {told}>"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What one test asks: a model, where, and how; ``unknown`` is skip or fail."""

    path: Path
    environment: str
    request: Request
    run: bool
    unknown: str


class Answers:
    """Each model is asked about once a run, in all environments of its test."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, bool], Checked] = {}

    def of(self, asked: Question) -> Checked:
        key = (asked.path, id(asked.request), asked.run)
        if key not in self._known:
            self._known[key] = _ask(asked)
        return self._known[key]


def _ask(asked: Question) -> Checked:
    from caniload.runner.answering.asking import ask  # noqa: PLC0415 - see above

    if not asked.run:
        return ask([asked.path], asked.request)[0]
    from filelock import FileLock  # noqa: PLC0415 - likewise

    # Processes of pytest-xdist wait for each other; a store takes one run at a time.
    place = asked.request.home.root
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / "pytest.lock"):
        return ask([asked.path], asked.request, run=True)[0]


_ANSWERS = pytest.StashKey[Answers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup(NAME, "saved models in other versions (caniload)")
    group.addoption(
        "--caniload-run",
        action="store_true",
        help="load the models in every version, rather than answer from what is known",
    )
    group.addoption(
        "--caniload-to",
        metavar="2.21",
        help="TensorFlow versions, or ids, whatever the markers say",
    )
    group.addoption(
        "--caniload-sandbox",
        metavar="LEVEL",
        help="the wall that models are loaded behind: auto, bwrap, landlock, container, none",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    config.stash[_ANSWERS] = Answers()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if NAME not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker(NAME)
    if marker is None:
        return  # the fixture says so
    from caniload.runner.core.errors import CaniloadError  # noqa: PLC0415 - see above

    try:
        asked = _questions(metafunc.config, marker)
    except CaniloadError as error:
        raise pytest.Collector.CollectError(f"caniload: {error}") from None
    metafunc.parametrize(
        NAME, asked, ids=[_id(one, metafunc.config) for one in asked], indirect=True
    )


@pytest.fixture(name=NAME)
def _caniload(request: pytest.FixtureRequest) -> Found:
    """Return what is known of one of the models that the marker names, in one version."""
    asked = getattr(request, "param", None)
    if not isinstance(asked, Question):
        pytest.fail('the fixture takes a marker: @pytest.mark.caniload("models/")', pytrace=False)
    from caniload.runner.core.errors import CaniloadError  # noqa: PLC0415 - see above

    try:
        checked = request.config.stash[_ANSWERS].of(asked)
    except CaniloadError as error:
        pytest.fail(f"caniload: {error}", pytrace=False)
    if checked.problem is not None and not checked.readable:
        pytest.fail(f"caniload: {asked.path}: {checked.problem}", pytrace=False)
    answers = {one.environment: one for one in checked.answers}
    answer = answers.get(asked.environment)
    if answer is None:
        pytest.skip(f"{checked.problem}")  # a sound file that is no whole model
    if not answer.known and asked.unknown == "skip":
        told = answer.reason.replace("--run ", "--caniload-run ")  # by its name here
        pytest.skip(f"not known: {told}")
    return Found(path=asked.path, environment=asked.environment, answer=answer)


def _id(one: Question, config: pytest.Config) -> str:
    return f"{os.path.relpath(one.path, config.rootpath)}-{one.environment}"


def _questions(config: pytest.Config, marker: pytest.Mark) -> list[Question]:
    """Return a question for each model and environment; ``CaniloadError``: none can be asked."""
    from caniload.runner.checking.subjects import gather  # noqa: PLC0415 - see above
    from caniload.runner.checking.wanted import wish  # noqa: PLC0415
    from caniload.runner.core.errors import UsageError  # noqa: PLC0415
    from caniload.runner.core.nearest import nearest  # noqa: PLC0415
    from caniload.runner.project.reading import said  # noqa: PLC0415

    given = dict(marker.kwargs)
    if wrong := sorted(given.keys() - _KNOWN):
        raise UsageError(f"the marker has no argument {wrong[0]!r}; {nearest(wrong[0], _KNOWN)}")
    unknown = given.pop("unknown", "skip")
    if unknown not in ("skip", "fail"):
        raise UsageError(f"unknown is 'skip' or 'fail', not {unknown!r}")
    run = bool(given.pop("run", False) or config.getoption("--caniload-run"))
    known = said(config.rootpath, os.environ)
    for name, key in _KEYS.items():
        beside = name == "to" and "envs" in given
        if name not in given and key in known and not beside:
            values = known[key].values
            given[name] = values if name in _SEVERAL else values[0]
    if config.getoption("--caniload-to"):
        given["to"] = str(config.getoption("--caniload-to")).split(",")
        given.pop("envs", None)
    if config.getoption("--caniload-sandbox"):
        given["sandbox"] = config.getoption("--caniload-sandbox")
    models = marker.args or (known["models"].values if "models" in known else ())
    if not models:
        raise UsageError('name models in the marker, @pytest.mark.caniload("models/")')
    request = wish(**_wanted(given, config.rootpath))
    found = [one.path for one in gather([config.rootpath / str(one) for one in models])]
    if not found:
        raise UsageError(f"no model is in {', '.join(map(str, models))}")
    return [
        Question(path=path, environment=one.id, request=request, run=run, unknown=unknown)
        for path in found
        for one in request.asked
    ]


def _wanted(given: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return the arguments as a request takes them: lists, and files from the root of the tests."""
    made: dict[str, Any] = {}
    for name, value in given.items():
        if name in _SEVERAL:
            several = [value] if isinstance(value, str | os.PathLike) else value
            made[name] = tuple(_placed(one, root) for one in several)
        elif name in ("build", "inputs") and value is not None:
            made[name] = _placed(value, root)
        else:
            made[name] = value
    if "having" in made:
        made["packages"] = made.pop("having")
    if made.get("inputs") is not None:
        made["inputs"] = Path(made["inputs"])
    return made


def _placed(text: str | os.PathLike[str], root: Path) -> str:
    """Return a file of the project with its whole path; anything else as it is."""
    file, colon, rest = os.fspath(text).partition(":")
    there = (root / file).is_file()
    return f"{root / file}{colon}{rest}" if there else os.fspath(text)
