"""Try the remedies in order, prove each by running it, and deliver the first that holds."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.converting.graph import GraphError
from runner.converting.launching import Workshop, told
from runner.converting.outcome import Attempt, Conversion, Proof, Remedy, Verdict
from runner.converting.readers import keras, reading
from runner.converting.rewriting import Change, Recipe, rewrite
from runner.converting.rules import keras_version, read_rules
from runner.converting.transforms import Refused
from runner.differences import within
from runner.forensics.facts import Inspection
from runner.matrix import Tolerances

SEED = "caniload convert"
BRIDGE = "tf-2.15"
"""The last version that reads what its predecessors wrote."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person asked for; ``custom`` are files with classes of their own."""

    path: Path
    target: str
    out: Path
    custom: tuple[Path, ...] = ()
    inputs: Path | None = None
    trusted: bool = False


@dataclass(kw_only=True)
class _Read:
    """The original as one environment read it."""

    environment: str
    facts: dict[str, Any]

    @property
    def arrays(self) -> str:
        return str(Path(self.facts["folder"]) / "arrays.npz")

    @property
    def arrays_in(self) -> str:
        """The inputs alone, for another environment to be fed the same."""
        return str(Path(self.facts["folder"]) / "inputs.npz")


@dataclass(kw_only=True)
class Ladder:
    """One model's way across."""

    wish: Wish
    inspection: Inspection
    workshop: Workshop
    attempts: list[Attempt] = field(default_factory=list)

    def climb(self) -> Conversion:
        """Return what came of it; delivers to ``wish.out`` where a remedy held."""
        if (refusal := self._refusal()) is not None:
            return refusal
        original = self._read()
        if isinstance(original, Conversion):
            return original
        for remedy, out, changes, placed in self._remedies(original):
            proof = self._prove(original, remedy, out)
            if proof is not None:
                return self._deliver(original, remedy, out, proof, changes, placed)
        return self._for_inference(original) or self._refused(_last_word(self.attempts))

    def _for_inference(self, original: _Read) -> Conversion | None:
        """Deliver what computes the outputs and is no model, where the target can call that."""
        if keras(self.workshop.matrix.environment(self.wish.target)).major < 3:  # noqa: PLR2004
            return None
        folder = Path(original.facts["folder"]) / "graph"
        job = {**self._job(), "given": original.arrays_in, "seed": SEED, "export": str(folder)}
        facts = self.workshop.run("extract", original.environment, job)
        way = (original.environment, self.wish.target)
        if facts["error"] is not None:
            problem = told(facts["error"], facts["phase"])
            self.attempts.append(
                Attempt(remedy=Remedy.INFERENCE, environments=way, problem=problem)
            )
            return None
        more = {"format": "graph", "endpoint": facts["endpoint"]}
        proof = self._prove(original, Remedy.INFERENCE, folder, more)
        if proof is None:
            return None
        out = self.wish.out.with_suffix("")
        if out.exists():
            return self._refused(f"{out} is there already, where the graph would be put")
        shutil.copytree(folder, out)
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.INFERENCE,
            out=out,
            remedy=Remedy.INFERENCE,
            reason=_last_word(self.attempts[:-1]),
            attempts=tuple(self.attempts),
            proof=proof,
            lost=(
                "the model: what is there is a graph without layers, which cannot be trained on;"
                f" call it with keras.layers.TFSMLayer({str(out)!r},"
                f" call_endpoint={facts['endpoint']!r})",
            ),
        )

    # Before anything runs

    def _refusal(self) -> Conversion | None:
        found = self.inspection
        if found.problem is not None:
            return self._refused(found.problem)
        if found.format in ("weights-h5", "checkpoint"):
            return self._refused(
                "the file holds weights only; a model to put them into is in no file of this kind"
            )
        if found.format not in ("h5", "keras", "savedmodel", "json", "yaml"):
            return self._refused(f"a file of the kind {found.format} is no model of Keras")
        if self.wish.trusted:
            return None
        if found.format == "savedmodel":
            why = "a SavedModel is a program that is run when it is loaded"
        elif found.code:
            where = ", ".join(str(one.where) for one in found.code[:3])
            why = f"it brings code of its own ({found.code[0].kind} in {where}), which loading runs"
        else:
            return None
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.REFUSED,
            needs_trust=True,
            reason=f"{why}: say --trust if you know where the file comes from",
        )

    def _refused(self, reason: str) -> Conversion:
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.REFUSED,
            reason=reason,
            attempts=tuple(self.attempts),
        )

    # The original

    def _job(self) -> dict[str, Any]:
        job: dict[str, Any] = {
            "model": str(self.wish.path.absolute()),
            "format": self.inspection.format,
            "custom": [str(path.absolute()) for path in self.wish.custom],
            "trusted": self.wish.trusted,
        }
        if self.inspection.format in ("json", "yaml"):
            job["weights"] = str(_weights_beside(self.wish.path, self.inspection))
        return job

    def _read(self) -> _Read | Conversion:
        """Return the original as the first environment that can read it does."""
        usable = {
            one.id: self.workshop.is_built(one.id)
            for one in self.workshop.matrix.environments
            if self.workshop.usable(one.id)
        }
        chosen = reading(
            self.inspection,
            self.workshop.matrix.environments,
            built=usable,
            rules=read_rules(),
            target=self.wish.target,
        )
        problems = []
        for environment in chosen.environments:
            job = {
                **self._job(),
                "given": str(self.wish.inputs.absolute()) if self.wish.inputs else None,
                "seed": SEED,
            }
            facts = self.workshop.run("extract", environment, job)
            if facts["error"] is None:
                return _Read(environment=environment, facts=facts)
            problems.append(f"{environment}: {told(facts['error'], facts['phase'])}")
        if not problems:
            because = "; ".join(one.why for one in chosen.because)
            return self._refused(
                f"no environment here can read it as it was meant{': ' if because else ''}{because}"
            )
        return self._refused(f"no version could read the original; {' | '.join(problems[:4])}")

    # The rungs

    def _remedies(
        self, original: _Read
    ) -> Iterator[tuple[Remedy, Path, tuple[Change, ...], Mapping[str, Any]]]:
        target = self.wish.target
        if self._could_load(target):
            rungs = [Remedy.AS_IT_IS, Remedy.UNCOMPILED]
            if self.wish.custom:
                rungs = [Remedy.CUSTOM, Remedy.UNCOMPILED]
            for remedy in rungs:
                job = {
                    **self._job(),
                    "compiled": remedy is not Remedy.UNCOMPILED,
                    "training": original.facts["training"],
                }
                if (out := self._built(remedy, (target,), job)) is not None:
                    yield remedy, out, (), self._last
        source = self._unrolled(original) if original.facts["lambdas"] else original
        if source is not None:
            yield from self._rebuilt(source, original, Remedy.REBUILT)
        hop = self._hopped(original)
        if hop is not None:
            yield from self._rebuilt(hop, original, Remedy.BRIDGED)

    def _could_load(self, target: str) -> bool:
        """Say whether the target has a function for this format at all."""
        modern = keras(self.workshop.matrix.environment(target)).major >= 3  # noqa: PLR2004
        return not (modern and self.inspection.format == "savedmodel")

    def _unrolled(self, original: _Read) -> _Read | None:
        """Return the original with its Lambda layers as the operations that they are made of.

        The reader calls their functions on tensors of a graph, which says what they do: a Lambda
        is loaded plainly by no target, and its bytecode is of one Python.
        """
        reader = original.environment
        recipe = self._recipe(original, Remedy.REBUILT, (reader,), wanted=reader)
        if recipe is None:
            return None
        job = {**self._weights(original, recipe), "training": None, "unroll": True}
        out = self._built(Remedy.REBUILT, (reader,), job, recipe, where=reader, name="flat.h5")
        if out is None:
            return None
        return self._reread(out, reader, original, Remedy.REBUILT)

    def _hopped(self, original: _Read) -> _Read | None:
        """Return the original as the last tf.keras reads what its reader saved anew."""
        reader = self.workshop.matrix.environment(original.environment)
        if original.environment == BRIDGE or keras(reader).major >= 3:  # noqa: PLR2004
            return None
        if not self.workshop.usable(BRIDGE) or original.facts["config"] is None:
            return None
        path = Path(original.facts["folder"]) / "hop.h5"
        job = {**self._job(), "given": original.arrays_in, "seed": SEED, "resave": str(path)}
        facts = self.workshop.run("extract", original.environment, job)
        if facts["error"] is not None:
            way = (original.environment, BRIDGE)
            problem = told(facts["error"], facts["phase"])
            self.attempts.append(
                Attempt(remedy=Remedy.BRIDGED, environments=way, problem=problem)
            )
            return None
        return self._reread(path, BRIDGE, original, Remedy.BRIDGED)

    def _reread(
        self, path: Path, environment: str, original: _Read, remedy: Remedy
    ) -> _Read | None:
        job = {
            **self._job(),
            "model": str(path),
            "format": "h5",
            "given": original.arrays_in,
            "seed": SEED,
        }
        facts = self.workshop.run("extract", environment, job)
        if facts["error"] is None:
            return _Read(environment=environment, facts=facts)
        way = (original.environment, environment)
        problem = told(facts["error"], facts["phase"])
        self.attempts.append(Attempt(remedy=remedy, environments=way, problem=problem))
        return None

    def _rebuilt(
        self, source: _Read, original: _Read, remedy: Remedy
    ) -> Iterator[tuple[Remedy, Path, tuple[Change, ...], Mapping[str, Any]]]:
        way = tuple(
            dict.fromkeys((original.environment, source.environment, self.wish.target))
        )
        if source.facts["config"] is None:
            problem = f"the original has no configuration: {source.facts['config_error']}"
            self.attempts.append(Attempt(remedy=remedy, environments=way, problem=problem))
            return
        recipe = self._recipe(source, remedy, way, wanted=self.wish.target)
        if recipe is None:
            return
        for training in (original.facts["training"], None):
            job = {**self._weights(source, recipe), "training": training}
            out = self._built(remedy, way, job, recipe)
            if out is None:
                return
            yield remedy, out, recipe.changes, self._last
            if training is None or not self._last.get("compiled"):
                return

    def _weights(self, source: _Read, recipe: Recipe) -> dict[str, Any]:
        return {
            "custom": [str(path.absolute()) for path in self.wish.custom],
            "arrays": source.arrays,
            "weights": source.facts["weights"],
            "scaled": list(recipe.scaled),
        }

    def _recipe(
        self, source: _Read, remedy: Remedy, way: tuple[str, ...], *, wanted: str
    ) -> Recipe | None:
        environments = self.workshop.matrix.environment
        written = keras_version(source.facts["versions"].get("keras"))
        try:
            return rewrite(
                source.facts["config"],
                written=written or keras(environments(source.environment)),
                wanted=keras(environments(wanted)),
                vocabularies=source.facts["vocabularies"],
            )
        except (Refused, GraphError) as error:
            self.attempts.append(Attempt(remedy=remedy, environments=way, problem=str(error)))
            return None

    _last: Mapping[str, Any] = field(default_factory=dict)

    def _built(
        self,
        remedy: Remedy,
        way: tuple[str, ...],
        job: Mapping[str, Any],
        recipe: Recipe | None = None,
        *,
        where: str | None = None,
        name: str | None = None,
    ) -> Path | None:
        """Have the target (or ``where``) make a file; return it, or note why there is none."""
        number = len(list(self.workshop.scratch.iterdir()))
        folder = self.workshop.scratch / f"out-{number}"
        folder.mkdir()
        out = folder / (name or self.wish.out.name)
        more: dict[str, Any] = {"out": str(out)}
        if recipe is not None:
            path = folder / "recipe.json"
            path.write_text(json.dumps(recipe.model), encoding="utf-8")
            more["recipe"] = str(path)
        facts = self.workshop.run("rebuild", where or self.wish.target, {**job, **more})
        self._last = facts
        if facts["error"] is not None:
            problem = told(facts["error"], facts["phase"])
            self.attempts.append(Attempt(remedy=remedy, environments=way, problem=problem))
            return None
        return out

    # The proof

    def _prove(
        self,
        original: _Read,
        remedy: Remedy,
        out: Path,
        more: Mapping[str, Any] | None = None,
    ) -> Proof | None:
        """Load the file in a fresh process of the target; note why it is no proof if it is not."""
        facts = original.facts
        job = {
            "model": str(out),
            "format": _FORMATS.get(out.suffix, "keras"),
            "custom": [str(path.absolute()) for path in self.wish.custom],
            "arrays": original.arrays,
            "outputs": facts["outputs"],
            "inputs_count": len(facts["inputs"]),
            "inputs_by_name": facts["by_name"],
            **(more or {}),
        }
        way = tuple(dict.fromkeys((original.environment, self.wish.target)))
        seen = self.workshop.run("prove", self.wish.target, job)
        if seen["error"] is not None:
            problem = f"the result, loaded: {told(seen['error'], seen['phase'])}"
            self.attempts.append(Attempt(remedy=remedy, environments=way, problem=problem))
            return None
        tolerances = tolerances_for(facts["config"], self.workshop.matrix.tolerances)
        compared = seen["compared"]
        gaps = [_number(one["max_abs"]) for one in compared]
        worst = max(gaps, default=0.0)
        same = (
            seen["count"][0] == seen["count"][1]
            and seen["structure"] == facts["structure"]
            and all(
                one["expected"]["shape"] == one["got"]["shape"] and within(one, tolerances)
                for one in compared
            )
        )
        self._proven = seen
        if not same:
            problem = _difference(seen, facts, worst)
            self.attempts.append(
                Attempt(remedy=remedy, environments=way, problem=problem, difference=worst)
            )
            return None
        self.attempts.append(Attempt(remedy=remedy, environments=way, difference=worst))
        scale = max((_number(one["scale"] or 0.0) for one in compared), default=0.0)
        return Proof(
            reader=original.environment,
            target=self.wish.target,
            outputs=len(compared),
            max_abs=worst,
            scale=scale,
            bound=tolerances.absolute + tolerances.relative * scale,
            inputs=tuple(facts["inputs"]),
            weak=_weakness(facts),
        )

    _proven: Mapping[str, Any] = field(default_factory=dict)

    def _deliver(
        self,
        original: _Read,
        remedy: Remedy,
        out: Path,
        proof: Proof,
        changes: Sequence[Change],
        placed: Mapping[str, Any],
    ) -> Conversion:
        self.wish.out.parent.mkdir(parents=True, exist_ok=True)
        part = self.wish.out.with_name(f".{self.wish.out.name}.part")
        shutil.copyfile(out, part)
        os.replace(part, self.wish.out)
        lost, kept = _losses(original.facts, self._proven, placed)
        lost += [f"{one.where}: {one.loses}" for one in changes if one.loses]
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.DELIVERED,
            out=self.wish.out,
            remedy=remedy,
            attempts=tuple(self.attempts),
            proof=proof,
            changes=tuple(changes),
            lost=tuple(dict.fromkeys(lost)),
            kept=tuple(kept),
        )


