"""Whether what was made is the same model: judged from what a fresh process of the target saw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.converting.launching import Workshop, told
from caniload.runner.converting.original import Original, Wish
from caniload.runner.converting.outcome import Power, Proof
from caniload.runner.converting.power import listed, power, problem, roughened, sight, weaknesses
from caniload.runner.converting.rules import keras_version
from caniload.runner.core.precision import precision_of
from caniload.runner.forensics.configuration import policy_of
from caniload.runner.judging.differences import within
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Tolerances

_FORMATS = {".keras": "keras", ".h5": "h5", ".hdf5": "h5"}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Either a proof or a problem, with what was seen."""

    seen: Mapping[str, Any]
    proof: Proof | None = None
    problem: str | None = None
    difference: float | None = None


def prove(
    wish: Wish,
    workshop: Workshop,
    original: Original,
    out: Path,
    more: Mapping[str, Any] | None = None,
    *,
    copied: bool = False,
) -> Judged:
    """Load the file in a fresh process of the target, and compare what it computes.

    ``more`` is what prove.py is told besides; ``structure`` in it is how outputs are to come there.
    ``copied``: it is the original's own file, whose weights need no proof.
    """
    facts = original.facts
    if more and "structure" in more:
        facts = {**facts, "structure": more["structure"]}
    usual = tolerances_for(facts["config"], workshop.matrix.tolerances)
    job = {
        "model": str(out),
        "format": _FORMATS.get(out.suffix, "keras"),
        "custom": wish.custom_paths,
        "code": wish.code,
        "arrays": original.arrays,
        "outputs": facts["outputs"],
        "inputs_count": len(facts["inputs"]),
        "inputs_by_name": facts["by_name"],
        **{name: facts.get(name, []) for name in ("sets", "taps", "trained")},
        "sight": sight(usual, half=False),
        **(more or {}),
    }
    seen = workshop.run("prove", wish.target, job)
    if seen["error"] is not None:
        why = told(seen["error"], seen["phase"])
        return Judged(seen=seen, problem=f"the result, loaded: {why}")
    tolerances = roughened(usual, facts["noise"])
    compared = seen["compared"]
    worst = max((_number(one["max_abs"]) for one in compared), default=0.0)
    why_not = _problem(seen, facts, worst, tolerances) or problem(seen, usual)
    if why_not is not None:
        return Judged(seen=seen, problem=why_not, difference=worst)
    noticing = None if copied else power(seen)
    gap, bound, scale = _nearest_to_its_bound(compared, tolerances)
    proof = Proof(
        reader=original.environment,
        target=wish.target,
        outputs=len(compared),
        max_abs=gap,
        scale=scale,
        bound=bound,
        inputs=tuple(facts["inputs"]),
        weak="; ".join(_weaknesses(facts, seen, usual, noticing, copied=copied)) or None,
        power=noticing,
    )
    return Judged(seen=seen, proof=proof, difference=worst)


def _nearest_to_its_bound(
    compared: Sequence[Mapping[str, Any]], tolerances: Tolerances
) -> tuple[float, float, float]:
    """Return (difference, bound, scale) of the output that came nearest to being another one.

    Every output has a bound of its own: what is little for one may be much for another.
    """
    found = [(0.0, tolerances.absolute, 0.0)]
    for one in compared:
        scale = _number(one["scale"] or 0.0)
        bound = tolerances.absolute + tolerances.relative * scale
        found.append((_number(one["max_abs"]), bound, scale))
    return max(found, key=lambda each: (each[0] / each[1], each[2]))


def tolerances_for(config: Any, usual: Tolerances) -> Tolerances:
    """Return the bounds for a model: wider where its layers compute with half the digits."""
    return usual.of_outputs(precision_of(set(_policies(config))))


def _roughness(noise: float) -> str:
    return (
        f"a millionth of its inputs moves this model's outputs by {noise:.1g} of the largest, so"
        " that versions, which round differently, may differ by as much"
    )


def _policies(config: Any) -> Iterator[str]:
    """Yield the dtype policies of all layers of a configuration, but for inputs."""
    if isinstance(config, list):
        for one in config:
            yield from _policies(one)
    if not isinstance(config, dict) or config.get("class_name") == "InputLayer":
        return
    if (policy := policy_of(config.get("dtype"))) is not None:
        yield policy
    for one in config.values():
        yield from _policies(one)


def _problem(
    seen: Mapping[str, Any], facts: Mapping[str, Any], worst: float, tolerances: Tolerances
) -> str | None:
    """Return how the result is another model than the original, or None."""
    if seen["count"][0] != seen["count"][1] or seen["structure"] != facts["structure"]:
        return (
            f"the result gives {seen['count'][1]} outputs as {seen['structure']}, the original"
            f" {seen['count'][0]} as {facts['structure']}"
        )
    for one in seen["compared"]:
        was, now = one["expected"]["shape"], one["got"]["shape"]
        if was != now:
            return f"the result's output has the shape {now}, the original's {was}"
        if not within(one, tolerances):
            return f"the result loads and is another model: its outputs differ by {worst:.3g}"
    return None


def nothing_to_compare(facts: Mapping[str, Any]) -> str | None:
    """Return why no result could be proven to be the original, or None."""
    if not all(_number(share) == 1 for share in facts["nan"]):
        return None
    return (
        "nothing could be compared: what the original gives is empty, or no numbers, for all"
        " inputs that were tried; give it others with --inputs"
    )


