"""Rules of matrix.yaml held against its environments: what a gap or a profile takes; pure."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import backend, head, is_keras_3, versions
from caniload.runner.matrix.profiles import SelectedBy
from caniload.runner.matrix.schema import Environment, Gap, Matrix, Profile
from caniload.runner.matrix.where import Choice, Where


def chosen(choice: Choice, environments: Sequence[Environment]) -> tuple[str, ...]:
    """Return the ids of what is meant, in the order of these; then ids of none of these."""
    taken = {*choice.environments}
    for rule in choice.rules:
        taken.update(by_rule(rule, environments))
    there = tuple(one.id for one in environments if one.id in taken)
    return there + tuple(name for name in choice.environments if name not in there)


def by_rule(rule: Where, environments: Sequence[Environment]) -> tuple[str, ...]:
    """Return the ids of the environments that a rule takes, in their order."""
    found = [one for one in environments if _is_true_of(rule, one)]
    newest = _newest(rule.newest, found) if rule.newest else found
    return tuple(one.id for one in newest)


def profile(matrix: Matrix, name: SelectedBy) -> Profile:
    """Return a profile with all its environments, readers and models named."""
    found: Profile = Profile()
    if name == "named":
        found = Profile(
            models=matrix.profiles.default.models, without=matrix.profiles.default.without
        )
    elif name != "all":
        found = getattr(matrix.profiles, name)
    rows = matrix.environments
    named = [one for one in matrix.models if one.id in found.models] or matrix.models
    return Profile(
        environments=tuple(one.id for one in rows) if found.empty else chosen(found, rows),
        models=tuple(one.id for one in named if not {one.id, one.family} & {*found.without}),
        without=found.without,
        formats=found.formats,
        readers=Choice(environments=chosen(found.readers, rows)),
    )


class Gaps:
    """The gaps of a matrix, their rules held against its environments once, for many questions."""

    def __init__(self, matrix: Matrix) -> None:
        self._taking = [(one, {*chosen(one, matrix.environments)}) for one in matrix.gaps]

    def of(self, environment_id: str, model_id: str, format_id: str) -> Gap | None:
        """Return the stated reason why that environment cannot write that file, if there is one."""
        for gap, environments in self._taking:
            if (
                format_id in gap.formats
                and environment_id in environments
                and (not gap.models or model_id in gap.models)
            ):
                return gap
        return None


def problems(
    choice: Choice, environments: Sequence[Environment]
) -> Iterator[tuple[list[str | int], str]]:
    """Find ids and rules that cannot be meant: where in the choice, and what to say."""
    known = {one.id for one in environments}
    for position, name in enumerate(choice.environments):
        if name not in known:
            yield ["environments", position], f"there is no environment {name!r} above"
    for index, rule in enumerate(choice.rules):
        place: list[str | int] = ["where", index] if isinstance(choice.where, tuple) else ["where"]
        if rule == Where():
            yield place, "a rule says at least one thing; leave it out to mean all"
        elif not by_rule(rule.model_copy(update={"without": ()}), environments):
            yield place, "no environment above is like this; mend the rule or leave it"
        for position, name in enumerate(rule.without):
            if name not in known:
                yield [*place, "without", position], f"there is no environment {name!r} above"


def _is_true_of(rule: Where, one: Environment) -> bool:
    return (
        one.id not in rule.without
        and _among(one.stack, rule.stack)
        and _among(one.imports, rule.imports)
        and (not rule.versions or _has(one, rule.versions))
    )


def _among(value: str, wanted: str | tuple[str, ...] | None) -> bool:
    return wanted is None or value in ((wanted,) if isinstance(wanted, str) else wanted)


def _has(one: Environment, wanted: dict[str, str]) -> bool:
    """Say whether its packages have these versions; one that it does not state has none."""
    found = {name: version.base_version for name, version in versions(one).items()}
    if is_keras_3(one):
        # As much as is known of one that nobody states.
        found.setdefault("keras", frameworks().since.keras_3.base_version)
    return all(name in found and _within(found[name], asked) for name, asked in wanted.items())


@functools.cache
def _within(version: str, asked: str) -> bool:
    return SpecifierSet(asked).contains(version)


def _newest(of: str, found: Sequence[Environment]) -> list[Environment]:
    """Return the newest of each kind; a release candidate is no release, and is asked for by id."""
    best: dict[tuple[object, ...], Environment] = {}
    for one in found:
        if head(one).is_prerelease:
            continue
        kind = (one.stack, backend(one.packages), head(one).release[:2] if of == "minor" else ())
        if kind not in best or _rank(one) > _rank(best[kind]):
            best[kind] = one
    return [one for one in found if one in best.values()]


def _rank(one: Environment) -> tuple[Version, bool]:
    return head(one), one.twin is None