_HALF = {"bfloat16": 2.0**-7, "float16": 2.0**-10}
"""Distance from 1 to the next number."""
_ROUNDINGS = 4
"""So many roundings of numbers of half the size may come out otherwise."""


def tolerances_for(config: Any, usual: Tolerances) -> Tolerances:
    """Return the bounds for a model: wider where its layers compute with half the digits."""
    text = json.dumps(config)
    for dtype, step in _HALF.items():
        if f'{dtype}"' in text:
            wider = max(usual.relative, _ROUNDINGS * step)
            return usual.model_copy(update={"relative": wider})
    return usual


_FORMATS = {".keras": "keras", ".h5": "h5", ".hdf5": "h5"}


def _weights_beside(path: Path, inspection: Inspection) -> Path:
    named = [path.parent / name for name in inspection.files if name != path.name]
    beside = [one for one in named if one.suffix in (".h5", ".hdf5")]
    stem = path.name.split(".")[0]
    return beside[0] if beside else path.with_name(f"{stem}.weights.h5")


def _number(value: Any) -> float:
    return float("inf") if value is None else float(value)


def _difference(seen: Mapping[str, Any], facts: Mapping[str, Any], worst: float) -> str:
    if seen["count"][0] != seen["count"][1] or seen["structure"] != facts["structure"]:
        return (
            f"the result gives {seen['count'][1]} outputs as {seen['structure']}, the original"
            f" {seen['count'][0]} as {facts['structure']}"
        )
    return f"the result loads and is another model: its outputs differ by {worst:.3g}"


