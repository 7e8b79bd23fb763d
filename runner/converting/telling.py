"""A conversion as lines, as JSON and as a page."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from caniload.runner.converting.applying import Change
from caniload.runner.converting.many.manifest import Entry
from caniload.runner.converting.outcome import Conversion, Power, Proof, Verdict
from caniload.runner.converting.power import listed
from caniload.runner.core import texts
from caniload.runner.core.sheet import Row
from caniload.runner.sandbox.levels import as_line

_LONGEST = 2_000
"""Letters of a line: a change is told with its cause and its source."""
_WHERES = 4
"""Most layers that are named where one rule changed many."""


def as_json(conversion: Conversion) -> dict[str, Any]:
    """Return plain data, field by field."""
    cleaned: dict[str, Any] = texts.cleaned(asdict(conversion))
    return cleaned


def as_lines(conversion: Conversion) -> Iterator[str]:
    """Yield what a person reads: the verdict, the proof, what changed and what was lost."""
    for title, lines in sections(conversion):
        if not lines:
            continue
        yield texts.shown(title, _LONGEST)
        yield from (f"  {texts.shown(line, _LONGEST)}" for line in lines)


def as_row(one: Conversion | Entry, about: str, target: str) -> Row:
    """Return the outcome in a row; good is what was delivered, by a proof that is not weak."""
    weak = f"the proof is weak: {one.proof.weak}" if one.proof and one.proof.weak else ""
    lines = [one.reason or "", str(one.remedy or ""), weak, *one.lost]
    delivered = one.verdict is Verdict.DELIVERED
    return Row(
        about=about,
        where=target,
        word=str(one.verdict),
        said="; ".join(filter(None, lines)),
        good=None if one.needs_trust else delivered and not weak,
        rule="convert-weak-proof" if weak else f"convert-{one.verdict.name.lower()}",
        level="warning" if weak else "error",
    )


def sections(conversion: Conversion) -> list[tuple[str, list[str]]]:
    """Return titles with their lines."""
    return [
        (_head(conversion), []),
        *_result(conversion),
        ("tried", [_attempt(one) for one in conversion.attempts]),
        ("changed", list(_changes(conversion.changes))),
        ("kept", list(conversion.kept)),
        ("lost", list(conversion.lost)),
        ("sandbox", [as_line(conversion.sandbox)] if conversion.sandbox else []),
    ]


def _head(conversion: Conversion) -> str:
    return f"{conversion.path} -> {conversion.target}"


def _result(conversion: Conversion) -> list[tuple[str, list[str]]]:
    proof = conversion.proof
    if conversion.verdict is Verdict.REFUSED or proof is None:
        return [(f"{_head(conversion)}: not brought across", [str(conversion.reason)])]
    how = "loaded it with load_model" if conversion.endpoint is None else "called it"
    lines = [
        f"{conversion.remedy}",
        _same(proof),
        *_called(conversion),
        f"a fresh process of {proof.target} {how}",
        *_noticed(proof.power),
    ]
    if conversion.receipt:
        lines.append(f"its receipt is {conversion.receipt}")
    if proof.weak:
        lines.append(f"the proof is weak: {proof.weak}")
    return [(f"{_head(conversion)}: {conversion.verdict}, {conversion.out}", lines)]


def _called(conversion: Conversion) -> Iterator[str]:
    """Yield why there is no model, and how the graph is called."""
    one = conversion.endpoint
    if one is None:
        return
    yield f"no model: {conversion.reason}"
    yield f"endpoint {one.name}: {one.takes} -> {one.gives}"
    yield f"call it with {one.call}"
    if one.layer is not None:
        yield (
            f"{one.layer} is a model of that one layer, which load_model loads as long as"
            f" {conversion.out} stays where it is"
        )


def _same(proof: Proof) -> str:
    """Return what was found equal, as far as that says anything."""
    size = (
        f"the largest difference is {proof.max_abs:.3g}, {proof.bound:.3g} was allowed, values go"
        f" to {proof.scale:.3g}"
    )
    if proof.is_blind:
        return (
            f"nothing shows whether it is the model that {proof.reader} read: its outputs would be"
            f" these with other weights, too ({size})"
        )
    return f"its outputs are those of the original in {proof.reader}: {size}"


def _noticed(power: Power | None) -> Iterator[str]:
    """Yield what the comparison would have noticed, and what was compared beside the outputs."""
    if power is None:
        return
    if power.changed:
        sampled = "" if power.changed == power.layers else f" that were tried, of {power.layers}"
        yield (
            f"its weights were changed by 1 %, layer by layer: that was noticed in {power.noticed}"
            f" of {power.changed} layers{sampled}"
        )
    if power.inputs:
        yield f"compared with further inputs: {', '.join(power.inputs)}"
    if power.inside:
        yield f"compared inside, where the outputs do not show it: {listed(power.inside)}"
    if power.trained:
        yield f"compared in a training step: {listed(power.trained)}"


def _attempt(one: Any) -> str:
    outcome = one.problem or "works"
    return f"{one.remedy} ({' -> '.join(one.environments)}): {outcome}"


def _changes(changes: tuple[Change, ...]) -> Iterator[str]:
    """Yield a line for each rule and what it did, with the layers that it did it to."""

    def kind(change: Change) -> tuple[str, str]:
        return change.rule, change.text

    for (_, text), group in groupby(sorted(changes, key=kind), kind):
        listed = list(group)
        wheres = ", ".join(one.where for one in listed[:_WHERES])
        more = f" and {len(listed) - _WHERES} more" if len(listed) > _WHERES else ""
        yield f"{text} ({wheres}{more}): {listed[0].why}; {listed[0].source}"


def as_page(conversion: Conversion) -> str:
    """Return a page that stands alone."""
    parts = []
    for title, lines in sections(conversion):
        if lines:
            items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
            parts.append(f"<h2>{html.escape(title)}</h2><ul>{items}</ul>")
    head = html.escape(_head(conversion))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{head}</title>'
        "<style>body{font:16px/1.5 system-ui;max-width:60em;margin:2em auto;padding:0 1em}"
        "h2{font-size:1.1em}</style>"
        f"<h1>{head}</h1>{''.join(parts)}</html>\n"
    )
