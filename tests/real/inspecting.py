"""Compare what `caniload inspect` says of real files with what Keras says once it has loaded them.

    python tests/real/inspecting.py HOME [--environments HOME] [--loader tf-2.8=tf-2.9]
        [--only tf-2.15,tf-2.21] [--sample 10]

HOME is a CANILOAD_HOME with artifacts; each is loaded by the environment that saved it, or by the
one that ``--loader`` names where that one is not built. What the file does not state contradicts
nothing, and is counted.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.facts import Inspection
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_form
from caniload.runner.matrix.schema import Environment

ROOT = Path(__file__).parents[2]
FAMILIES = {
    line.split("(")[0].removeprefix("def "): str(path)
    for path in sorted((ROOT / "probes" / "models").glob("*.py"))
    for line in path.read_text(encoding="utf-8").splitlines()
    if line.startswith("def ")
}
FORMATS = {known.id for known in read_matrix(ROOT / "matrix.yaml").formats}
OWN = {
    "custom_registered": "RegisteredScale",
    "custom_unregistered": "Scale",
    "custom_no_config": "ForgetfulScale",
    "custom_missing": None,
}
RATE_TOLERANCE = 1e-6

Job = dict[str, str]
Said = Mapping[str, Any]


def artifacts(home: Path) -> Iterator[tuple[str, Job]]:
    """Yield the environment that saved each undamaged artifact, and what to load."""
    for folder in sorted((home / "artifacts").glob("*/*/*-*")):
        kind, model = folder.name.rpartition("-")[0], folder.parent.name
        if kind not in FORMATS or model not in FAMILIES:
            continue
        path = str(folder / read_form(kind).target)
        yield (
            folder.parent.parent.name,
            {"path": path, "format": kind, "model": model, "family": FAMILIES[model]},
        )


def ask(environment: Environment, python: Path, jobs: list[Job], home: Home) -> Iterator[Said]:
    """Yield what the environment's Keras says of each file."""
    with tempfile.TemporaryDirectory() as scratch:
        todo, answers = Path(scratch, "jobs.json"), Path(scratch, "answers.jsonl")
        todo.write_text(json.dumps(jobs), encoding="utf-8")
        variables = process_variables(environment, home) | {"PYTHONDONTWRITEBYTECODE": "1"}
        script = Path(__file__).with_name("stated_by_keras.py")
        imports = environment.imports
        done = subprocess.run(
            [python, script, ROOT / "probes", imports, todo, answers],
            env={**variables, "HOME": scratch, "KERAS_HOME": scratch},
            check=False,
            capture_output=True,
        )
        if done.returncode:
            print(done.stderr.decode("utf-8", "replace").strip()[-300:])
        if answers.is_file():
            yield from map(json.loads, answers.read_text(encoding="utf-8").splitlines())


def contradictions(one: Inspection, said: Said, job: Job) -> Iterator[str]:
    """Yield each thing that the inspection states and Keras does not bear out."""
    if one.problem is not None or not one.sound:
        yield f"unreadable: {one.problem or one.findings}"
        return
    if "saver" in job and said["keras_version"] and one.origin.keras_version:
        yield from _differs("Keras", one.origin.keras_version, said["keras_version"])
    for name, mine, theirs in [*_architecture(one, said), *_state(one, said, job)]:
        yield from _differs(name, mine, theirs)


def _differs(name: str, mine: Any, theirs: Any) -> Iterator[str]:
    if mine is None:
        yield f"? {name}"
    elif mine != theirs:
        yield f"{name}: {mine} here, {theirs} in Keras"


def _architecture(one: Inspection, said: Said) -> Iterator[tuple[str, Any, Any]]:
    layers = [layer for layer in one.layers if layer.class_name != "InputLayer"]
    yield "parameters", one.weights.parameters if one.weights else None, said["parameters"]
    if one.weights and one.weights.trainable is not None:
        yield "trainable", one.weights.trainable, said["trainable"]
    if not one.layers_by_class:
        return
    mine = sorted(
        (layer.name or "", layer.class_name or "", layer.inside or "") for layer in layers
    )
    theirs = sorted((name, kind, inside or "") for name, kind, inside in said["layers"])
    yield "layers", mine, theirs
    yield "model name", one.model_name, said["name"]
    yield "model class", _class(one.model_class), _class(said["class"])
    for index, (tensor, other) in enumerate(zip(one.inputs, said["inputs"], strict=False)):
        yield f"input {index}", tensor.shape and list(tensor.shape), other["shape"]
        yield f"input {index} dtype", tensor.dtype, other["dtype"]
    yield "inputs", len(one.inputs), len(said["inputs"])
    yield "outputs", len(one.outputs), len(said["outputs"])
    for index, (tensor, other) in enumerate(zip(one.outputs, said["outputs"], strict=False)):
        yield f"output {index}", tensor.shape and list(tensor.shape), other["shape"]
    names = [tensor.name for tensor in one.inputs]
    revived = all(name.startswith("input_") for name in said["input_names"])
    if said["input_names"] and None not in names and not revived:
        yield "input names", sorted(map(str, names)), sorted(said["input_names"])
    outer = {layer.name: layer.dtype for layer in layers if not layer.inside and layer.dtype}
    stated = {name: policy for name, policy in said["policies"].items() if name in outer}
    yield "policies", {name: outer[name] for name in stated}, stated


