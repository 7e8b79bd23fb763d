"""Bring stored reference models to older versions, and compare what comes of it by plain scripts.

    python tests/bench/down.py --out OUT [--home HOME] [--count 400] [--seed 1] [--only REGEX]
    python tests/bench/down.py --out OUT --told    # what is there already, told again

HOME has artifacts of `caniload matrix`. OUT keeps what was converted, which is not made twice. The
order is random, so that the first are a fair sample of all. Each conversion is what `caniload
convert` does, but for processes that are forked after the import of a framework (``--cold``: none
are). At the end every delivered file is loaded by its target and its original by the version that
saved it, by scripts that share nothing with caniload, and both are given other inputs.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import warm

from caniload.runner.converting import asking
from caniload.runner.converting.original import Wish
from caniload.runner.core.errors import CaniloadError
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_family
from caniload.runner.matrix.schema import Matrix

ROOT = Path(__file__).parents[2]
TARGETS = ("tf-2.21-tf-keras", "tf-2.15", "tf-2.10", "tf-2.4", "tf-1.15", "tf-1.15-keras-2.3")
SAVERS = ("tf-2.16-keras-3.4", "tf-2.18-keras-3.8", "tf-2.21-keras-3.13", "tf-2.21-keras-3.15")
ABSENT = re.compile(r"has no (layer|function)|came with Keras 3, and nothing|keeps no operations")
"""What is refused so has a layer, or an operation, that is not there: nobody could have it."""

_WITHOUT = re.compile(
    r"custom_missing|custom_(argument|other)|one_layer|other_shape|renamed_by_name"
)
"""Models whose point is that the loading side has other code than the saving side, or none."""

PLAIN = """
import importlib, json, runpy, sys
import numpy as np

imports, listed = sys.argv[1:]
keras = importlib.import_module(imports)
if imports == "tensorflow.keras":
    from tensorflow import keras
with open(listed) as file:
    jobs = json.load(file)


def answer(job):
    with np.load(job["inputs"], allow_pickle=False) as file:
        arrays = [file["input_%d" % n] for n in range(len(file.files))]
    own = runpy.run_path(job["custom"], {"keras": keras})["CUSTOM"] if job["custom"] else {}
    more = {"custom_objects": own} if own else {}
    model = keras.models.load_model(job["model"], compile=False, **more)
    fed = [a.tolist() if a.dtype.kind in "US" else a for a in arrays]
    if any(a.dtype.kind in "US" for a in arrays):
        import tensorflow as tf
        fed = [tf.constant(a) if isinstance(a, list) else a for a in fed]
    names = job["names"]
    given = dict(zip(names, fed)) if names else fed if len(fed) > 1 else fed[0]
    got = model.predict(given)
    got = [got[key] for key in sorted(got)] if isinstance(got, dict) else got
    got = list(got) if isinstance(got, (list, tuple)) else [got]
    np.savez(job["outputs"], *[np.asarray(one) for one in got])


for job in jobs:
    try:
        answer(job)
    except BaseException as error:
        with open(job["outputs"] + ".txt", "w") as file:
            file.write("%s: %s" % (type(error).__name__, str(error)[:300]))
    if hasattr(keras.backend, "clear_session"):
        keras.backend.clear_session()
"""

NEUTRAL = """import sys

known = [name for name in ("tf_keras", "keras") if hasattr(sys.modules.get(name), "layers")]
if known and (known[0] == "tf_keras" or "tensorflow.keras" not in sys.modules):
    keras = sys.modules[known[0]]
else:
    from tensorflow import keras
"""
"""How a file of one's own finds the Keras of whoever runs it."""

Found = dict[str, Any]


def stored(home: Home, savers: Sequence[str]) -> list[Found]:
    """Return the whole models that a home has, with what was recorded of them."""
    found = []
    for saver in savers:
        for folder in sorted((home.root / "artifacts" / saver).glob("*")):
            if _WITHOUT.search(folder.name):
                continue
            expected = next(folder.glob("expected-*"), None)
            for path in sorted(folder.glob("*-*/*")):
                if path.suffix in (".h5", ".keras") and expected is not None:
                    base = {"saver": saver, "model": folder.name, "path": str(path)}
                    found.append({**base, "format": path.suffix, "expected": str(expected)})
    return found


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


