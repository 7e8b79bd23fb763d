"""Have an environment that is built load the attack files, behind a wall; facts come back."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caniload.runner.attacking import configs
from caniload.runner.attacking.attacks import Attack, is_newer
from caniload.runner.attacking.making import Kit, bytecode_of, file_name, make
from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.home import Home
from caniload.runner.environments.receipts import Receipt
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.schema import Environment
from caniload.runner.running import behind
from caniload.runner.running.confining import Confining
from caniload.runner.sandbox.walls import Cage

SCRIPT = PROBES / "attacks" / "attack.py"
SECONDS = 90.0
"""How long one file may take to load."""
MEMORY, DISK = 2**29, 2**26
"""Bytes that loading may take, and write into one file: bombs are larger."""
LARGEST = 2**26
"""Bytes of an attack file at most: packed zeros are a thousandth of what they unpack to."""
MADE = {
    "savedmodel-plain": "plain",
    "savedmodel-writes": "writes",
    "savedmodel-reads": "reads",
    "savedmodel-recursive": "recursive",
    "keras-saved-model": "writes",
    "h5-saved-model": "writes",
}
"""Which SavedModel an environment writes for an attack."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one environment did: facts by the id of an attack or a control, and what held it."""

    facts: Mapping[str, Any]
    versions: Mapping[str, str]
    sandbox: Mapping[str, Any]


def measure(
    environment: Environment,
    receipt: Receipt,
    tried: Sequence[Attack],
    *,
    home: Home,
    sandbox: str,
    seconds: float,
) -> Measured:
    """Load each attack and its control once; ``seconds`` is how long importing may take.

    ``EnvironmentUnusable``: nothing could be tried, and why.
    """
    home.checked.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="attacks-", dir=home.checked))
    scratch.chmod(0o711)
    confining = Confining(wanted=sandbox, home=home, scratch=scratch, seconds=seconds)
    try:
        confining.prepare(environment, receipt.lock_sha256)
        cage = confining.cage(environment.id, (), LARGEST)
        work = cage.writable if cage else scratch / "open"
        work.mkdir(exist_ok=True)
        jobs = list(_jobs(tried, receipt, work, home.python(environment.id)))
        ordered = {"imports": environment.imports, "seconds": SECONDS, "jobs": jobs}
        found = _ran(
            [str(home.python(environment.id)), "-s", str(SCRIPT)],
            {**ordered, "memory": MEMORY, "disk": DISK},
            cage,
            variables=process_variables(environment, home),
            folder=work,
            seconds=seconds + SECONDS * len(jobs),
        )
        level = confining.level(environment.id)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Measured(facts=found["jobs"], versions=found["versions"], sandbox=level)


def _jobs(
    tried: Sequence[Attack], receipt: Receipt, work: Path, python: Path
) -> Iterator[dict[str, Any]]:
    """Write all files, each into a folder of its own, and say how each is loaded."""
    try:
        bytecode = subprocess.run(
            bytecode_of(str(python)), capture_output=True, text=True, timeout=SECONDS, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentUnusable(f"its Python does not start: {error}") from error
    plain = {one.limited: one.control for one in tried if one.limited is not None}
    bounded = {one.id for one in tried if one.limited is not None} | plain.keys()
    newer = is_newer(receipt.versions.get("keras", "0"))
    for name, kind in dict.fromkeys(_wanted(tried, receipt.packages)):
        folder = work / name / "in"
        folder.mkdir(parents=True)
        make(plain.get(name, name), Kit(folder=folder, newer=newer, bytecode=bytecode))
        made = MADE.get(name)
        yield {
            "id": name,
            "folder": str(folder),
            "format": kind,
            "file": file_name(kind, newer=newer),
            "make": made,
            "there": [*(one.name for one in folder.iterdir()), configs.SAVED],
            "modules": [configs.BAIT],
            "bounded": name in bounded,
        }


def _wanted(tried: Iterable[Attack], packages: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for one in tried:
        if has(one, packages):
            yield one.control, one.format
            if one.limited is not None:
                yield one.limited, one.format
            yield one.id, one.format


def has(attack: Attack, packages: Mapping[str, str]) -> bool:
    """Say whether an environment has what an attack is about."""
    names = [name.lower().replace("_", "-") for name in packages]
    needed = attack.needs
    return needed is None or any(one == needed or one.startswith(f"{needed}-") for one in names)


def _ran(
    command: Sequence[str],
    ordered: Mapping[str, Any],
    cage: Cage | None,
    *,
    variables: Mapping[str, str],
    folder: Path,
    seconds: float,
) -> dict[str, Any]:
    order, result = folder / "order.json", folder / "result.json"
    order.write_text(json.dumps(ordered), encoding="utf-8")
    ended = behind.run(
        [*command, str(order), str(result)],
        cage,
        variables=variables,
        folder=folder,
        seconds=seconds,
    )
    found = behind.facts(result, cage)
    if found is None:
        said = ended.stopped or ended.output.strip().rpartition("\n")[2] or "no word"
        raise EnvironmentUnusable(f"its process ended with {ended.code}: {said}")
    if found["error"]:
        told = found["error"]
        raise EnvironmentUnusable(f"it raised {told['type']}: {told['message']}")
    return found
