"""What was made of what, and how that was proved: a statement beside the result, unsigned.

Its outer form is the Statement of in-toto, version 1
(https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md); docs/get-it-across.md says
what stands in ``predicate``. Whoever wants to sign it can: it is what an envelope (DSSE) holds.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Conversion, Proof
from caniload.runner.core.putting import put_text
from caniload.runner.core.version import version
from caniload.runner.environments.locking import lock_sha256
from caniload.runner.forensics.facts import Inspection
from caniload.runner.matrix.schema import Matrix

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:caniload:conversion:v1"
ENDING = ".receipt.json"

_PLACE = re.compile(r"(?:(?<=[\s'\"(=,])|^)(?:/[\w.+@-]+)+/(?=[\w.+@-])")
"""The folders of an absolute path: of no use to another machine, and nobody else's business."""


@dataclass(frozen=True, kw_only=True)
class Hashed:
    """A file as ``sha256sum`` prints it; ``name`` is relative, with /."""

    name: str
    sha256: str


def hashed(files: Iterable[tuple[Path, str]]) -> tuple[Hashed, ...]:
    """Hash files, each given by its path and its name; ``OSError`` where one cannot be read."""
    return tuple(Hashed(name=name, sha256=_sha256(path)) for path, name in files)


def files_of(path: Path, name: str, said: Inspection | None = None) -> Iterator[tuple[Path, str]]:
    """Yield all files of a model, of which ``said`` tells those that lie beside the one named."""
    if path.is_dir():
        below = (Path(root, file) for root, _, files in os.walk(path) for file in files)
        yield from ((file, f"{name}/{file.relative_to(path).as_posix()}") for file in sorted(below))
        return
    folder = name.rpartition("/")[0]
    for file in sorted({path.name, *(said.files if said else ())}):
        if (path.parent / file).is_file():
            yield path.parent / file, f"{folder}/{file}" if folder else file


def given(wish: Wish) -> tuple[Hashed, ...]:
    """Hash what a person gave beside the original: code and inputs."""
    files = [*wish.custom, *([wish.inputs] if wish.inputs else [])]
    if wish.build is not None and wish.build.file is not None:
        files.append(Path(wish.build.file))
    return hashed((file, file.name) for file in files)


def statement(
    conversion: Conversion,
    *,
    subject: Sequence[Hashed],
    material: Sequence[Hashed],
    matrix: Matrix,
    locks: Path,
) -> dict[str, Any]:
    """Return what a receipt says of a conversion that was delivered: ``subject`` of ``material``.

    It has no date and no path: the same conversion has the same receipt on every machine.
    """
    proof = conversion.proof
    if proof is None:
        raise ValueError("what was not proved has no receipt")
    way = next(one.environments for one in conversion.attempts if one.problem is None)
    environments = [
        {"id": one, "lock": {"sha256": lock_sha256(matrix.environment(one), locks)}}
        for one in dict.fromkeys((proof.reader, *way, proof.target))
    ]
    return {
        "_type": STATEMENT,
        "subject": [_descriptor(one) for one in subject],
        "predicateType": PREDICATE,
        "predicate": {
            "tool": {"name": "caniload", "version": version()},
            "materials": [_descriptor(one) for one in material],
            "reader": proof.reader,
            "target": proof.target,
            "environments": environments,
            "verdict": conversion.verdict,
            "remedy": conversion.remedy,
            "proof": asdict(untimed(proof)),
            "endpoint": _called(conversion),
            "changes": [asdict(one) for one in conversion.changes],
            "lost": [unplaced(one, conversion) for one in conversion.lost],
            "kept": [unplaced(one, conversion) for one in conversion.kept],
        },
    }


def _called(conversion: Conversion) -> dict[str, Any] | None:
    """Return how a graph is called, without the folders of this machine."""
    if conversion.endpoint is None:
        return None
    return {
        key: value if value is None else unplaced(value, conversion)
        for key, value in asdict(conversion.endpoint).items()
    }


def untimed(proof: Proof) -> Proof:
    """Return a proof without the time that it took, which is another each time."""
    power = proof.power
    return proof if power is None else replace(proof, power=replace(power, seconds=0.0))


def unplaced(text: str, conversion: Conversion) -> str:
    """Return a text without the folders of this machine."""
    for path in map(Path, filter(None, (conversion.out, conversion.path))):
        for spelt in (str(path.absolute()), str(path)):
            text = text.replace(spelt, path.name)
    return _PLACE.sub("", text)


def written(stated: Mapping[str, Any]) -> str:
    return json.dumps(stated, indent=1, ensure_ascii=False) + "\n"


def put(stated: Mapping[str, Any], result: Path) -> Path:
    """Write a receipt beside its result, in one step; return where it is."""
    path = result.with_name(f"{result.name}{ENDING}")
    put_text(path, written(stated))
    return path


def _descriptor(one: Hashed) -> dict[str, Any]:
    return {"name": one.name, "digest": {"sha256": one.sha256}}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
