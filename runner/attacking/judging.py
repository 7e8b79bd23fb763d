"""Recorded facts -> whether a file was refused, ignored, or reached what it was after; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.attacking.attacks import Attack, called
from caniload.runner.core.attacked import Came

_SIGNAL = re.compile(r"signal (?!9$)")
"""How a process ended that crashed; what was killed may have been ended by anybody, or by time."""

GROWN = 128 * 2**20
"""Bytes beyond those of the same file without the attack from which on a process has grown.

Far below what it may have: a loader that is refused more may go another way, unheard. Keras 3.5 to
3.13 read a member into memory, had 230 MiB when that was refused, and went on from the archive;
where nothing is unpacked as a whole it was 44 MiB at most.
"""

_GROWING = re.compile(
    r"unable to allocate|cannot allocate|could not allocate|not enough memory|bad_alloc"
    r"|out of memory|OOM when allocating|memory allocation failed|file too large|errno = 27\b",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"allocate \d+(\.\d+)? GiB|(allocate|allocating) \d{9,} bytes|allocating tensor with shape"
)
"""What was wanted, said by whoever was refused it: then it is the file that wanted it."""
_GROWN_TYPES = frozenset({"MemoryError", "_ArrayMemoryError", "ResourceExhaustedError"})


@dataclass(frozen=True, kw_only=True)
class Result:
    """``why``: what the loader said, or why it is not known; texts of frameworks, uncleaned."""

    came: Came
    why: str = ""


def judge(
    attack: Attack,
    facts: Mapping[str, Any] | None,
    control: Mapping[str, Any] | None,
    limited: Mapping[str, Any] | None = None,
) -> Result:
    """Say what came of an attack, by what the same file without it did there.

    ``limited`` is what that did under the limits by which growth is noticed.
    """
    untested = _untested(attack, facts, control)
    if facts is None or facts["unmade"]:
        return Result(came=Came.UNTESTED, why=untested)
    return _result(attack, facts, control, _ends_anyhow(attack, facts, limited), untested)


def _result(
    attack: Attack,
    facts: Mapping[str, Any],
    control: Mapping[str, Any] | None,
    ours: str,
    untested: str,
) -> Result:
    """Say what came of a file that was loaded; ``ours`` and ``untested``: why it is not known."""
    if ours:
        return Result(came=Came.UNTESTED, why=ours)
    if _reached(attack, facts, control):
        return Result(came=Came.REACHED, why=_said(facts))
    if facts["error"] and control is not None and _closed(facts) and _closed(control):
        return Result(came=Came.REFUSED, why=_said(facts))
    if untested:
        return Result(came=Came.UNTESTED, why=untested)
    if facts["error"]:
        return Result(came=Came.REFUSED, why=_said(facts))
    return Result(came=Came.IGNORED, why="it loads as if there were nothing in it")


def _ends_anyhow(
    attack: Attack, facts: Mapping[str, Any], limited: Mapping[str, Any] | None
) -> str:
    """Say that the limits alone may have ended a process; empty where they have not."""
    if "growth" not in attack.canary:
        return ""
    error = facts["error"] or {}
    if not facts["crash"] and _SIZE.search(error.get("message", "")):
        return ""  # it says itself that it wanted more than a whole process has
    if limited is not None and (limited["crash"] or limited["error"]):
        return f"the same file without it does not load under our limits: {_said(limited)}"
    if limited is None and facts["crash"]:
        return f"a limit of ours may have ended it: {_said(facts)}"
    return ""


def _untested(
    attack: Attack, facts: Mapping[str, Any] | None, control: Mapping[str, Any] | None
) -> str:
    """Return why that nothing was reached says nothing; empty where it does."""
    if facts is None:
        return "it was not run"
    if facts["unmade"]:
        return f"the file could not be made there: {_told(facts['unmade'])}"
    if control is None or control["error"] or control["crash"] or control["unmade"]:
        why = _said(control) if control else "it was not run"
        return f"the same file without it does not load: {why}"
    if "growth" not in attack.canary and (_wanted_more(facts) or facts.get("full")):
        return f"a limit of ours may have ended it: {_said(facts)}"
    return f"its process ended: {facts['crash']}" if facts["crash"] else ""


def _reached(attack: Attack, facts: Mapping[str, Any], control: Mapping[str, Any] | None) -> bool:
    kind, what = next(iter(attack.canary.items()))
    if kind == "file":
        return what in {one.rpartition("/")[2] for one in facts["files"]}
    if kind == "module":
        return what in facts["modules"]
    if kind == "secret":
        return what in facts["secret"]
    if kind == "state":
        before, after = facts["state"]
        return bool(before.get(what) and after.get(what) and before[what] != after[what])
    if kind == "crash":
        alone = control is not None and not control["crash"]
        return alone and bool(_SIGNAL.match(facts["crash"] or ""))
    return _grew(facts, control)


def _closed(facts: Mapping[str, Any]) -> bool:
    """Say whether a loader takes no such file any more, because some of them attack."""
    return bool(facts["error"] and "security risk" in facts["error"]["message"])


def _grew(facts: Mapping[str, Any], control: Mapping[str, Any] | None) -> bool:
    """Say whether a process had, or wanted, more than it may: then it was stopped by us."""
    if _wanted_more(facts) or facts.get("full"):
        return True
    usual = (control or {}).get("peak") or [0, 0]
    return bool(facts["peak"][1] - facts["peak"][0] > GROWN + usual[1] - usual[0])


def _wanted_more(facts: Mapping[str, Any]) -> bool:
    error = facts["error"] or {}
    said = f"{error.get('message', '')} {facts.get('said', '') if facts['crash'] else ''}"
    return error.get("type") in _GROWN_TYPES or bool(_GROWING.search(said))


def _said(facts: Mapping[str, Any]) -> str:
    error = facts["error"] or facts["unmade"]
    return _told(error) if error else str(facts["crash"] or "")


def _told(error: Mapping[str, Any]) -> str:
    return " ".join(f"{error['type']}: {error['message']}".split())


def parts(attack: Attack, came: Came, versions: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each advisory that says otherwise of what an environment has."""
    if came is Came.UNTESTED:
        return ()
    reached = came is Came.REACHED
    found = []
    for one in attack.published:
        version = versions.get(one.of)
        said = one.says_open(version) if version else None
        if said is not None and said != reached:
            word = "is open to it" if said else "is mended"
            fixed = " and ".join(one.fixed)
            release = f"{called(one.of)} {version}"
            found.append(f"by {one.id}, mended in {fixed}, {release} {word}")
    return tuple(found)