def converted(one: Found, folder: Path, home: Home, matrix: Matrix) -> Found:
    """Convert one file; what came of it, with the places of what is compared afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    custom = {}
    for side in (one["saver"], one["target"]):
        code = own_code(matrix, one["model"], matrix.environment(side).imports)
        custom[side] = folder / f"own-{side.replace('.', '-')}.py"
        custom[side].write_text(code, encoding="utf-8")
    neutral = folder / "own.py"
    if code:
        neutral.write_text(NEUTRAL + code.partition("\n")[2], encoding="utf-8")
    out = folder / f"out{one['format'] if one['format'] == '.h5' else '.keras'}"
    started = time.monotonic()
    wish = Wish(
        path=Path(one["path"]),
        target=one["target"],
        out=out,
        custom=(neutral,) if code else (),
        trusted=True,
    )
    found = {**one, "custom": {key: str(path) if code else "" for key, path in custom.items()}}
    try:
        said = asking.bring_across(wish, matrix, home=home)
    except CaniloadError as error:
        return {**found, "verdict": "fault", "reason": str(error)}
    return {
        **found,
        "verdict": str(said.verdict),
        "reason": said.reason,
        "remedy": str(said.remedy or ""),
        "out": said.out,
        "lost": list(said.lost),
        "weak": said.proof.weak if said.proof else None,
        "changes": sorted({change.rule for change in said.changes}),
        "tried": [f"{each.remedy}: {each.problem}" for each in said.attempts if each.problem],
        "seconds": round(time.monotonic() - started, 1),
    }


def compared(results: Sequence[Found], out: Path, home: Home, matrix: Matrix, workers: int) -> None:
    """Have every version load all of its files in one plain process, and note what differs."""
    todo = [one for one in results if one["verdict"] == "delivered" and "gap" not in one]
    jobs: dict[str, list[Found]] = {}
    for one in todo:
        folder = Path(one["folder"])
        recorded = json.loads((Path(one["expected"]) / "expected.json").read_text("utf-8"))
        drawn(Path(one["expected"]) / "expected.npz", folder / "inputs.npz", one["key"])
        for side, model in ((one["saver"], one["path"]), (one["target"], one["out"])):
            jobs.setdefault(side, []).append(
                {
                    "model": model,
                    "custom": one["custom"][side],
                    "inputs": str(folder / "inputs.npz"),
                    "names": recorded["input_names"],
                    "outputs": str(folder / f"{'was' if side == one['saver'] else 'is'}.npz"),
                }
            )

    def answered(side: str) -> None:
        environment = matrix.environment(side)
        path = out / f"plain-{side}.json"
        path.write_text(json.dumps(jobs[side]), encoding="utf-8")
        subprocess.run(
            [str(home.python(side)), "-c", PLAIN, environment.imports, str(path)],
            capture_output=True,
            check=False,
            env=process_variables(environment, home),
        )

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(answered, jobs))
    for one in todo:
        one["gap"] = gap(Path(one["folder"]), matrix, one["model"])


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


def gap(folder: Path, matrix: Matrix, model: str) -> list[Any]:
    """Return [whether equal, how far apart, how large], or why that is not known."""
    for name in ("was", "is"):
        told = folder / f"{name}.npz.txt"
        if told.exists():
            return [None if name == "was" else False, f"{name}: {told.read_text('utf-8')}", 0]
        if not (folder / f"{name}.npz").exists():
            return [None, f"{name}: no answer", 0]
    with np.load(folder / "was.npz") as was, np.load(folder / "is.npz") as now:
        pairs = [(was[name], now[name]) for name in was.files if name in now.files]
        if len(pairs) != len(now.files) or any(a.shape != b.shape for a, b in pairs):
            return [False, "other outputs", 0]
    if any(a.dtype.kind in "USO" for a, _ in pairs):
        return [all((a.astype(str) == b.astype(str)).all() for a, b in pairs), 0, 0]
    row = next(one for one in matrix.models if one.id == model)
    allowed = matrix.tolerances.of_outputs(row.precision)
    same, worst, size = True, 0.0, 0.0
    for a, b in ((x.astype("float64"), y.astype("float64")) for x, y in pairs):
        apart = np.abs(np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0, a - b))
        scale = float(np.nanmax(np.abs(a))) if a.size else 0.0
        far = float(apart.max()) if apart.size else 0.0
        same = same and far <= allowed.absolute + allowed.relative * scale
        worst, size = max(worst, far), max(size, scale)
    return [bool(same), worst, size]


def told(results: Sequence[Found]) -> Iterator[str]:
    """Yield what came of all of them."""
    for name in ("all", *TARGETS):
        ours = [one for one in results if name in ("all", one["target"])]
        if not ours:
            continue
        done = [one for one in ours if one["verdict"] == "delivered"]
        absent = [one for one in ours if one not in done and ABSENT.search(str(one["reason"]))]
        there = len(ours) - len(absent)
        equal = sum(one.get("gap", [None])[0] is True for one in done)
        wrong = sum(one.get("gap", [None])[0] is False for one in done)
        share = f"{100 * len(done) / there:.1f} %" if there else "none"
        yield (
            f"{name}: {len(ours)} files, {len(done)} delivered ({share} of the {there} whose layers"
            f" exist there); by plain scripts {equal} equal, {wrong} wrong,"
            f" {len(done) - equal - wrong} not compared"
        )
    for one in results:
        if one.get("gap", [True])[0] is not True:
            yield f"  {one['key']}: {one['gap']} {one['changes']}"
    groups: dict[str, list[str]] = {}
    for one in results:
        if one["verdict"] != "delivered":
            groups.setdefault(f"{one['verdict']}: {one['reason']}", []).append(one["key"])
    for reason, keys in sorted(groups.items(), key=lambda item: -len(item[1])):
        kind = "absent" if ABSENT.search(reason) else "ours"
        yield f"{len(keys)} {kind}: {reason}: {', '.join(keys[:6])}"
    seconds = sorted(one["seconds"] for one in results if "seconds" in one)
    if seconds:
        yield f"seconds for each: {seconds[len(seconds) // 2]} in the median, {seconds[-1]} at most"
    remedies = Counter(one["remedy"] for one in results if one["verdict"] == "delivered")
    yield ", ".join(f"{count} {remedy}" for remedy, count in remedies.most_common())


def sample(home: Home, given: argparse.Namespace) -> list[Found]:
    """Return the files, each for every target, in a random order."""
    chance = random.Random(given.seed)
    found = [
        {**one, "target": target, "key": f"{one['saver']}/{one['model']}{one['format']}/{target}"}
        for one in stored(home, given.savers)
        for target in given.targets
    ]
    chance.shuffle(found)
    return [one for one in found if re.search(given.only, one["key"])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--again", default="", help="keys to be done anew, as a regular expression")
    parser.add_argument("--targets", type=lambda text: text.split(","), default=list(TARGETS))
    parser.add_argument("--savers", type=lambda text: text.split(","), default=list(SAVERS))
    parser.add_argument("--jobs", type=int, default=2, help="plain processes at a time")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--told", action="store_true")
    given = parser.parse_args()
    out = given.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    book = out / "results.jsonl"
    lines = book.read_text(encoding="utf-8").splitlines() if book.exists() else []
    known: dict[str, Found] = {one["key"]: one for one in map(json.loads, lines)}
    if given.again:
        known = {key: one for key, one in known.items() if not re.search(given.again, key)}
    home = Home(root=given.home.absolute()) if given.home else Home.default()
    matrix = read_matrix(ROOT / "matrix.yaml")
    if not given.told:
        if not given.cold:
            asking.Workshop = warm.Workshop  # type: ignore[attr-defined]
        for one in sample(home, given)[: given.count]:
            if one["key"] in known:
                continue
            folder = out / one["key"].replace("/", "_")
            known[one["key"]] = done = {
                **converted(one, folder, home, matrix),
                "folder": str(folder),
            }
            with book.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done) + "\n")
            print(
                one["key"], done["verdict"], done.get("seconds"), done["reason"] or "", flush=True
            )
        compared(list(known.values()), out, home, matrix, given.jobs)
        book.write_text("".join(json.dumps(one) + "\n" for one in known.values()), "utf-8")
    print("\n".join(told(list(known.values()))))


if __name__ == "__main__":
    main()
