"""What a loaded model was measured to be -> the list of its differences; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from caniload.runner.core.precision import HalfPrecision
from caniload.runner.judging import signatures
from caniload.runner.matrix.schema import Tolerances

UNCOMPARED_SETTINGS = frozenset({"name", "jit_compile", "is_legacy_optimizer"})
"""Settings of an optimizer that do not change what a step computes."""

ALIASES = {"lr": "learning_rate"}
"""Settings that were renamed between generations: multi-backend Keras 2.2 and before wrote lr."""

FROZEN = ("frozen", "trainable")
_NUMBER = re.compile(r"_\d+$")
SHOWN = 3  # layers that are named; of others there is a number

Difference = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was compared: what differs, and whether anything at all was not bit for bit equal."""

    differences: list[Difference]
    training: list[Difference]
    exact: bool


def number(value: Any) -> float:
    """Read a number of the probe's: JSON has no NaN, so it and the infinities come as text."""
    return float(value)


def measure(
    facts: Mapping[str, Any], tolerances: Tolerances, precision: HalfPrecision | None = None
) -> Measured:
    """Compare everything; facts are those of a model that loaded, predicted and took its step.

    Outputs and losses of a model that computes in such a ``precision`` are rounded differently by
    every version; its weights are not.
    """
    computed = tolerances.of_outputs(precision)
    training = [
        *_compiled(facts),
        *_optimizer(facts),
        *_trainable(facts),
        *_training(facts, tolerances, computed),
    ]
    exact = all(number(one["max_abs"] or 0.0) == 0.0 for one in facts["outputs"])
    weights = facts.get("weights") or {}
    exact = exact and not weights.get("unequal") and not weights.get("turned")
    step = facts.get("step")
    exact = exact and (step is None or number(step["difference"]) == 0.0)
    losses = facts.get("losses")
    exact = exact and (losses is None or losses[0] == losses[1])
    return Measured(
        differences=list(differences_of_model(facts, tolerances, precision)),
        training=training,
        exact=exact,
    )


def differences_of_model(
    facts: Mapping[str, Any], tolerances: Tolerances, precision: HalfPrecision | None = None
) -> Iterator[Difference]:
    """Yield in what it is another model, training apart."""
    yield from _structure(facts)
    yield from (
        _difference("signatures", text) for text in signatures.texts(facts.get("signatures"))
    )
    yield from _outputs(facts, tolerances.of_outputs(precision))
    yield from _weights(facts, tolerances)