def _number(value: Any) -> float:
    return float("inf") if value is None else float(value)


def _weaknesses(
    facts: Mapping[str, Any],
    seen: Mapping[str, Any],
    usual: Tolerances,
    noticing: Power | None,
    *,
    copied: bool,
) -> Iterator[str]:
    """Yield all reasons why these outputs prove less than equal ones usually do.

    What is known of them at a glance does not count where a change of any layer was noticed.
    """
    compared = seen["compared"]
    if not copied:
        yield from weaknesses(noticing, seen)
    if noticing is None or noticing.noticed < noticing.changed or not noticing.layers:
        yield from _at_a_glance(facts, compared, usual)
    if any(_number(share) == 1 for share in facts["nan"]):
        yield "of several outputs one is empty, or holds no numbers; try --inputs"
    if not all(within(one, usual) for one in compared):
        yield _roughness(facts["noise"])


def _at_a_glance(
    facts: Mapping[str, Any], compared: Sequence[Mapping[str, Any]], usual: Tolerances
) -> Iterator[str]:
    if facts["alike"] and all(facts["alike"]):
        yield "the original gives the same for every row of these inputs; try --inputs"
    elif any(_number(share) > 0 for share in facts["nan"]):
        yield "the original gives NaN for some of these inputs; try --inputs"
    scales = [one["scale"] for one in compared if isinstance(one["scale"], float)]  # not of text
    if (small := next((one for one in scales if one <= usual.absolute), None)) is not None:
        yield f"what the original gives is as small ({small:.3g}) as what it may differ by"


def _moved(optimizer: Mapping[str, Any]) -> bool:
    """Say whether an optimizer holds what it learnt, and not just room for it."""
    return any(float(length) > 0 for _, length in optimizer["slots"])


def _same_rate(was: Any, now: Any) -> bool:
    """Compare rates, which some versions state as they were given and some as a float32."""
    if isinstance(was, float) and isinstance(now, float):
        return math.isclose(was, now, rel_tol=1e-6)
    return bool(was == now)


def _arrived(unheld: Sequence[str]) -> str:
    """Return what became of the arrays of a file that holds nothing else."""
    if not unheld:
        return "every array of the file, bit for bit"
    return (
        "every array of the file, bit for bit, but for those that the model has no place for or"
        f" that its loader turned into others: {listed(unheld)}"
    )


def _fixed(config: Any) -> Iterator[str]:
    """Yield the layers that a graph calls with ``training`` said, as a base that is tuned is."""
    if isinstance(config, list):
        for one in config:
            yield from _fixed(one)
    if not isinstance(config, dict):
        return
    if _says_training(config.get("inbound_nodes")):
        yield str(config.get("name") or (config.get("config") or {}).get("name"))
    for one in config.values():
        yield from _fixed(one)


def _says_training(value: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get("training"), bool) or any(map(_says_training, value.values()))
    return isinstance(value, list) and any(map(_says_training, value))


def _goes_by_its_caller(facts: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    """Say whether the original keeps to what its graph says of training, and the target does not.

    Measured with 2.10, 2.15, 3.9 and 3.15: the statistics of ``BatchNormalization()(x,
    training=False)`` stay in a step of Keras 2, and move in one of Keras 3.
    """
    was, now = (keras_version((one.get("versions") or {}).get("keras")) for one in (facts, seen))
    since = frameworks().since.keras_3
    return was is not None and now is not None and was < since <= now


def losses(
    facts: Mapping[str, Any],
    seen: Mapping[str, Any],
    placed: Mapping[str, Any],
    *,
    rebuilt: bool = False,
) -> tuple[list[str], list[str]]:
    """Return what was lost of the training, and what was kept.

    ``rebuilt``: a Lambda was taken apart, and is what it does in inference.
    """
    lost: list[str] = []
    kept: list[str] = []
    filled = facts.get("filled")
    if filled is not None:
        kept.append(_arrived(filled["unheld"]))
    if facts.get("first_error"):
        lost.append(f"how it was compiled, which its reader could not load: {facts['first_error']}")
    if facts.get("training"):
        was, now = facts["training"]["optimizer"], seen.get("optimizer")
        why = placed.get("compile_error")
        if now is None:
            lost.append(f"how it was compiled ({was['class']}){': ' if why else ''}{why or ''}")
        else:
            kept.append(
                f"optimizer {now['class']}, loss and metrics{', ' if why else ''}{why or ''}"
            )
            rates = [one["settings"].get("learning_rate") for one in (was, now)]
            if not _same_rate(*rates) and was["class"] == now["class"]:
                lost.append(f"the learning rate: {rates[0]} is {rates[1]}")
            if _moved(was) and not _moved(now):
                steps = f", step {was['iterations']}" if was["iterations"] else ""
                lost.append(f"the optimizer's state: {len(was['slots'])} arrays{steps}")
    if (fixed := list(_fixed(facts.get("config")))) and _goes_by_its_caller(facts, seen):
        lost.append(
            f"that {listed(fixed)} is called as in inference (or as in training) whatever the model"
            " is: Keras 3 goes by how the model is called, so a step of training may move it"
        )
    trained = facts.get("lambdas_in_training", ()) if rebuilt else ()
    lost += [f"{name}: what its code does in training only" for name in trained]
    dropped = (placed.get("placed") or {}).get("dropped")
    if dropped:
        lost.append(f"weights without a place: {', '.join(dropped)}")
    return lost, kept
