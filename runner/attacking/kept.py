"""What was measured: kept in the home, and as it comes with caniload."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caniload.runner.attacking.attacks import attacks, measurement, release
from caniload.runner.attacking.judging import judge, parts
from caniload.runner.attacking.measuring import Measured
from caniload.runner.core import texts
from caniload.runner.core.attacked import (
    AttackCell,
    AttackedEnvironment,
    AttackFile,
    AttackTable,
    Came,
)
from caniload.runner.core.putting import put_text
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.build import existing
from caniload.runner.environments.home import Home
from caniload.runner.environments.receipts import Receipt
from caniload.runner.matrix.schema import Environment

SHIPPED = Path(__file__).with_name("measured.json")
_SCHEMA = 1
_LONGEST = 200
"""Letters of what a loader said that are kept."""

_CAME = tuple(Came)


def keep(environment: Environment, receipt: Receipt, measured: Measured, *, home: Home) -> None:
    """Add what was measured to what is kept of an environment as it is built."""
    path = _path(environment, receipt, home)
    known = _read(path) or {}
    written = {
        "versions": dict(measured.versions),
        "sandbox": measured.sandbox["level"],
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "facts": {**known.get("facts", {}), **measured.facts},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    put_text(path, json.dumps(written, sort_keys=True))


def missing(environment: Environment, receipt: Receipt, *, home: Home) -> frozenset[str]:
    """Return the attacks of which nothing is kept here."""
    facts = (_read(_path(environment, receipt, home)) or {}).get("facts", {})
    return frozenset(one.id for one in attacks() if one.id not in facts)


def table(environments: Iterable[Environment], *, home: Home, locks: Path = LOCKS) -> AttackTable:
    """Return all that is known of these environments: what was measured here, else what came."""
    rows = [_known(one, home, locks) for one in environments]
    return AttackTable(attacks=files(), environments=tuple(one for one in rows if one))


def files() -> tuple[AttackFile, ...]:
    return tuple(
        AttackFile(
            id=one.id,
            format=one.format,
            what=one.what,
            reaches=one.reaches,
            published=tuple(said.id for said in one.published),
        )
        for one in attacks()
    )


def written(rows: Sequence[AttackedEnvironment], asked: Mapping[str, Mapping[str, str]]) -> str:
    """Return rows as ``measured.json`` has them; ``asked`` are the packages of each environment."""
    said = list(dict.fromkeys(cell.why for row in rows for cell in row.cells.values()))
    places = {text: place for place, text in enumerate(said)}
    listed = [
        {
            "id": row.id,
            "label": row.label,
            "stack": row.stack,
            "keras": row.keras,
            "asked": dict(asked[row.id]),
            "versions": dict(row.versions),
            "lock_sha256": row.lock_sha256,
            "measured_at": row.measured_at,
            "sandbox": row.sandbox,
            "cells": {
                name: [_CAME.index(cell.came), places[cell.why]] for name, cell in row.cells.items()
            },
        }
        for row in rows
    ]
    head = {"schema": _SCHEMA, "measurement": measurement(), "words": list(_CAME)}
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in listed)
    told = json.dumps({**head, "texts": said}, ensure_ascii=False)
    return f'{told[:-1]}, "environments": [\n{lines}\n]}}\n'


def _known(environment: Environment, home: Home, locks: Path) -> AttackedEnvironment | None:
    receipt = existing(environment, home=home, locks_dir=locks)
    found = _read(_path(environment, receipt, home)) if receipt else None
    if receipt is not None and found is not None:
        return _of_facts(environment, receipt, found)
    return _shipped().get((environment.id, _hash(dict(environment.packages))))


def _of_facts(
    environment: Environment, receipt: Receipt, found: Mapping[str, Any]
) -> AttackedEnvironment:
    keras = str(release(receipt.versions.get("keras", "0")))
    versions = {**receipt.versions, **found["versions"]}
    return AttackedEnvironment(
        id=environment.id,
        label=environment.label,
        stack=environment.stack,
        keras=keras,
        versions=versions,
        lock_sha256=receipt.lock_sha256,
        measured_at=found["measured_at"],
        sandbox=found["sandbox"],
        cells=dict(_cells(found["facts"], {**versions, "keras": keras})),
        here=True,
    )


def _cells(
    facts: Mapping[str, Any], versions: Mapping[str, str]
) -> Iterator[tuple[str, AttackCell]]:
    for one in attacks():
        if one.id in facts:
            limited = facts.get(one.limited) if one.limited else None
            came = judge(one, facts[one.id], facts.get(one.control), limited)
            why = texts.shown(came.why, _LONGEST)
            said = parts(one, came.came, versions)
            yield one.id, AttackCell(came=came.came, why=why, parts=said)


@functools.cache
def _shipped() -> Mapping[tuple[str, str], AttackedEnvironment]:
    read = _read(SHIPPED) or {}
    if (read.get("schema"), read.get("measurement")) != (_SCHEMA, measurement()):
        return {}
    known = {one.id: one for one in attacks()}
    rows = {}
    for row in read["environments"]:
        asked = _hash(row.pop("asked"))
        cells = {}
        versions = {**row["versions"], "keras": row["keras"]}
        for name, (came, place) in row.pop("cells").items():
            if name in known:
                word = Came(read["words"][came])
                said = parts(known[name], word, versions)
                cells[name] = AttackCell(came=word, why=read["texts"][place], parts=said)
        rows[row["id"], asked] = AttackedEnvironment(**row, cells=cells)
    return rows


def _path(environment: Environment, receipt: Receipt, home: Home) -> Path:
    decides = [receipt.lock_sha256, receipt.python, dict(receipt.variables), receipt.imports]
    return home.attacks / f"{environment.id}-{_hash([decides, measurement()])[:16]}.json"


def _hash(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