def _weakness(facts: Mapping[str, Any]) -> str | None:
    if facts["alike"] and all(facts["alike"]):
        return "the original gives the same for every row of these inputs; try --inputs"
    if any(_number(share) > 0 for share in facts["nan"]):
        return "the original gives NaN for some of these inputs; try --inputs"
    return None


def _losses(
    facts: Mapping[str, Any], seen: Mapping[str, Any], placed: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """Return what was lost of the training, and what was kept."""
    lost: list[str] = []
    kept: list[str] = []
    training = facts.get("training")
    if facts.get("first_error"):
        lost.append(f"how it was compiled, which its reader could not load: {facts['first_error']}")
    if training:
        was, now = training["optimizer"], seen.get("optimizer")
        if now is None:
            why = placed.get("compile_error")
            lost.append(f"how it was compiled ({was['class']}){': ' if why else ''}{why or ''}")
        else:
            kept.append(f"optimizer {now['class']}, loss and metrics")
            rates = [one["settings"].get("learning_rate") for one in (was, now)]
            if rates[0] != rates[1]:
                lost.append(f"the learning rate: {rates[0]} is {rates[1]}")
            if was["slots"] and not now["slots"]:
                lost.append(
                    f"the optimizer's state: {len(was['slots'])} arrays, step {was['iterations']}"
                )
    dropped = (placed.get("placed") or {}).get("dropped")
    if dropped:
        lost.append(f"weights without a place: {', '.join(dropped)}")
    return lost, kept


def _last_word(attempts: Sequence[Attempt]) -> str:
    """Return the reason that says most: the last remedy's that was tried."""
    said = [one.problem for one in attempts if one.problem]
    return said[-1] if said else "no remedy is known"
