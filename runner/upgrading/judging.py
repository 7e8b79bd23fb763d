"""What was measured of a model in both versions -> what becomes of it; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from caniload.runner.checking.answers import Answer
from caniload.runner.converting.outcome import Conversion, Verdict
from caniload.runner.core.judged import JudgedCell, Message
from caniload.runner.core.outcomes import CLEAN, OF_TRAINING, PROBLEMS, SEVERITY, Outcome
from caniload.runner.judging.catalogue import Rule
from caniload.runner.upgrading.outcome import Cause, Direction, Fate, Model, Tried, Upgrade, Warned

NOTHING_TO_DO, TO_DO, NOT_READ, NOT_KNOWN = 0, 1, 2, 5
ACTED_ON = frozenset({Fate.WARNS, Fate.CHANGE, Fate.PARTLY, Fate.LOST, Fate.BROKEN})
LOADED = frozenset({*CLEAN, Outcome.WARNING, Outcome.DIFFERS})


def plain_fate(before: Answer, after: Answer, *, read: bool, new: Collection[Warned]) -> Fate:
    """Say what becomes of a model as it is, without any remedy.

    ``read``: the version that is left loaded it and predicted. What goes wrong there in the same
    way is no loss of the upgrade.
    """
    if not before.known:
        return Fate.UNTESTED
    if not read or before.outcome in (Outcome.ERROR, Outcome.CRASH):
        return Fate.BEFORE
    if not after.known:
        return Fate.UNTESTED
    if after.outcome is Outcome.WARNING and new:
        return Fate.WARNS
    return Fate.KEEPS if same(after) or _as_before(before, after) else Fate.BROKEN


def _as_before(before: Answer, after: Answer) -> bool:
    """Say whether what differs is training state that is not even restored where one comes from."""
    differs = after.outcome is Outcome.DIFFERS
    return differs and bool(kinds(after)) and kinds(after) <= kinds(before) & OF_TRAINING


def kinds(answer: Answer) -> frozenset[str]:
    return frozenset(str(one["what"]) for one in answer.differences)


def only_training(answer: Answer) -> bool:
    """Say whether a model predicts the same there, and only its training does not go on."""
    found = kinds(answer)
    return answer.outcome is Outcome.DIFFERS and bool(found) and found <= OF_TRAINING


def fate_with(after: Answer, tried: Tried) -> Fate:
    """Say what becomes of a model that breaks as it is, after remedies were tried."""
    conversion = tried.conversion
    if conversion is None or ours(conversion) is not None:
        return Fate.BROKEN
    if conversion.verdict is Verdict.INFERENCE:
        return Fate.PARTLY
    if conversion.verdict is Verdict.REFUSED:
        return Fate.PARTLY if only_training(after) else Fate.LOST
    final = tried.after if tried.after is not None and tried.after.known else None
    if final is None:  # equal outputs prove nothing where outputs were equal before
        return Fate.PARTLY if only_training(after) else Fate.CHANGE
    moved = kinds(final) <= {"weights"} and final.outcome is Outcome.DIFFERS
    return Fate.CHANGE if same(final) or (moved and not only_training(after)) else Fate.PARTLY


def fate_of_graph(tried: Tried) -> Fate:
    """Say what becomes of what is no model where it comes from, either: it is called, or not."""
    conversion = tried.conversion
    if conversion is None or ours(conversion) is not None:
        return Fate.UNTESTED
    return Fate.LOST if conversion.verdict is Verdict.REFUSED else Fate.PARTLY


def same(answer: Answer) -> bool:
    return answer.good or answer.outcome is Outcome.WARNING


def ours(conversion: Conversion) -> str | None:
    """Return why a conversion says nothing of the model: nothing was tried, by no fault of it."""
    if conversion.verdict is not Verdict.REFUSED:
        return None
    problems = [one.problem or "" for one in conversion.attempts]
    if all("Unusable: " in problem for problem in problems):
        return conversion.reason or "no remedy was tried"
    return None


def warned(messages: Sequence[Message], cause: str | None, rules: Sequence[Rule]) -> list[Warned]:
    """Return what has to be acted on, each once, in the catalogue's words."""
    entries = {rule.entry.id: rule.entry for rule in rules}
    heard = [one.rule for one in messages if one.matters] + [cause]
    found = [entries[one] for one in dict.fromkeys(heard) if one in entries]
    return [Warned(id=one.id, means=one.means, advice=one.advice) for one in found]


def exit_code(upgrade: Upgrade) -> int:
    """Return the worst that is true of all models; the rollback changes nothing of it."""
    if upgrade.reference:
        return _of_reference(upgrade.reference[0])
    fates = {model.fate for model in upgrade.models}
    if not fates or Fate.UNREAD in fates:
        return NOT_READ
    if fates & ACTED_ON:
        return TO_DO
    return NOT_KNOWN if Fate.UNTESTED in fates else NOTHING_TO_DO


def _of_reference(there: Direction) -> int:
    if any(there.outcomes.get(outcome) for outcome in PROBLEMS):
        return TO_DO
    unknown = there.outcomes.get(Outcome.UNTESTED) or not there.measured
    return NOT_KNOWN if unknown else NOTHING_TO_DO


def counted(models: Sequence[Model]) -> Counter[Fate]:
    return Counter(model.fate for model in models)


def direction(
    save: str, load: str, cells: Sequence[JudgedCell], rules: Sequence[Rule]
) -> Direction:
    """Count the cells of reference models that one version saved and another loaded, by cause."""
    of_pair = [
        one
        for one in cells
        if one.cell.artifact.saved_by == save and one.cell.loaded_by == load and not one.control
    ]
    # What proves nothing is as good as not measured; a control failed, or it is not repeatable.
    told = [(one, one.outcome if _proves(one) else Outcome.UNTESTED) for one in of_pair]
    outcomes = Counter(outcome for _, outcome in told)
    worst = [(one, outcome) for one, outcome in told if outcome in PROBLEMS]
    missing = [(one, outcome) for one, outcome in told if outcome is Outcome.UNTESTED]
    return Direction(
        save=save,
        load=load,
        outcomes=dict(outcomes),
        causes=tuple(_causes(worst, rules)),
        untested=tuple(_causes(missing, rules)),
    )


def _proves(one: JudgedCell) -> bool:
    return one.evidence and one.repeatable


def _causes(cells: Sequence[tuple[JudgedCell, Outcome]], rules: Sequence[Rule]) -> list[Cause]:
    entries = {rule.entry.id: rule.entry for rule in rules}
    groups: dict[tuple[Outcome, str], list[JudgedCell]] = {}
    for one, outcome in cells:
        known = outcome is not Outcome.UNTESTED and one.cause in entries
        name = one.cause if known and one.cause else one.signature or one.reason
        groups.setdefault((outcome, name), []).append(one)
    found = [
        Cause(
            outcome=outcome,
            text=entries[name].means if name in entries else members[0].reason,
            advice=entries[name].advice if name in entries else "",
            cells=len(members),
            example=members[0].cell.id,
        )
        for (outcome, name), members in groups.items()
    ]
    return sorted(found, key=lambda one: (-SEVERITY[one.outcome], -one.cells))
