"""Whether shards belong together: of one plan, on machines that agree, and none missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from caniload.runner.core.errors import IncompleteError, UsageError
from caniload.runner.environments.home import Home
from caniload.runner.evidence.resolve import Resolution
from caniload.runner.matrix.plan import Stage
from caniload.runner.sharding import notes
from caniload.runner.sharding.dividing import Place
from caniload.runner.sharding.notes import Note


def check_one_plan(noted: Sequence[tuple[Home, Note]]) -> None:
    """Refuse shards of different plans, or of machines whose results do not meet; say which."""
    for (home, note), (first_home, first) in ((one, noted[0]) for one in noted[1:]):
        if what := _differing(note.plan, first.plan):
            raise UsageError(
                f"{note.place} in {home.root} and {first.place} in {first_home.root} are shards of"
                f" different plans: they differ in {what}"
            )
    seen: dict[str, tuple[Home, Note]] = {}
    for home, note in noted:
        for environment, fingerprint in note.fingerprints.items():
            first_home, first = seen.setdefault(environment, (home, note))
            if first.fingerprints[environment] != fingerprint:
                raise UsageError(
                    f"{note.place} in {home.root} and {first.place} in {first_home.root} had"
                    f" different machines: {_pythons(environment, note, first)}; give all machines"
                    " the same Pythons and the same system"
                )


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    return next((what for what in notes.ASPECTS if one.get(what) != other.get(what)), None)


def _pythons(environment: str, one: Note, other: Note) -> str:
    pythons = [note.pythons.get(environment, "another") for note in (one, other)]
    if pythons[0] == pythons[1]:
        return f"{environment} ran in Python {pythons[0]} on different systems or C libraries"
    return f"{environment} ran in Python {pythons[0]}, and in {pythons[1]}"


def check_complete(noted: Iterable[Note], stages: Iterable[Stage]) -> None:
    """Refuse a set of shards of which one is missing, and name it."""
    places = [note.place for note in noted]
    lacking = [told for stage in stages for told in _lacking(notes.missing(places, stage), stage)]
    if lacking:
        raise IncompleteError(f"missing: {', '.join(lacking)}")


def _lacking(places: Sequence[Place] | None, stage: Stage) -> Iterator[str]:
    if places is None:
        yield f"all shards of stage {stage}"
    else:
        yield from map(str, places)


def check_saved(home: Home, plan: Mapping[str, str], resolution: Resolution) -> None:
    """Refuse to load before all is saved, or where this machine would not find what was."""
    there = [one for one in notes.read(home) if one.place.stage is Stage.SAVE]
    noted = [one for one in there if one.plan == plan]
    if there and not noted:
        raise UsageError(
            f"what was saved for {home.root} is of another plan: this one differs in"
            f" {_differing(there[0].plan, plan)}"
        )
    try:
        check_complete(noted, [Stage.SAVE])
    except IncompleteError as error:
        raise IncompleteError(
            f"{home.root} has not all that is to be loaded; {error}; run these shards, then"
            f" `caniload merge` their homes into this one"
        ) from error
    for note in noted:
        for environment, fingerprint in note.fingerprints.items():
            if resolution.fingerprints.get(environment) != fingerprint:
                raise UsageError(
                    f"{note.place} saved {environment} in Python {note.pythons[environment]};"
                    f" {_here(environment, resolution)}; give all machines the same Pythons and the"
                    " same system"
                )


def _here(environment: str, resolution: Resolution) -> str:
    if environment in resolution.usable:
        version = resolution.usable[environment].interpreter.version
        return f"this machine has {version}, or another system or C library"
    return f"this machine {resolution.untested[environment]}"
