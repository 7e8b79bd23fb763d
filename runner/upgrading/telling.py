"""An upgrade as Markdown for a pull request, and as JSON; pure. All texts are escaped here."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

from caniload.runner.core.markup import escaped, folded, table
from caniload.runner.core.sheet import Row, as_text
from caniload.runner.core.texts import cleaned, shown
from caniload.runner.sandbox.levels import as_line
from caniload.runner.upgrading.judging import counted, exit_code
from caniload.runner.upgrading.outcome import Fate, Model, Upgrade
from caniload.runner.upgrading.rollback import back_lines, back_sentence
from caniload.runner.upgrading.stored import FOR, reference_lines, reference_sentence
from caniload.runner.upgrading.words import advice, details, happens

UNFOLDED = 6
"""Most rows of models that keep working that stand open."""
BUDGET = 60_000
"""Characters; GitHub takes 65,536 in the text of a pull request or a comment."""

ORDER = (
    Fate.LOST,
    Fate.BROKEN,
    Fate.PARTLY,
    Fate.CHANGE,
    Fate.WARNS,
    Fate.KEEPS,
    Fate.BEFORE,
    Fate.UNREAD,
    Fate.UNTESTED,
)
_TOLD = {
    Fate.WARNS: ("works, with warnings", "work, with warnings"),
    Fate.CHANGE: ("needs a change (measured: it holds)", "need a change (measured: it holds)"),
    Fate.PARTLY: ("works in part", "work in part"),
    Fate.LOST: ("is lost: no remedy held", "are lost: no remedy held"),
    Fate.BROKEN: ("breaks, no remedy tried", "break, no remedy tried"),
    Fate.BEFORE: ("did not work before", "did not work before"),
    Fate.UNREAD: ("was not run", "were not run"),
    Fate.UNTESTED: ("was not tested", "were not tested"),
}
TITLES = {
    Fate.LOST: "Lost: not the same, and no remedy that is known here held",
    Fate.BROKEN: "Breaks: not the same as it is, no remedy tried",
    Fate.PARTLY: "Works in part",
    Fate.CHANGE: "Needs a change, which was made and measured",
    Fate.WARNS: "Works, with warnings",
    Fate.KEEPS: "Keeps working as it is",
    Fate.BEFORE: "Did not work before: no loss of the upgrade",
    Fate.UNREAD: "Not run",
    Fate.UNTESTED: "Not tested: this says nothing of either version",
}


def sentence(upgrade: Upgrade) -> str:
    """Return the answer in a line."""
    if upgrade.reference:
        return reference_sentence(upgrade.reference[0], upgrade.purpose)
    number = counted(upgrade.models)
    count = len(upgrade.models)
    kept = number[Fate.KEEPS]
    verb = "keeps" if kept == 1 else "keep"
    head = f"{kept} of {count} models {verb} working in {upgrade.after.label} as they are"
    head += f", {FOR[upgrade.purpose]}"
    more = [
        f"{number[fate]} {words[number[fate] > 1]}" for fate, words in _TOLD.items() if number[fate]
    ]
    return f"{'; '.join([head, *more])}."


def as_markdown(upgrade: Upgrade) -> str:
    """Return the whole answer; where it would be too long for GitHub, details are left out."""
    lines = list(_lines(upgrade))
    whole = "\n".join([*lines, *_details(upgrade.models, upgrade), *_how(upgrade)])
    if len(whole) <= BUDGET:
        return whole
    note = "The details of each model are left out here, for length: `--json` has them."
    return "\n".join([*lines, note, "", *_how(upgrade)])


def _lines(upgrade: Upgrade) -> Iterator[str]:
    before, after = escaped(upgrade.before.label), escaped(upgrade.after.label)
    yield f"# Upgrade from {before} to {after}"
    yield ""
    yield f"**{escaped(sentence(upgrade))}**"
    yield ""
    for one in upgrade.opened:
        yield f"> Security: {escaped(one, 600)}"
        yield ""
    if upgrade.reference:
        yield from reference_lines(upgrade.reference, upgrade.purpose)
        return
    if upgrade.rollback:
        yield escaped(back_sentence(upgrade))
        yield ""
    for fate in ORDER:
        yield from _section(fate, upgrade)
    if upgrade.rollback:
        yield from back_lines(upgrade)


def _section(fate: Fate, upgrade: Upgrade) -> Iterator[str]:
    models = [model for model in upgrade.models if model.fate is fate]
    if not models:
        return
    rows = [
        [escaped(model.path), escaped(happens(model)), escaped(advice(model, upgrade), 1000)]
        for model in models
    ]
    listed = list(table(["model", "what happens", "what to do"], rows))
    yield f"## {TITLES[fate]}"
    yield ""
    many = fate is Fate.KEEPS and len(models) > UNFOLDED
    yield from folded(f"{len(models)} models", listed) if many else listed


def _details(models: Sequence[Model], upgrade: Upgrade) -> Iterator[str]:
    run = [model for model in models if model.before is not None]
    if not run:
        return
    yield "## Details"
    yield ""
    for model in run:
        lines = [f"- {escaped(line)}" for line in details(model, upgrade)]
        yield from folded(f"{model.path}: {model.fate}", lines)


def _how(upgrade: Upgrade) -> Iterator[str]:
    yield "## How this was measured"
    yield ""
    for side in (upgrade.before, upgrade.after):
        inside = ", ".join(f"{name} {version}" for name, version in side.versions.items())
        yield f"- {escaped(side.id)}: {escaped(inside or 'not built here')}"
    if not upgrade.reference:
        yield (
            "- Every model was loaded in both, in a process of its own; outputs, weights, settings"
            f" and a training step there were compared with those in {escaped(upgrade.before.id)}."
            " Inputs were made up where none were given, and targets always."
        )
    if upgrade.sandbox is not None:
        yield f"- Sandbox: {escaped(as_line(upgrade.sandbox))}"
    yield f"- {escaped(upgrade.date)}, `{_code(upgrade.command)}`, exit code {exit_code(upgrade)}"
    yield ""


def _code(text: str) -> str:
    return shown(text, 1000).replace("`", "'")


_KEPT = (Fate.KEEPS, Fate.WARNS)
_NOT_KNOWN = (Fate.UNREAD, Fate.UNTESTED, Fate.BEFORE)


def as_rows(upgrade: Upgrade) -> list[Row]:
    """Return a row for each model, what needs action first; of reference models for each way."""
    if upgrade.reference:
        return [
            Row(about=f"{one.save} to {one.load}", word=str(outcome), said=str(count), good=None)
            for one in upgrade.reference
            for outcome, count in one.outcomes.items()
        ]
    ordered = sorted(upgrade.models, key=lambda one: ORDER.index(one.fate))
    return [
        Row(
            about=one.path,
            where=upgrade.after.id,
            word=str(one.fate),
            said=". ".join(filter(None, (happens(one), advice(one, upgrade)))),
            good=None if one.fate in _NOT_KNOWN else one.fate in _KEPT,
            rule=one.cause.id if one.cause else "",
        )
        for one in ordered
    ]


def as_lines(upgrade: Upgrade) -> Iterator[str]:
    """Yield the answer for a terminal."""
    yield sentence(upgrade)
    yield from (f"  security: {shown(one, 600)}" for one in upgrade.opened)
    yield from as_text(as_rows(upgrade))


def as_json(upgrade: Upgrade) -> str:
    """Return all of it as one JSON object; the classes in ``outcome`` are the schema."""
    whole = {
        **dataclasses.asdict(upgrade),
        "sentence": sentence(upgrade),
        "exit_code": exit_code(upgrade),
    }
    return json.dumps(cleaned(whole), indent=1)
