"""Bring every stored reference model across that does not load, and compare with what was recorded.

    python tests/real/converting.py --out OUT [--to tf-2.21] [--count 100] [--seed 1] -- FILTERS

FILTERS are those of `caniload cells`; OUT is a folder for the results, which are not made twice.
What was delivered is loaded by the target's own `load_model`, without caniload, and its outputs
are compared with those that the environment which saved the original recorded. The order is
random, so that the first of them are a fair sample of all.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import Family, read_family
from caniload.runner.matrix.schema import Environment, Matrix, Model, Tolerances

ROOT = Path(__file__).parents[2]
CONVERT = (sys.executable, "-m", "caniload", "convert")
FORMATS = ("h5", "keras", "savedmodel")
LOAD = """
import json, runpy, sys
import numpy as np
import keras

path, folder, custom = sys.argv[1:]
own = runpy.run_path(custom)["CUSTOM"] if custom else None
with open(folder + "/expected.json") as file:
    recorded = json.load(file)
with np.load(folder + "/expected.npz") as file:
    arrays = dict(file)


def stem(name):
    known = ["%s_%d" % (name, number) for number in range(len(arrays))]
    return [arrays[one] for one in known if one in arrays]


names, given = recorded["input_names"], stem("input")
inputs = dict(zip(names, given)) if names else given if len(given) > 1 else given[0]
if path.endswith((".keras", ".h5")):
    model = keras.models.load_model(path, custom_objects=own)
    got = model.predict(inputs, verbose=0)
else:
    layer = keras.layers.TFSMLayer(path, call_endpoint="serving_default")
    got = layer(inputs)
got = [got[name] for name in sorted(got)] if isinstance(got, dict) else got
got = [np.asarray(one) for one in (got if isinstance(got, (list, tuple)) else [got])]
wanted = stem("output")
if [one.shape for one in got] != [one.shape for one in wanted]:
    print(json.dumps(["shapes", 0]))
else:
    pairs = [(a.astype("float64"), b.astype("float64")) for a, b in zip(got, wanted)]
    gaps = [np.abs(np.where((a == b) | ((a != a) & (b != b)), 0, a - b)) for a, b in pairs]
    scale = max(float(np.abs(b).max()) for _, b in pairs)
    print(json.dumps([max(float(one.max()) for one in gaps), scale]))
"""

Cell = Mapping[str, Any]
Found = dict[str, Any]


def breaking(to: str, filters: Sequence[str]) -> list[Cell]:
    """Return the stored cells of the target in which a whole model does not load."""
    command = [sys.executable, "-m", "caniload", "cells", "--load", to, *filters]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cells = [json.loads(line) for line in told.splitlines()]
    return [
        cell
        for cell in cells
        if cell["format"] in FORMATS
        and (
            cell["outcome"] == "crash"
            or (cell["outcome"] == "error" and cell["error"]["phase"] != "train")
        )
    ]


def own_code(family: Family, model: str) -> str:
    """Return a module with the classes that loading the model needs; empty if it needs none."""
    definer = family.definer(model)
    if not definer:
        return ""
    return (
        f"from tensorflow import keras\n\n\n{family.sources[definer]}\n\n\n"
        f"CUSTOM = {definer}(keras)\nglobals().update(CUSTOM)\n"
    )


def converted(cell: Cell, to: str, folder: Path, home: Home, matrix: Matrix) -> Found:
    """Convert one file and look at what came of it."""
    model = next(one for one in matrix.models if one.id == cell["model"])
    shutil.rmtree(folder, ignore_errors=True)  # what lies there from before would be in the way
    folder.mkdir(parents=True)
    original = Path(cell["artifact"])
    custom = folder / "own.py"
    custom.write_text(own_code(read_family(model.family), model.id), encoding="utf-8")
    given = ["--custom", str(custom)] if custom.stat().st_size else []
    out = folder / "out.keras"
    started = time.monotonic()
    done = subprocess.run(
        [*CONVERT, str(original), "--to", to, "-o", str(out), "--trust", "--json", *given],
        capture_output=True,
        text=True,
        check=False,
    )
    found: Found = {"id": cell["id"], "seconds": round(time.monotonic() - started, 1)}
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return {**found, "verdict": "fault", "reason": done.stderr[-500:]}
    found |= {name: said[name] for name in ("verdict", "remedy", "reason", "lost")}
    if said["out"]:
        arguments = (said["out"], cell["expected"], str(custom) if given else "")
        found |= compared(arguments, home, matrix.environment(to), bounds(matrix, model))
    return found


def bounds(matrix: Matrix, model: Model) -> Tolerances:
    return matrix.tolerances.of_outputs(model.precision)


def compared(
    arguments: Sequence[str], home: Home, environment: Environment, allowed: Tolerances
) -> Found:
    """Load what was delivered in a fresh process and compare it with what was recorded."""
    done = subprocess.run(
        [str(home.python(environment.id)), "-c", LOAD, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=process_variables(environment, home),
    )
    if done.returncode:
        return {"equal": False, "told": done.stderr[-500:]}
    gap, scale = json.loads(done.stdout.splitlines()[-1])
    if gap == "shapes":
        return {"equal": False, "told": "other shapes"}
    return {"equal": gap <= allowed.absolute + allowed.relative * scale, "gap": gap, "scale": scale}


def told(results: Sequence[Found]) -> Iterator[str]:
    """Yield what came of all of them."""
    count = len(results)
    verdicts = Counter(one["verdict"] for one in results)
    yield f"{count} files: " + ", ".join(f"{n} {word}" for word, n in verdicts.most_common())
    wrong = [one for one in results if one.get("equal") is False]
    yield f"delivered with other numbers, or not loading: {len(wrong)}"
    for one in wrong:
        size = one.get("told") or f"{one['gap']} of {one['scale']}"
        yield f"  {one['id']}: {one['verdict']}: {size}"
    groups: dict[str, list[str]] = {}
    for one in results:
        if one["verdict"] != "delivered":
            groups.setdefault(f"{one['verdict']}: {one['reason']}", []).append(one["id"])
    for reason, ids in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield f"{len(ids)} {reason}: {', '.join(ids)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--to", default="tf-2.21")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("filters", nargs="*")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    book = given.out / "results.jsonl"
    lines = book.read_text(encoding="utf-8").splitlines() if book.exists() else []
    known = {one["id"]: one for one in map(json.loads, lines)}
    cells = breaking(given.to, given.filters)
    print(f"{len(cells)} files do not load in {given.to}", flush=True)
    random.Random(given.seed).shuffle(cells)
    home = Home.default()
    matrix = read_matrix(ROOT / "matrix.yaml")
    for number, cell in enumerate(cells[: given.count]):
        if cell["id"] in known:
            continue
        folder = given.out / f"{number:04d}"
        one = converted(cell, given.to, folder, home, matrix)
        known[one["id"]] = one
        with book.open("a", encoding="utf-8") as file:
            file.write(json.dumps(one) + "\n")
        print(one["id"], one["verdict"], one.get("equal", ""), f"{one['seconds']} s", flush=True)
    print(
        "\n".join(told([known[cell["id"]] for cell in cells[: given.count] if cell["id"] in known]))
    )


if __name__ == "__main__":
    main()
