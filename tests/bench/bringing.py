"""Bring stored reference models across, and compare what comes of it by plain scripts.

What up.py and down.py share: artifacts of a home, conversions as ``caniload convert`` does them on
shared workers, and scripts that load files as a person would. These share nothing with caniload,
run in the version that saved and in the target, and feed both other inputs than were recorded.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from caniload.runner.converting import asking
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.original import Wish
from caniload.runner.core.errors import CaniloadError
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.joining import is_keras_3
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_family
from caniload.runner.matrix.schema import Matrix
from caniload.runner.sandbox.words import Level

ROOT = Path(__file__).parents[2]
PLAIN = Path(__file__).with_name("plain.py")
TOGETHER = 40
"""So many files are loaded by one plain process, which grows with each."""

WITHOUT = re.compile(
    r"custom_missing|custom_(argument|other)|one_layer|other_shape|renamed_by_name"
)
"""Models whose point is that the loading side has other code than the saving side, or none."""

NEAR = 1e-5
"""How far outputs may be from what was recorded, as a share of the largest."""

PACKAGE = "caniload>"
"""What the reference models' own classes are registered under, by those who save them."""

FORMATS = {"h5": "model.h5", "keras": "model.keras", "savedmodel": "model", "json": "model.json"}

NEUTRAL = """import sys

known = [sys.modules.get(name) for name in ("tf_keras", "keras")]
known = [one for one in known if hasattr(one, "layers")]
if known:
    keras = known[0]
else:
    from tensorflow import keras
"""
"""How a file of one's own finds the Keras of whoever runs it."""