def differences_of_settings(facts: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what of the compiled settings, such as the learning rate, is another."""
    differences = (*_compiled(facts), *_optimizer(facts))
    return (one for one in differences if one["what"] == "settings")


def kinds(differences: Sequence[Difference]) -> str:
    """Return by what kinds of difference a cell is known among others."""
    return "differs: " + ", ".join(sorted({str(one["what"]) for one in differences}))


def _difference(what: str, text: str, size: float | None = None, unit: str = "") -> Difference:
    """Describe one difference; of numbers in a model the size is absolute and has no unit."""
    return {"what": what, "text": text, "size": size, "unit": unit if size is not None else ""}


def _structure(facts: Mapping[str, Any]) -> Iterator[Difference]:
    was, now = facts["structure"]
    if was != now:
        yield _difference("structure", f"predict gives a {now}, it gave a {was}")
    names_was, names_now = facts["output_names"]
    if len(names_was) != len(names_now):
        text = f"{len(names_now)} outputs, there were {len(names_was)}"
        yield _difference("structure", text, abs(len(names_now) - len(names_was)), "outputs")
    elif was == now == "dict" and names_was != names_now:
        text = f"the outputs are named {', '.join(names_now)}, not {', '.join(names_was)}"
        yield _difference("structure", text)


def _outputs(facts: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Difference]:
    for index, one in enumerate(facts["outputs"]):
        was, now = one["expected"], one["got"]
        if was["shape"] != now["shape"]:
            text = f"output {index} has shape {now['shape']}, it had {was['shape']}"
            more = abs(math.prod(now["shape"]) - math.prod(was["shape"]))
            yield _difference("structure", text, more, "elements")
        elif was["dtype"] != now["dtype"]:
            yield _difference(
                "structure", f"output {index} is {now['dtype']}, it was {was['dtype']}"
            )
        elif not within(one, tolerances):
            size = number(one["max_abs"])
            yield _difference("outputs", f"output {index} differs by up to {size:.2g}", size)


def within(one: Mapping[str, Any], tolerances: Tolerances) -> bool:
    """Say whether max|a-b| <= absolute + relative * max|a|; NaN never is.

    An infinite value allows no difference anywhere: it bounds nothing.
    """
    gap = number(one["max_abs"])
    bound = tolerances.absolute + tolerances.relative * number(one["scale"] or 0.0)
    return gap <= bound < math.inf or gap == 0.0


def _weights(facts: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Difference]:
    weights = facts.get("weights")
    if weights is None:  # what serves shows none
        return
    was, now = weights["count"]
    if weights["missing"] or weights["extra"]:
        text = f"{now} weights, there were {was}" if was != now else "weights have other owners"
        concerned = max(len(weights["missing"]), len(weights["extra"]))
        yield _difference("weights", text, concerned, "weights")
    for name, shape, got in weights["reshaped"]:
        yield _difference("weights", f"weight {name} has shape {got}, it had {shape}")
    for name, dtype, got in weights["retyped"]:
        yield _difference("weights", f"weight {name} is {got}, it was {dtype}")
    for name, gap, scale in weights["unequal"]:
        if not within({"max_abs": gap, "scale": scale}, tolerances):
            size = number(gap)
            yield _difference("weights", f"weight {name} differs by up to {size:.2g}", size)


def _compiled(facts: Mapping[str, Any]) -> Iterator[Difference]:
    if "optimizer" in facts and facts["compiled"] == [True, False]:
        yield _difference(
            "settings", "it was compiled and no longer is: optimizer and loss are lost"
        )


def _trainable(facts: Mapping[str, Any]) -> Iterator[Difference]:
    """Tell what was frozen and is not, or the other way round; none is known of older probes."""
    was, now = facts.get("trainable") or (None, None)
    if was is None or now is None:
        return
    before, after = was["frozen"], now["frozen"]
    if sorted(map(_leaf, before)) == sorted(map(_leaf, after)):  # the model around has its own name
        before = after = ()
    for names, states in ((_apart(before, after), FROZEN), (_apart(after, before), FROZEN[::-1])):
        if names:
            told = _turned(_layers(names), *states, several=len(names) > 1)
            yield _difference("trainable", told, len(names), "layers")
    if was["model"] != now["model"]:
        yield _difference("trainable", _turned("the model", *FROZEN[:: 1 if now["model"] else -1]))


def _leaf(path: str) -> str:
    """Return a layer's own name without the number that Keras puts behind one it has given."""
    return _NUMBER.sub("", path.rpartition("/")[2])


def _apart(frozen: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return those that the others neither name nor hold: what a frozen model holds is frozen."""
    there = {*others}
    return sorted(
        path
        for path in frozen
        if path not in there and not any(path.startswith(f"{one}/") for one in there)
    )


def _layers(names: Sequence[str]) -> str:
    shown, more = names[:SHOWN], len(names) - SHOWN
    told = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    return f"layers {told}" if len(names) > 1 else f"layer {told}"


def _turned(what: str, before: str, now: str, *, several: bool = False) -> str:
    was, is_now = ("were", "are") if several else ("was", "is")
    return f"{what} {was} {before}, and {is_now} {now}"


def _optimizer(facts: Mapping[str, Any]) -> Iterator[Difference]:
    was, now = facts.get("optimizer") or (None, None)
    if was is None or now is None:
        return
    if was["class"] != now["class"]:
        yield _difference("settings", f"the optimizer is {now['class']}, it was {was['class']}")
    old, new = _settings(was), _settings(now)
    for key in sorted(old.keys() & new.keys() - UNCOMPARED_SETTINGS):
        if not _same_setting(old[key], new[key]):
            text = f"the optimizer's {key} is {_short(new[key])}, it was {_short(old[key])}"
            yield _difference("settings", text, _change(old[key], new[key]), "of its value")
    if was["iterations"] != now["iterations"]:
        text = f"the optimizer has taken {now['iterations']} steps, it had {was['iterations']}"
        lost = _steps_apart(was["iterations"], now["iterations"])
        yield _difference("optimizer", text, lost, "steps")


def _settings(optimizer: Mapping[str, Any]) -> dict[str, Any]:
    return {ALIASES.get(key, key): value for key, value in optimizer["settings"].items()}


def _same_setting(was: Any, now: Any) -> bool:
    if isinstance(was, int | float) and isinstance(now, int | float):
        return math.isclose(was, now, rel_tol=1e-5, abs_tol=1e-12)
    return (was or None) == (now or None)


def _change(was: Any, now: Any) -> float | None:
    """Return by what share of its value a numeric setting changed."""
    if isinstance(was, bool) or isinstance(now, bool):
        return None
    if not isinstance(was, int | float) or not isinstance(now, int | float) or not was:
        return None
    return abs(now - was) / abs(was)


def _steps_apart(was: Any, now: Any) -> float | None:
    return abs(now - was) if isinstance(was, int) and isinstance(now, int) else None


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _training(
    facts: Mapping[str, Any], tolerances: Tolerances, computed: Tolerances
) -> Iterator[Difference]:
    losses = facts.get("losses")
    if losses is None:
        return
    was, now = ([number(loss) for loss in side] for side in losses)
    if len(was) != len(now):
        text = f"a training step reports {len(now)} numbers, it reported {len(was)}"
        yield _difference("training", text)
    elif gaps := [
        abs(a - b)
        for a, b in zip(was, now, strict=True)
        if not _same_loss(a, b, tolerances, computed)
    ]:
        gap = max(gaps, key=lambda size: math.inf if math.isnan(size) else size)
        yield _difference(
            "training", f"loss or metrics differ by up to {gap:.2g}", gap, "in the loss"
        )
    step = facts["step"]
    length, gap = number(step["step"]), number(step["difference"])
    if not gap <= tolerances.training * length + tolerances.absolute:
        share = gap / length if length else math.inf
        text = f"the next training step differs by {share:.0%} of its length"
        yield _difference("training", text, share, "of its length")


def _same_loss(was: float, now: float, tolerances: Tolerances, computed: Tolerances) -> bool:
    """Allow a loss ten times what outputs may differ by, and no more than half precision rounds."""
    if math.isnan(was) and math.isnan(now):
        return True
    usual = 10 * (tolerances.absolute + tolerances.relative * abs(was))
    return abs(was - now) <= max(usual, computed.absolute + computed.relative * abs(was))
