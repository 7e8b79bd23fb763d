"""What is asked of a worker, and what it replies, as plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from caniload.runner.core.shipped import PROBES, ROOT
from caniload.runner.evidence.log import Record
from caniload.runner.matrix.plan import Stage
from caniload.runner.sharding.dividing import Place


def caniload_sha256() -> str:
    """Hash the code and data that decide what a shard measures; all machines need the same."""
    whole = hashlib.sha256()
    runner = ROOT / "runner"
    for path in sorted([*runner.rglob("*.py"), *runner.rglob("*.yaml"), *PROBES.rglob("*.py")]):
        whole.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Order:
    """A shard to be run: what it is of, and what has to be there first.

    ``plan`` is what the shards' notes say. ``rows`` has the Python of every row of matrix.yaml,
    ``pythons`` and ``fingerprints`` those of the environments in which results are to meet. What
    has to be there is named with its hash: ``papers`` are loose files, and the paper `folders`
    lists the saved files. ``words`` are further arguments of ``caniload matrix``. Without ``run``
    what came along is kept, and that is all.
    """

    caniload: str
    place: Place
    plan: Mapping[str, str]
    environments: tuple[str, ...]
    rows: Mapping[str, str]
    pythons: Mapping[str, str]
    fingerprints: Mapping[str, str]
    papers: Mapping[str, str]
    words: tuple[str, ...]
    seconds: float
    run: bool = True

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        place = {**plain["place"], "stage": Stage(plain["place"]["stage"])}
        pieces = {name: tuple(plain[name]) for name in ("environments", "words")}
        return cls(**{**plain, **pieces, "place": Place(**place)})


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a worker says of an order: one of the first three, or else that it was carried out.

    ``lacking`` are papers and folders that have to be sent first, ``unfit`` is why this machine
    cannot do it, ``failed`` what went wrong. ``short`` is why something of it could not be measured
    there.
    """

    lacking: tuple[str, ...] = ()
    unfit: str | None = None
    failed: str | None = None
    short: str | None = None
    note: str | None = None
    built: int = 0

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        return cls(**{**plain, "lacking": tuple(plain["lacking"])})


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A reply with what came along: records by their keys, and files of the home by their paths."""

    worker: str
    reply: Reply
    records: Mapping[str, Record] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def belongs(record: Record, place: Place, environments: tuple[str, ...]) -> bool:
    """Say whether a shard of these environments is who measures this."""
    match record["kind"]:
        case "cell":
            return place.stage is Stage.LOAD and record["cell"]["loaded_by"] in environments
        case "save":
            return place.stage is Stage.SAVE and record["environment"] in environments
        case "import":
            return record["environment"] in environments
        case _:
            return False
