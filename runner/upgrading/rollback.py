"""The way back as sentences and a table; pure, escaped."""

from __future__ import annotations

from collections.abc import Iterator

from caniload.runner.forensics.markup import escaped, table
from caniload.runner.upgrading.judging import same
from caniload.runner.upgrading.outcome import Fate, Model, Returned, Upgrade
from caniload.runner.upgrading.words import came_back


def back_sentence(upgrade: Upgrade) -> str:
    """Say in a line whether the old version reads what the new one saves."""
    old, new = upgrade.before.label, upgrade.after.label
    found = list(_by_format(upgrade))
    if not found:
        return (
            f"Rollback: no model could be saved by {new}, so nothing was measured of the way back."
        )
    parts = []
    for name, listed in found:
        measured = [one.answer for one in listed if one.answer is not None and one.answer.known]
        good = sum(same(answer) for answer in measured)
        unknown = len(listed) - len(measured)
        more = f" ({unknown} not tested)" if unknown else ""
        parts.append(f"{good} of {len(measured)} saved as {name}{more}")
    told = ", and ".join(parts)
    return f"Rollback, measured: of what {new} saves anew, {old} reads the same model from {told}."


def _by_format(upgrade: Upgrade) -> Iterator[tuple[str, list[Returned]]]:
    names = dict.fromkeys(one.format for model in upgrade.models for one in model.returned)
    for name in names:
        yield (
            name,
            [one for model in upgrade.models for one in model.returned if one.format == name],
        )


def back_lines(upgrade: Upgrade) -> Iterator[str]:
    """Yield the section about the way back."""
    old, new = escaped(upgrade.before.label), escaped(upgrade.after.label)
    yield f"## Rollback: what {new} saves, loaded in {old}"
    yield ""
    untouched = sum(model.fate in _STILL for model in upgrade.models)
    yield (
        f"The files as they are now were not written to: {untouched} of them load in {old}, as was"
        f" measured above. What {new} has loaded (or was given converted) and saved anew:"
    )
    yield ""
    names = [name for name, _ in _by_format(upgrade)]
    rows = [_row(model, names) for model in upgrade.models if model.returned]
    if rows:
        yield from table(["model", *(f"saved as {escaped(name)}" for name in names)], rows)
        if any(_lost(one) for model in upgrade.models for one in model.returned):
            yield (
                f"So keep the files of {old} until no step back can come. Whether `caniload convert"
                f" FILE --to {upgrade.before.id}` brings the others back was not tried."
            )
            yield ""
    else:
        yield "Nothing was: no model could be saved there."
        yield ""


def _lost(one: Returned) -> bool:
    return one.answer is not None and one.answer.known and not same(one.answer)


_STILL = frozenset({Fate.KEEPS, Fate.WARNS, Fate.CHANGE, Fate.PARTLY, Fate.LOST, Fate.BROKEN})


def _row(model: Model, names: list[str]) -> list[str]:
    by_format = {one.format: one for one in model.returned}
    converted = " (converted)" if any(one.converted for one in model.returned) else ""
    cells = [escaped(came_back(by_format.get(name)), 200) for name in names]
    return [f"{escaped(model.path)}{converted}", *cells]