def _state(one: Inspection, said: Said, job: Job) -> Iterator[tuple[str, Any, Any]]:
    if job["format"] in ("h5", "keras", "savedmodel"):
        yield "optimizer", bool(one.optimizer), bool(said["optimizer"])
        if one.optimizer and said["optimizer"]:
            yield from _optimizer(one, said["optimizer"])
        if isinstance(said["loss"], str):
            yield "loss", list(one.loss), [said["loss"]]
    if one.layers_by_class:
        own = OWN.get(job["model"], "")
        if own is not None:
            yield "custom", [custom.name for custom in one.custom], [own] if own else []
        yield "code", bool(one.code), job["model"] == "lambda_layer"


def _optimizer(one: Inspection, said: Said) -> Iterator[tuple[str, Any, Any]]:
    assert one.optimizer
    yield "optimizer class", one.optimizer.class_name, said["class"]
    rate = one.optimizer.settings.get("learning_rate", one.optimizer.settings.get("lr"))
    if isinstance(rate, float) and said["rate"] is not None:
        yield "learning rate", abs(rate - said["rate"]) < RATE_TOLERANCE, True
    if said["iterations"] is not None:
        yield "iterations", one.optimizer.iterations, int(said["iterations"])
    yield "slots", one.optimizer.slots, said["arrays"]


def _class(name: str | None) -> str | None:
    """Return one word for what was called Model, and is called Functional since Keras 2.4."""
    return "Model" if name == "Functional" else name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--environments", type=Path, metavar="HOME")
    parser.add_argument("--loader", action="append", default=[], metavar="ID=ID")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--sample", type=int, metavar="N", help="of each environment, by chance")
    arguments = parser.parse_args()
    built = (arguments.environments or arguments.home) / "environments"
    instead = dict(pair.split("=") for pair in arguments.loader)
    known = {one.id: one for one in read_matrix(ROOT / "matrix.yaml").environments}
    jobs: dict[str, list[Job]] = {}
    for saver, job in artifacts(arguments.home):
        if not arguments.only or saver in arguments.only:
            own = {"saver": saver} if saver not in instead else {}
            jobs.setdefault(saver, []).append({**job, **own})
    counted: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for saver, every in jobs.items():
            number = min(arguments.sample or len(every), len(every))
            todo = random.Random(saver).sample(every, number)
            loader = instead.get(saver, saver)
            python = built / loader / "bin" / "python"
            if not python.exists() or loader not in known:
                print(f"{saver}: {len(todo)} files left out, {loader} is not built")
                continue
            said = {
                one["path"]: one
                for one in ask(known[loader], python, todo, Home(root=Path(scratch)))
            }
            _compare(todo, said, counted)
            sys.stdout.flush()
    print("; ".join(f"{number} {what}" for what, number in counted.items() if what[0] == "?"))
    print(f"{counted['not loaded']} files that Keras did not load were not compared")
    print(f"{counted['files']} files, {counted['contradictions']} contradictions")
    return 1 if counted["contradictions"] or not counted["files"] else 0


def _compare(todo: list[Job], said: Mapping[str, Said], counted: Counter[str]) -> None:
    for job, one in zip(todo, inspect_all([Path(job["path"]) for job in todo]), strict=True):
        answer = said.get(job["path"], {"error": "no answer"})
        where = "/".join(Path(job["path"]).parts[-4:])
        if "error" in answer:
            counted["not loaded"] += 1
            print(f"{where} not loaded: {answer['error']}")
            continue
        counted["files"] += 1
        for text in contradictions(one, answer, job):
            if text.startswith("?"):
                counted[text] += 1
                continue
            counted["contradictions"] += 1
            print(f"{where}: {text}")


if __name__ == "__main__":
    sys.exit(main())