Found = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where everything is; ``out`` keeps what was made."""

    home: Home
    matrix: Matrix
    out: Path
    workers: int

    @classmethod
    def at(cls, out: Path, home: Path | None, workers: int) -> Bench:
        out.mkdir(parents=True, exist_ok=True)
        return cls(
            home=Home(root=home.absolute()) if home else Home.default(),
            matrix=read_matrix(ROOT / "matrix.yaml"),
            out=out.absolute(),
            workers=workers,
        )

    def stored(self, savers: Iterable[str], formats: Iterable[str]) -> Iterator[Found]:
        """Yield the whole models that a home has, each with the folder of its results."""
        control = self.matrix.controls.model
        wanted = {name: FORMATS[name] for name in formats}
        for saver in savers:
            for folder in sorted((self.home.root / "artifacts" / saver).glob("*")):
                expected = next(folder.glob("expected-*"), None)
                if WITHOUT.search(folder.name) or folder.name == control or expected is None:
                    continue
                for format_id, name in wanted.items():
                    for path in sorted(folder.glob(f"{format_id}-*/{name}")):
                        base = {"saver": saver, "model": folder.name, "format": format_id}
                        yield {**base, "path": str(path), "expected": str(expected)}

    def prepared(self, one: Found) -> Found:
        """Return a file to be brought to a target, with what its own code and inputs are."""
        target = one["target"]
        folder = self.out / one["key"].replace("/", "_")
        folder.mkdir(exist_ok=True)
        custom = {}
        for side in (one["saver"], target):
            code = own_code(self.matrix, one["model"], self.matrix.environment(side).imports)
            path = folder / f"own-{side.replace('.', '-')}.py"
            path.write_text(code, encoding="utf-8")
            custom[side] = str(path) if code else ""
        if code:
            (folder / "own.py").write_text(NEUTRAL + code.partition("\n")[2], encoding="utf-8")
            custom["neutral"] = str(folder / "own.py")
        recorded = Path(one["expected"])
        drawn(recorded / "expected.npz", folder / "inputs.npz", f"{one['saver']}/{one['model']}")
        names = json.loads((recorded / "expected.json").read_text("utf-8"))["input_names"]
        return {**one, "folder": str(folder), "custom": custom, "names": names}

    def converted(self, one: Found, shop: Workshop) -> Found:
        """Convert one file; what came of it."""
        # As a person would: Keras 3 does not load all that it writes as HDF5.
        older = one["format"] == "h5" and not is_keras_3(self.matrix.environment(one["target"]))
        suffix = ".h5" if older else ".keras"
        neutral = one["custom"].get("neutral")
        started = time.monotonic()
        wish = Wish(
            path=Path(one["path"]),
            target=one["target"],
            out=Path(one["folder"]) / f"out{suffix}",
            custom=(Path(neutral),) if neutral else (),
            trusted=True,
            sandbox=Level.NONE,
        )
        try:
            said = asking.bring_across(wish, self.matrix, home=self.home, shop=shop)
        except CaniloadError as error:
            return {**one, "verdict": "fault", "reason": str(error)}
        proof = said.proof
        return {
            **one,
            "verdict": str(said.verdict),
            "reason": said.reason,
            "remedy": str(said.remedy or ""),
            "out": said.out,
            "call": said.endpoint.call if said.endpoint else None,
            "lost": list(said.lost),
            "weak": proof.weak if proof else None,
            "power": [proof.power.noticed, proof.power.changed] if proof and proof.power else None,
            "changes": sorted({change.rule for change in said.changes}),
            "tried": [f"{each.remedy}: {each.problem}" for each in said.attempts if each.problem],
            "seconds": round(time.monotonic() - started, 1),
        }

    # What plain scripts say

    def job(self, one: Found, side: str, name: str) -> Found:
        """Return what a plain script is told: to write what a file gives there as ``name``."""
        same = {"inputs": f"{one['folder']}/inputs.npz", "names": one["names"]}
        job = {**same, "custom": one["custom"][side], "outputs": str(self.outputs(one, name))}
        if name == "is" and one["call"]:
            return {**job, "format": "call", "model": one["call"]}
        if name == "is":
            return {**job, "format": Path(one["out"]).suffix[1:], "model": one["out"]}
        package = PACKAGE if name == "was" else ""
        return {**job, "format": one["format"], "model": one["path"], "package": package}

    def outputs(self, one: Found, name: str) -> Path:
        """Return where outputs lie: what a file ``was`` is the same for all targets."""
        if name != "was":
            return Path(one["folder"]) / f"{name}.npz"
        return self.out / f"was_{one['saver']}_{one['model']}.{one['format']}.npz"

    def answered(self, jobs: Mapping[str, Sequence[Found]]) -> None:
        """Have every version load all of its files, in plain processes."""

        def of(side: str) -> None:
            left = list({one["outputs"]: one for one in jobs[side] if not _there(one)}.values())
            while left:
                self._plain(side, left[:TOGETHER])
                if not _there(left[0]):
                    told = Path(left[0]["outputs"] + ".txt")
                    told.write_text("the process died, or did not end", encoding="utf-8")
                left = [one for one in left if not _there(one)]

        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            list(pool.map(of, jobs))

    def _plain(self, side: str, jobs: Sequence[Found]) -> None:
        environment = self.matrix.environment(side)
        path = self.out / f"plain-{side}.json"
        path.write_text(json.dumps(jobs), encoding="utf-8")
        subprocess.run(
            [str(self.home.python(side)), str(PLAIN), environment.imports, str(path)],
            capture_output=True,
            check=False,
            env=process_variables(environment, self.home),
        )

    def gap(self, one: Found, name: str) -> list[Any]:
        """Return [whether equal, how far apart, how large], or why that is not known."""
        for this in ("was", name):
            told = Path(f"{self.outputs(one, this)}.txt")
            if told.exists():
                unknown = None if this == "was" else False
                return [unknown, f"{this}: {told.read_text('utf-8')}", 0]
        with np.load(self.outputs(one, "was")) as was, np.load(self.outputs(one, name)) as now:
            pairs = [(was[key], now[key]) for key in was.files if key in now.files]
            if len(pairs) != len(now.files) or any(a.shape != b.shape for a, b in pairs):
                return [False, "other outputs", 0]
        if any(a.dtype.kind in "USO" for a, _ in pairs):
            return [all((a.astype(str) == b.astype(str)).all() for a, b in pairs), 0, 0]
        row = next(row for row in self.matrix.models if row.id == one["model"])
        allowed = self.matrix.tolerances.of_outputs(row.precision)
        same, worst, size = True, 0.0, 0.0
        for a, b in ((x.astype("float64"), y.astype("float64")) for x, y in pairs):
            apart = np.abs(np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0, a - b))
            scale = float(np.nanmax(np.abs(a))) if a.size else 0.0
            far = float(apart.max()) if apart.size else 0.0
            same = same and far <= allowed.absolute + allowed.relative * scale
            worst, size = max(worst, far), max(size, scale)
        return [bool(same), worst, size]

    def compared(self, results: Sequence[Found]) -> None:
        """Note of everything that was delivered how far it is from its original."""
        todo = [one for one in results if one.get("out") and "gap" not in one]
        jobs: dict[str, list[Found]] = {}
        for one in todo:
            jobs.setdefault(one["saver"], []).append(self.job(one, one["saver"], "was"))
            jobs.setdefault(one["target"], []).append(self.job(one, one["target"], "is"))
        self.answered(jobs)
        for one in todo:
            one["gap"] = self.gap(one, "is")
        self.recalled([one for one in todo if one["gap"][0] is not True and not one["call"]])

    def recalled(self, results: Sequence[Found]) -> None:
        """Hold against what was recorded what a version loads of its own file as another model.

        Where what it loads gives what was recorded before saving, it stays the measure.
        """
        jobs: dict[str, list[Found]] = {}
        for one in results:
            with np.load(Path(one["expected"]) / "expected.npz") as file:
                fed = {name: file[name] for name in file.files if name.startswith("input_")}
            recorded = Path(one["folder"]) / "recorded.npz"
            np.savez(recorded, **fed)
            for side, name in ((one["saver"], "was"), (one["target"], "is")):
                outputs = str(self.outputs(one, f"{name}-recalled"))
                job = {**self.job(one, side, name), "inputs": str(recorded), "outputs": outputs}
                jobs.setdefault(side, []).append(job)
        self.answered(jobs)
        for one in results:
            was, now = (self.recalls(one, f"{name}-recalled") for name in ("was", "is"))
            if was[0] is not True and now[0] is not None:
                one["as loaded"], one["gap"] = one["gap"], now

    def recalls(self, one: Found, name: str) -> list[Any]:
        """Return as ``gap`` does how far outputs are from what was recorded."""
        outputs = self.outputs(one, name)
        if not outputs.exists():
            return [None, "not loaded", 0]
        with np.load(Path(one["expected"]) / "expected.npz") as was, np.load(outputs) as now:
            pairs = [(was[f"output_{n}"], now[key]) for n, key in enumerate(now.files)]
        if any(a.shape != b.shape or a.dtype.kind != "f" for a, b in pairs):
            return [None, "other outputs", 0]
        apart = max(float(np.abs(a - b).max(initial=0)) for a, b in pairs)
        size = max(float(np.abs(a).max(initial=0)) for a, _ in pairs)
        return [apart <= NEAR * size, apart, size]

    def run(self, sample: Sequence[Found], given: argparse.Namespace) -> list[Found]:
        """Convert what was not yet, compare, and keep it; return all that is known."""
        book = self.out / "results.jsonl"
        lines = book.read_text(encoding="utf-8").splitlines() if book.exists() else []
        known: dict[str, Found] = {one["key"]: one for one in map(json.loads, lines)}
        if given.told:
            return list(known.values())
        todo = [
            one
            for one in sample
            if one["key"] not in known or (given.again and re.search(given.again, one["key"]))
        ]
        writing = threading.Lock()

        def do(stored: Found) -> None:
            one = self.prepared(stored)
            _cleared(Path(one["folder"]))
            done = self.converted(one, shop)
            with writing, book.open("a", encoding="utf-8") as file:
                known[one["key"]] = done
                file.write(json.dumps(done) + "\n")
                told = (one["key"], done["verdict"], done.get("seconds"), done["reason"] or "")
                print(*told, flush=True)

        with (
            asking.open_shop_of_many(self.matrix, self.home, sandbox=Level.NONE) as shop,
            ThreadPoolExecutor(max_workers=self.workers) as pool,
        ):
            # Those of one reader in a row, for only so many frameworks stay imported.
            order = {one["saver"]: number for number, one in enumerate(reversed(todo))}
            list(pool.map(do, sorted(todo, key=lambda one: order[one["saver"]])))
        results = list(known.values())
        self.compared(results)
        book.write_text("".join(json.dumps(one) + "\n" for one in results), "utf-8")
        return results


def parser(doc: str | None, *, count: int, targets: Sequence[str]) -> argparse.ArgumentParser:
    """Return the arguments that up.py and down.py have in common."""
    made = argparse.ArgumentParser(description=doc)
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--home", type=Path)
    made.add_argument("--count", type=int, default=count)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--only", default="", help="keys, as a regular expression")
    made.add_argument("--again", default="", help="keys to be done anew, as a regular expression")
    made.add_argument("--targets", type=lambda text: text.split(","), default=list(targets))
    made.add_argument("--savers", type=lambda text: text.split(","))
    made.add_argument("--jobs", type=int, default=2, help="files at a time")
    made.add_argument("--told", action="store_true", help="tell what is known, and do nothing")
    return made


def key(one: Found, target: str) -> str:
    return f"{one['saver']}/{one['model']}.{one['format']}/{target}"


def sample(bench: Bench, given: argparse.Namespace, formats: Iterable[str]) -> list[Found]:
    """Return the files, each for every target, in a random order."""
    found = [
        (one, target)
        for one in bench.stored(given.savers, formats)
        for target in given.targets
        if re.search(given.only, key(one, target))
    ]
    random.Random(given.seed).shuffle(found)
    return [{**one, "target": target, "key": key(one, target)} for one, target in found]


def _there(job: Found) -> bool:
    return Path(job["outputs"]).exists() or Path(job["outputs"] + ".txt").exists()


def _cleared(folder: Path) -> None:
    """Remove what an earlier conversion delivered: it would be in the way."""
    for name in ("out.keras", "out.h5", "is.npz", "is.npz.txt"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "out", ignore_errors=True)


def own_code(matrix: Matrix, model: str, imports: str) -> str:
    """Return a module with the classes that loading the model needs; empty if it needs none."""
    row = next(one for one in matrix.models if one.id == model)
    family = read_family(row.family)
    definer = family.definer(model)
    if not definer:
        return ""
    where = (
        "from tensorflow import keras"
        if imports == "tensorflow.keras"
        else f"import {imports} as keras"
    )
    source = family.sources[definer]
    return f"{where}\n\n\n{source}\n\n\nCUSTOM = {definer}(keras)\nglobals().update(CUSTOM)\n"


def drawn(recorded: Path, path: Path, key: str) -> None:
    """Write other inputs of the kinds that were recorded."""
    chance = np.random.RandomState(random.Random(key).randrange(2**31))
    with np.load(recorded) as file:
        arrays = {name: file[name] for name in file.files if name.startswith("input_")}
    made = {}
    for name, array in arrays.items():
        flat = chance.permutation(array.ravel()).reshape(array.shape)
        if array.dtype.kind == "f" and not (array == np.rint(array)).all():
            flat = (flat + 0.3 * array.std() * chance.normal(size=array.shape)).astype(array.dtype)
        made[name] = flat
    np.savez(path, **made)  # type: ignore[arg-type]


def by_reason(results: Sequence[Found], kind: Callable[[str], str]) -> Iterator[str]:
    """Yield what was not delivered, by its reason, the most frequent first."""
    groups: dict[str, list[str]] = {}
    for one in results:
        if one["verdict"] in ("refused", "fault"):
            groups.setdefault(f"{one['verdict']}: {one['reason']}", []).append(one["key"])
    for reason, keys in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield f"{len(keys)} {kind(reason)}: {reason}: {', '.join(keys[:6])}"
