"""What a proof would have noticed, and what it would not; pure.

Outputs that are equal prove nothing if they were equal for other weights, too. So the result's
weights are changed, one at a time, and the comparison has to fail (probes/across/prove.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.converting.outcome import Power
from caniload.runner.judging.differences import within
from caniload.runner.matrix.schema import Tolerances

SECONDS = 20.0
"""CPU time in which weights are changed: once by the reader, once by the target."""
ROUNDINGS = 10
"""What versions differ by, in steps of what a millionth of the inputs does: 5 to 10 were seen."""
ROUGHEST = 1e-3
"""What is further off, of the largest value, is another model whatever it makes of its inputs."""
TRAINING = 2e-3
"""What a training step may differ by: versions divide by n or by n - 1, and n is a thousand."""
_NAMED = 6
"""Most layers that are named in a sentence."""


def roughened(usual: Tolerances, noise: float) -> Tolerances:
    """Return the bounds for a model that makes much of a millionth of its inputs, of rounding."""
    wider = min(ROUNDINGS * noise, ROUGHEST)
    return usual.model_copy(update={"relative": max(usual.relative, wider)})


def sight(usual: Tolerances, *, half: bool) -> dict[str, Any]:
    """Return what the scripts are told of bounds; with ``half``, of models in such precision too.

    What is told apart by them is only what is looked at next; it is judged here.
    """
    return {
        "seconds": SECONDS,
        "absolute": usual.absolute,
        "relative": usual.relative,
        "half": dict(usual.half) if half else {},
        "roundings": ROUNDINGS,
        "roughest": ROUGHEST,
    }


def problem(seen: Mapping[str, Any], usual: Tolerances) -> str | None:
    """Return where else the result is another model than the original, or None."""
    for one in seen.get("sets") or []:
        if raised := one.get("raised"):
            return (
                f"the result loads and is another model: it takes no other inputs ({one['why']}),"
                f" which the original takes: {raised}"
            )
        for each in one["compared"]:
            if not _equal(each, roughened(usual, one["noise"])):
                return _another(f"its outputs ({one['why']})", each)
    for one in seen.get("inside") or []:
        if not _equal(one["compared"], roughened(usual, one["noise"])):
            what = "what its layer {} gives{} ({})".format(
                one["layer"], " before its activation" if one["plain"] else "", one["why"]
            )
            return _another(what, one["compared"])
    wider = max(TRAINING, 2 * usual.relative)
    for one in seen.get("trained") or []:
        if not _equal(one["compared"], usual.model_copy(update={"relative": wider})):
            return _another(f"{one['name']} of its layer {one['path']}", one["compared"])
    return None


def _equal(one: Mapping[str, Any], tolerances: Tolerances) -> bool:
    same = one["expected"]["shape"] == one["got"]["shape"]
    return same and within(one, tolerances)


def _another(what: str, one: Mapping[str, Any]) -> str:
    was, now = one["expected"]["shape"], one["got"]["shape"]
    if was != now:
        return f"the result loads and is another model: {what}: the shape is {now}, and was {was}"
    size = f"{float(one['max_abs']):.3g} of {float(one['scale'] or 0):.3g}"
    return f"the result loads and is another model: {what}: the difference is {size}"


def power(seen: Mapping[str, Any]) -> Power | None:
    """Return what the comparison would have noticed, or None where that was not tried."""
    changed = seen.get("changed")
    if changed is None:
        return None
    tried: dict[str, list[tuple[str, bool, bool]]] = {}
    for path, name, size, held in changed["weights"]:
        tried.setdefault(path, []).append((name, float(size) > 1, held))
    left = {path for path, _ in changed["left"]} - set(tried)
    unseen = tuple(path for path, found in tried.items() if not any(one for _, one, _ in found))
    others = [
        (f"{path}/{name}", held)
        for path, found in tried.items()
        if path not in unseen
        for name, one, held in found
        if not one
    ]
    return Power(
        layers=len(tried) + len(left),
        changed=len(tried),
        noticed=len(tried) - len(unseen),
        weights=len(changed["weights"]),
        weights_noticed=sum(one for found in tried.values() for _, one, _ in found),
        unnoticed=unseen,
        copied=tuple(name for name, held in others if held),
        uncertain=tuple(name for name, held in others if not held),
        inputs=tuple(dict.fromkeys(one["why"] for one in seen["sets"])),
        inside=tuple(dict.fromkeys(one["layer"] for one in seen["inside"])),
        trained=tuple(dict.fromkeys(one["path"] for one in seen["trained"])),
        seconds=changed["seconds"],
    )


def weaknesses(found: Power | None, seen: Mapping[str, Any]) -> Iterator[str]:
    """Yield what would not have been noticed."""
    if found is None:
        why = seen.get("unlooked") or "its weights could not be changed"
        yield f"what it would have noticed is not known: {why}"
        return
    if found.layers and not found.changed:
        yield f"{SECONDS:.0f} s were too little to change any of its weights"
    where = [listed(names) for names in (found.unnoticed, found.uncertain) if names]
    if where:
        yield f"a change of 1 % would not have been noticed in {', nor in '.join(where)}"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them, the first few."""
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
