"""Where the change is: the search alone, the mixing alone, and whole hunts on a pretend bench."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from caniload.runner.bisecting import ends, mixing, telling
from caniload.runner.bisecting.answers import Bisection, Status
from caniload.runner.bisecting.bench import Bench, CannotTryError
from caniload.runner.bisecting.mixing import Locked, mixed
from caniload.runner.bisecting.search import Found, Result, following, most_steps
from caniload.runner.bisecting.stages import Hunt
from caniload.runner.bisecting.symptoms import Level, Trial, similarly, strictly, verdict
from caniload.runner.core.errors import UsageError
from caniload.runner.core.outcomes import Outcome
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.packages.listing import File, Listing, Release


def search(count: int, first_bad: int, skipped: frozenset[int]) -> tuple[Found, int]:
    known: dict[int, Result] = {}
    while isinstance(place := following(count, known), int):
        assert place not in known
        assert 0 < place < count - 1
        result = Result.BAD if place >= first_bad else Result.GOOD
        known[place] = Result.SKIP if place in skipped else result
    return place, len(known)


@given(data=st.data(), count=st.integers(2, 60))
def test_the_answer_brackets_the_truth(data: st.DataObject, count: int) -> None:
    first_bad = data.draw(st.integers(1, count - 1))
    skipped = data.draw(st.frozensets(st.integers(1, max(1, count - 2))))
    found, steps = search(count, first_bad, skipped)
    assert found.last_good < first_bad <= found.first_bad
    assert set(found.between) <= skipped
    assert found.exact == (found.first_bad - found.last_good == 1)
    if not skipped:
        assert found.exact
        assert found.first_bad == first_bad
        assert steps <= most_steps(count - 2)


def test_two_neighbours_need_no_step() -> None:
    assert following(2, {}) == Found(last_good=0, first_bad=1)


def environment(name: str, packages: Mapping[str, str], **more: Any) -> Environment:
    given = {
        "id": name,
        "stack": "tf.keras",
        "label": name,
        "python": "3.11",
        "imports": "tensorflow.keras",
        "packages": packages,
        "cutoff": "2024-01-01",
    }
    return Environment.model_validate(given | more)


def locked(name: str, packages: Mapping[str, str], also: Mapping[str, str], **more: Any) -> Locked:
    return Locked(environment=environment(name, packages, **more), packages={**packages, **also})


GOOD = locked(
    "tf-2.15",
    {"tensorflow-cpu": "2.15.1", "keras": "2.15.0"},
    {"numpy": "1.26.4", "rich": "13.0", "tensorboard": "2.15.2"},
    pins=("numpy<2", "six<2"),
    overrides=("tensorflow; python_version < '3'",),
)
BAD = locked(
    "tf-2.16",
    {"tensorflow-cpu": "2.16.2", "keras": "3.4.1"},
    {"numpy": "1.26.4", "rich": "13.7", "tensorboard": "2.16.2", "optree": "0.12"},
    cutoff="2024-07-12",
)


def test_parts_are_what_differs_with_what_comes_with_it() -> None:
    found = list(mixing.parts(GOOD, BAD))
    assert [part.name for part in found] == ["keras", "tensorflow", "others"]
    assert found[1].packages == ("tensorflow", "tensorboard")
    assert found[2].packages == ("rich",)
    assert found[0].words == "keras 2.15.0 → 3.4.1"


def test_all_but_the_exchanged_is_held() -> None:
    made = mixed(GOOD, BAD, {"keras": "==3.0.0"}, words="tf-2.15 with keras 3.0.0")
    assert made.packages == {"tensorflow-cpu": "2.15.1", "keras": "3.0.0"}
    assert made.overrides == (
        "tensorflow; python_version < '3'",
        *("keras==3.0.0", "numpy==1.26.4", "optree==0.12", "rich==13.0"),
        *("tensorboard==2.15.2", "tensorflow-cpu==2.15.1"),
    )
    assert made.pins == ("six<2",)
    assert made.cutoff == "2024-07-12"
    assert made.id.startswith("tf-2.15-with-keras-3.0.0-")
    again = mixed(GOOD, BAD, {"keras": "==3.0.1"}, words="tf-2.15 with keras 3.0.0")
    assert again.id != made.id


def test_another_build_of_tensorflow_takes_the_place_of_the_one() -> None:
    whole = locked("tf-2.0", {"tensorflow": "2.0.4"}, {})
    made = mixed(GOOD, whole, mixing.changes_to(["tensorflow"], whole), words="x")
    assert made.packages == {"tensorflow": "2.0.4", "keras": "2.15.0"}
    assert not [one for one in made.overrides if one.startswith("tensorflow-cpu")]


def trial(level: Level | None, signature: str = "", cause: str | None = None) -> Trial:
    return Trial(
        environment="e",
        packages={},
        outcome=Outcome.ERROR,
        reason="",
        level=level,
        signature=signature,
        cause=cause,
    )


def test_what_is_less_bad_than_the_bad_end_came_before_the_change() -> None:
    bad = trial(Level.FAILS, "load: TypeError: N")
    assert verdict(trial(Level.ANOTHER_MODEL), bad) is Result.GOOD
    assert verdict(trial(None), bad) is Result.SKIP
    other = trial(Level.FAILS, "load: ImportError: no")
    assert verdict(other, bad) is Result.BAD  # in an environment that people had
    assert strictly(other, bad) is Result.SKIP  # in one that nobody had
    assert similarly(other, bad) is Result.SKIP
    worded = trial(Level.FAILS, "load: TypeError: in other words")
    assert (strictly(worded, bad), similarly(worded, bad)) == (Result.SKIP, Result.BAD)
    assert strictly(trial(Level.SAME), bad) is Result.GOOD
    assert strictly(trial(Level.FAILS, "x", "c"), trial(Level.FAILS, "y", "c")) is Result.BAD


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("h5py 2.10", "is no requirement"),
        ("h5py", "leaves open which h5py"),
        ("keras<3", "leaves open which keras"),
        ("x[y]==1", "extras"),
    ],
)
def test_companions_that_cannot_be_used(given: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        ends.companions([given])


def test_companions() -> None:
    assert ends.companions(["h5py==2.10", "numpy<1.24"]) == {"h5py": "==2.10", "numpy": "<1.24"}
    with pytest.raises(UsageError, match="asked for twice"):
        ends.companions(["h5py==2.10", "H5Py==3"])


def release(package: str, version: str, *, yanked: bool = False) -> Release:
    file = File(
        name=f"{package}-{version}-py3-none-any.whl",
        requires_python=None,
        uploaded=None,
        yanked=yanked,
    )
    return Release(package=package, version=Version(version), files=(file,))


LISTING: Listing = {
    "keras": tuple(
        release("keras", version, yanked=version == "3.0.2")
        for version in (
            *("2.15.0", "3.0.0rc1", "3.0.0", "3.0.1", "3.0.2", "3.0.3", "3.1.0", "3.1.1"),
            *("3.2.0", "3.3.0", "3.4.0", "3.4.1"),
        )
    ),
    "tensorflow": tuple(
        release("tensorflow", version)
        for version in ("2.14.0", "2.14.1", "2.15.0", "2.15.1", "2.16.1", "2.16.2", "2.17.0")
    ),
}
BY_DAY = {"2.16.1": "3.1.1", "2.17.0": "3.4.1"}


def test_final_releases_between() -> None:
    found = [str(one.version) for one in ends.final(LISTING, "keras", "3.1.0", "2.15.0")]
    assert found == ["3.0.0", "3.0.1", "3.0.3"]


class PretendBench:
    """Environments without a disk: ``broken`` and ``untestable`` look at their packages."""

    def __init__(
        self,
        broken: Callable[[Mapping[str, str]], bool],
        untestable: Callable[[Mapping[str, str]], bool] = lambda _: False,
    ) -> None:
        self._broken, self._untestable = broken, untestable
        self.tried: list[str] = []
        self.locks = None

    def row(self, one: Environment) -> Locked:
        return Locked(environment=one, packages=one.packages)

    def meant(self, requirements: Sequence[str], pythons: Sequence[str] = ()) -> Locked:
        assert pythons
        version = requirements[0].partition("==")[2]
        return locked(f"tf-{version}", {"tensorflow": version, "keras": BY_DAY[version]}, {})

    def mix(
        self,
        base: Locked,
        other: Locked,
        changes: Mapping[str, str],
        *,
        words: str,
        cutoff: str = "",
    ) -> Locked:
        made = mixed(base, other, changes, words=words, cutoff=cutoff)
        found = Locked(environment=made, packages={**base.packages, **made.packages})
        if self._untestable(found.packages):
            raise CannotTryError("its packages are at odds")
        return found

    def is_known(self, one: Locked) -> bool:
        return one.id in self.tried

    def is_built(self, _: Locked) -> bool:
        return True

    def try_good(self, one: Locked) -> Trial:
        return self.attempt(one)

    def attempt(self, one: Locked) -> Trial:
        if one.id not in self.tried:
            self.tried.append(one.id)
        broken = self._broken(one.packages)
        return Trial(
            environment=one.id,
            packages=dict(one.packages),
            outcome=Outcome.ERROR if broken else Outcome.IDENTICAL,
            reason="does not load: TypeError: groups" if broken else "bit for bit the same model",
            level=Level.FAILS if broken else Level.SAME,
            signature="load: TypeError: groups" if broken else "",
        )

    def cannot(self, words: str, reason: str) -> Trial:
        return Trial(environment=words, packages={}, outcome=Outcome.UNTESTED, reason=reason)


ROWS = (
    environment("tf-2.14", {"tensorflow": "2.14.1", "keras": "2.14.0"}),
    environment("tf-2.15", {"tensorflow": "2.15.1", "keras": "2.15.0"}),
    environment("tf-2.16", {"tensorflow": "2.16.2", "keras": "3.4.1"}),
    environment("tf-2.17", {"tensorflow": "2.17.0", "keras": "3.4.1"}),
)


def hunt(
    bench: PretendBench, monkeypatch: pytest.MonkeyPatch, *, good: int = 0, bad: int = -1
) -> tuple[Bisection, list[str]]:
    said: list[str] = []
    monkeypatch.setattr("caniload.runner.bisecting.costs.Costs.lines", lambda *_: iter(()))
    matrix = cast("Matrix", SimpleNamespace(environments=ROWS))
    whole = Hunt(
        bench=cast("Bench", bench),
        matrix=matrix,
        listing=LISTING,
        blank=Bisection(path="m.h5", status=Status.REFUSED),
        finish=lambda one: one,
        tell=said.append,
    )
    return whole(bench.row(ROWS[good]), bench.row(ROWS[bad])), said


def keras(packages: Mapping[str, str]) -> Version:
    return Version(packages["keras"])


@pytest.mark.parametrize("first_bad", ["3.0.0", "3.0.3", "3.1.1"])
def test_a_break_in_keras(first_bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = PretendBench(lambda packages: keras(packages) >= Version(first_bad))
    found, said = hunt(bench, monkeypatch)
    assert (found.status, found.package, found.first_bad) == (Status.FOUND, "keras", first_bad)
    assert found.environments == ("tf-2.15", "tf-2.16.1")
    assert found.evidence[:2] == (
        "tf-2.15 with keras of tf-2.16.1 alone is bad, too",
        "tf-2.16.1 with keras of tf-2.15 alone is good again",
    )
    last = "tf-2.15" + ("" if first_bad == "3.0.0" else f" with keras {found.last_good}")
    assert found.evidence[2:] == (
        f"{last} is good, tf-2.15 with keras {first_bad} is bad: all else is held",
    )
    assert len(found.steps) == len(bench.tried)
    lines = "\n".join(telling.as_lines(found))
    assert f"stops loading with keras {first_bad} (last good: keras " in lines
    assert "  bad   tf-2.17: does not load: TypeError: groups" in said
    assert json.loads(telling.as_json(found))["found"] is True


def test_newer_is_good_and_older_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = PretendBench(lambda packages: keras(packages) < Version("3.0.1"))
    found, _ = hunt(bench, monkeypatch, good=-1, bad=0)
    assert (found.package, found.last_good, found.first_bad) == ("keras", "3.0.1", "3.0.0")


def test_a_break_in_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = PretendBench(lambda packages: Version(packages["tensorflow"]) >= Version("2.16.2"))
    found, _ = hunt(bench, monkeypatch)
    assert (found.package, found.last_good, found.first_bad) == ("tensorflow", "2.16.1", "2.16.2")


def test_releases_that_cannot_be_tried_make_a_range(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = PretendBench(
        lambda packages: keras(packages) >= Version("3.0.1"),
        lambda packages: keras(packages) in (Version("3.0.1"), Version("3.0.0")),
    )
    found, _ = hunt(bench, monkeypatch)
    assert found.status is Status.RANGE
    assert (found.last_good, found.untested, found.first_bad) == (
        *("2.15.0", ("3.0.0", "3.0.1")),
        "3.0.3",
    )
    (line,) = [line for line in telling.as_lines(found) if "first bad release" in line]
    assert "is one of 3.0.0, 3.0.1, 3.0.3 (last good: 2.15.0)" in line


def test_packages_that_cannot_be_parted_are_not_guessed_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = PretendBench(lambda packages: keras(packages) >= Version("3"), lambda _: True)
    found, _ = hunt(bench, monkeypatch)
    assert (found.status, found.package) == (Status.TOGETHER, None)
    assert "keras 2.15.0 → 3.1.1" in found.differing
    assert "which package it is could not be told" in "\n".join(telling.as_lines(found))


@pytest.mark.parametrize(("broken", "status"), [(True, Status.NOT_GOOD), (False, Status.NOT_BAD)])
def test_ends_that_are_not_as_said(
    *, broken: bool, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = PretendBench(lambda _: broken)
    found, _ = hunt(bench, monkeypatch)
    assert found.status is status
    assert found.package is None
    assert len(found.steps) == 2
