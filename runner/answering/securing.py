"""What becomes of a file, and what is open where, joined: the newest version without a door; pure.

Both halves have to be known: that the file stays the same model there, and that files that attack,
of its format, were tried there and reached nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caniload.runner.attacking.doors import Doors, doors
from caniload.runner.attacking.telling import names
from caniload.runner.checking.answers import Answer, Checked, Choice, Secure
from caniload.runner.checking.headline import CONVERTED, OF_OTHERS
from caniload.runner.core.attacked import AttackTable, Reached, fewer, newest_first

_NEWER = 5
"""Most newer environments that are told with why they are not chosen."""


def secured(one: Checked, table: AttackTable) -> Checked:
    """Return what is known of a model with the newest version that has no door open for it."""
    if one.problem is not None or one.format is None:
        return one
    return replace(one, secure=_secure(one, one.format, table))


def _secure(one: Checked, kind: str, table: AttackTable) -> Secure:
    answers = {answer.environment: answer for answer in one.answers}
    rows = newest_first(row for row in table.environments if row.id in answers)
    tried = [(answers[row.id], found) for row in rows if (found := doors(table, row, kind))]
    if not tried:
        said = f"No version was tried with files of format {kind} that attack."
        return Secure(sentence=said, known=False)
    good = [_choice(answer, found) for answer, found in tried if answer.good]
    choice = next((found for found in good if not found.open), None)
    newer = tuple(_newer(tried, choice))[:_NEWER]
    front = tuple(_front(good))
    known = choice is not None or all(answer.known for answer, _ in tried)
    said = _said(kind, choice, front, len(tried))
    if choice is None:
        said += _elsewhere(one, tried)
    return Secure(sentence=said, known=known, choice=choice, front=front, newer=newer)


def _choice(answer: Answer, found: Doors) -> Choice:
    return Choice(
        environment=answer.environment,
        label=answer.label,
        keras=found.keras,
        same=f"{answer.reason} [{answer.basis}]",
        likely=answer.likely,
        open=found.open,
        lesser=found.lesser,
        closed=len(found.closed),
        untested=found.untested,
        measured_at=found.measured_at,
    )


def _front(good: Sequence[Choice]) -> Iterator[Choice]:
    """Yield, from the newest on, each that has fewer doors open than all before it."""
    places = (
        Reached(
            open=frozenset(one.open),
            lesser=frozenset(one.lesser),
            untested=frozenset(one.untested),
        )
        for one in good
    )
    yield from (good[number] for number in fewer(places))


def _newer(
    tried: Sequence[tuple[Answer, Doors]], choice: Choice | None
) -> Iterator[tuple[str, str]]:
    for answer, found in tried:
        if choice is not None and answer.environment == choice.environment:
            return
        if not answer.known:
            yield answer.environment, "not known whether it stays the same there"
        elif not answer.good:
            why = answer.reason.partition(OF_OTHERS)[0]
            yield answer.environment, f"not the same there: {why}"
        else:
            yield answer.environment, f"open to {names(found.open)}"


def _said(kind: str, choice: Choice | None, front: Sequence[Choice], count: int) -> str:
    if choice is not None:
        likely = "likely " if choice.likely else ""
        rest = (
            f"; some take memory or call Keras: {names(choice.lesser, 4)}" if choice.lesser else ""
        )
        return (
            f"No known open door in {choice.environment} (Keras {choice.keras}): of {count}"
            f" versions the newest in which it is {likely}the same model, and no {kind} file that"
            f" was tried runs, imports, reads or writes anything{rest}."
        )
    if front:
        least = front[-1]
        return (
            f"None without an open door: of {count} versions that were tried, all in which it is"
            f" the same model are open to {kind} files; the fewest doors, {len(least.open)}, are"
            f" open in {least.environment} (Keras {least.keras})."
        )
    return (
        f"None without an open door: in none of {count} versions is it known to be the same model."
    )


def _elsewhere(one: Checked, tried: Sequence[tuple[Answer, Doors]]) -> str:
    """Say where no door is open, and how the model may come there; empty where that is nowhere."""
    closed = next((answer for answer, found in tried if not found.open and not answer.good), None)
    if closed is None:
        return ""
    trust = " --trust" if one.needs_trust else ""
    if not closed.known:
        tries = f"--run{trust} tries whether it is the same there"
        return f" None is open in {closed.environment}; {tries}."
    if one.format not in CONVERTED:
        return ""
    command = f"caniload convert {shlex.quote(one.path)} --to {closed.environment}{trust}"
    return f" None is open in {closed.environment}: `{command}` tries to bring it there."


def as_lines(found: Secure) -> Iterator[str]:
    """Yield what a person is shown below the answer: both halves of its proof."""
    yield "secure"
    if found.choice is not None:
        yield f"  the same: {found.choice.same}"
        yield f"  attacks: {_counted(found.choice)}"
    for environment, why in found.newer:
        yield f"  not {environment}: {why}"
    others = [one for one in found.front if one != found.choice]
    for one in others:
        yield f"  or {one.environment} (Keras {one.keras}): {_counted(one)}"


def _counted(one: Choice) -> str:
    opened = f"open to {names(one.open)}, " if one.open else ""
    less = f"{len(one.lesser)} take memory or call Keras, " if one.lesser else ""
    return f"{opened}{less}{one.closed} reached nothing, measured {one.measured_at}"
