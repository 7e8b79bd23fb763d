"""Comparison -> a sentence, lines for people, JSON; pure. Names come from strangers: cleaned."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence

from caniload.runner.comparing.facts import (
    Comparison,
    Kind,
    LayerChange,
    Numbers,
    Setting,
    Side,
    Status,
    WeightChange,
    Weights,
)
from caniload.runner.core.sheet import Row
from caniload.runner.core.texts import cleaned, shown

MOST = 30
"""Most lines of one kind; JSON has all."""

MOST_OF_STATE = 5

_LONG = 400
_STATE = "Optimizer's arrays"
_NOT_STATED = "not stated"
_UNREADABLE = "cannot be compared"


def as_json(found: Comparison) -> str:
    """Return all of it, in ASCII; the classes in ``facts`` are the schema."""
    plain = {
        "status": found.status.value,
        "sentence": sentence(found),
        **dataclasses.asdict(found),
    }
    return json.dumps(cleaned(plain), indent=1, allow_nan=False)


def sentence(found: Comparison) -> str:
    """Return what a person has to know, in one line."""
    match found.status:
        case Status.UNREADABLE:
            said = [f"{shown(one.path)} {one.problem}" for one in _sides(found) if one.problem]
            return shown(f"Not compared: {'; '.join(said)}", _LONG)
        case Status.SAME:
            return _same(found)
        case Status.UNKNOWN:
            return shown(f"No difference was found, but {_unknown(found)}", _LONG)
        case Status.DIFFERENT:
            parts = [*_layers_said(found), *_weights_said(found), *_training_said(found)]
            text = "; ".join(parts)
            named = {one.name for one in found.weights.changes}
            if not any(text.startswith(name) for name in named if name):  # a name is as it is
                text = f"{text[:1].upper()}{text[1:]}"
            return shown(text, _LONG)


def _sides(found: Comparison) -> tuple[Side, Side]:
    return found.before, found.after


def _same(found: Comparison) -> str:
    weights = found.weights
    equal = "all equal to the last bit"
    if weights.alike:
        equal = f"the same numbers, {weights.alike} of them in another type or sign of 0"
    arrays = _number(weights.compared, "weight")
    layers = _number(found.layers_paired, "layer")
    if found.layers_paired and weights.compared:
        return f"The same model: {layers}, {arrays}, {equal}"
    if weights.compared:
        return f"The same weights: {arrays}, {equal}"
    return f"The same architecture: {layers}; no weights were compared"


def _unknown(found: Comparison) -> str:
    left = [
        *(f"{one.name}: {one.reason}" for one in _all_changes(found)),
        *found.not_compared,
    ]
    if not left:
        return "the two files hold nothing that could be compared"
    more = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
    return f"not all could be compared: {left[0]}{more}"


def _all_changes(found: Comparison) -> list[WeightChange]:
    return [*found.weights.changes, *found.state.changes, *found.assets]


def _layers_said(found: Comparison) -> Iterator[str]:
    for setting in found.model:
        yield f"the model's {_setting(setting)}"
    counts = Counter(one.kind for one in found.layers)
    for kind, count in counts.items():
        names = [one for one in found.layers if one.kind is kind]
        one = names[0]
        if count > 1:
            yield f"{_number(count, 'layer')} {kind.value}"
        elif kind is Kind.RENAMED:
            yield f"layer {one.name} renamed to {one.renamed_to}"
        elif kind is Kind.CHANGED and one.settings:
            more = f" and {len(one.settings) - 1} more" if len(one.settings) > 1 else ""
            yield f"layer {one.name} changed: {_setting(one.settings[0])}{more}"
        else:
            yield f"layer {one.name} {kind.value}"


def _weights_said(found: Comparison) -> Iterator[str]:
    weights = found.weights
    total = weights.compared
    for kind, count in Counter(one.kind for one in weights.changes).items():
        names = [one for one in weights.changes if one.kind is kind]
        if kind is Kind.CHANGED:
            numbered = [one for one in names if one.numbers]
            worst = max(numbered, key=_size, default=names[0])
            verb = "differs" if count == 1 else "differ"
            most = "" if count == 1 else "most "
            of = f"{count} of {_number(total + count - len(numbered), 'weight')}"
            yield f"{of} {verb}: {most}{worst.name} {_difference(worst)}"
        elif kind is Kind.NOT_COMPARED:
            yield f"{_number(count, 'weight')} not compared"
        else:
            word = "has another shape" if kind is Kind.RESHAPED else kind.value
            if count > 1 and kind is Kind.RESHAPED:
                word = "have another shape"
            yield f"{names[0].name if count == 1 else _number(count, 'weight')} {word}"
    if not weights.changes and total:
        yield f"all {_number(total, 'weight')} equal" + (
            "" if weights.alike else " to the last bit"
        )


def _size(one: WeightChange) -> float:
    return one.numbers.largest if one.numbers else 0.0


def _training_said(found: Comparison) -> Iterator[str]:
    yield from (_setting(one) for one in found.training[:2])
    if len(found.training) > 2:  # noqa: PLR2004 - two are told
        yield f"{len(found.training) - 2} more settings of the training"
    differing = [one for one in found.state.changes if one.kind is not Kind.NOT_COMPARED]
    if differing:
        yield f"{len(differing)} of the optimizer's arrays {_state_word(differing)}"
    files = sum(one.kind is not Kind.NOT_COMPARED for one in found.assets)
    if files:
        yield f"{_number(files, 'other file')} inside {'differs' if files == 1 else 'differ'}"


def _state_word(changes: Sequence[WeightChange]) -> str:
    kinds = {one.kind for one in changes}
    return next(iter(kinds)).value if len(kinds) == 1 else "differ"


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _setting(one: Setting) -> str:
    before, after = (_NOT_STATED if text is None else text for text in (one.before, one.after))
    return f"{one.name}: {before} → {after}"


def _difference(one: WeightChange) -> str:
    return numbers(one.numbers) if one.numbers else f"{one.reason or ''}".strip()


def numbers(found: Numbers) -> str:
    """Return how two arrays differ."""
    relative = f", relative {found.relative:.3g}" if found.relative is not None else ""
    count = f"{found.differing:,} of {found.of:,} numbers"
    if found.not_finite == found.differing:
        return f"{count} not finite on one side"
    said = f"by up to {found.largest:.6g} ({count}{relative})"
    if found.not_finite:
        said += f", {_number(found.not_finite, 'number')} not finite on one side"
    return f"{said}, as rounding to {found.rounded} does" if found.rounded else said


def as_lines(found: Comparison) -> Iterator[str]:
    """Yield what a person is shown."""
    yield sentence(found)
    for label, side in zip("AB", _sides(found), strict=True):
        yield f"  {label} {shown(side.path)}: {shown(side_said(side))}"
    for title, lines in sections(found):
        yield ""
        yield title
        most = MOST_OF_STATE if title.startswith(_STATE) else MOST
        yield from (f"  {shown(line, _LONG)}" for line in lines[:most])
        if len(lines) > most:
            yield f"  and {len(lines) - most:,} more; --format json has all"


def as_rows(found: Comparison) -> list[Row]:
    """Return what differs in rows; where nothing does, one that says so."""
    about = " and ".join(shown(side.path) for side in _sides(found))
    good = {Status.SAME: True, Status.DIFFERENT: False}.get(found.status)
    listed = [
        Row(
            about=about,
            where=title,
            word=found.status.value,
            said=line,
            good=good,
            path=found.after.path,
            rule=f"diff-{found.status}",
        )
        for title, lines in sections(found)
        for line in lines[:MOST]
    ]
    return listed or [
        Row(
            about=about,
            word=found.status.value,
            said=sentence(found),
            good=good,
            path=found.after.path,
            rule=f"diff-{found.status}",
        )
    ]


def side_said(side: Side) -> str:
    """Return what one of the files is."""
    if side.problem:
        return side.problem
    parts = [side.said]
    if side.layers is not None:
        parts.append(_number(side.layers, "layer"))
    if side.weights:
        parts.append(_number(side.weights, "weight"))
    if side.bytes is not None:
        parts.append(f"{side.bytes:,} bytes")
    return ", ".join(filter(None, parts))


def sections(found: Comparison) -> Iterator[tuple[str, list[str]]]:
    """Yield headings with lines below them; texts of the files are in them as they are."""
    if found.status is Status.UNREADABLE:
        return
    layers = [*(f"model, {_setting(one)}" for one in found.model), *_layers(found.layers)]
    if layers:
        yield "Layers", layers
    if found.weights.changes:
        yield _title("Weights", found.weights), [_weight(one) for one in found.weights.changes]
    if found.training:
        yield "Training", [_setting(one) for one in found.training]
    if found.state.changes:
        yield _title(_STATE, found.state), [_weight(one) for one in found.state.changes]
    if found.assets:
        yield "Other files inside", [_weight(one) for one in found.assets]
    if found.not_compared or found.one_sided:
        yield "Not compared", [*found.not_compared, *found.one_sided]
    if found.notes:
        yield "No difference", list(found.notes)


def _title(title: str, weights: Weights) -> str:
    alike = f", {weights.alike:,} in another type or sign of 0" if weights.alike else ""
    return f"{title} ({weights.equal:,} equal to the last bit{alike})"


def _layers(changes: Sequence[LayerChange]) -> Iterator[str]:
    for one in changes:
        called = f"{one.name} ({one.class_name})" if one.class_name else one.name
        if one.renamed_to:
            yield f"renamed {called} → {one.renamed_to}"
        elif one.kind is not Kind.CHANGED:
            yield f"{one.kind.value} {called}"
        for setting in one.settings:
            yield f"{one.kind.value} {called}, {_setting(setting)}"


def _weight(one: WeightChange) -> str:
    types = " → ".join(dict.fromkeys(filter(None, (one.before, one.after))))
    said = _difference(one)
    return ", ".join(filter(None, (f"{one.kind.value} {one.name}", types, said)))
