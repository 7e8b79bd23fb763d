"""Try the remedies in order, prove each by running it, and deliver the first that holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.converting.graph import GraphError
from runner.converting.launching import Workshop, told
from runner.converting.original import (
    SEED,
    Original,
    Refusal,
    Wish,
    job_for,
    read_original,
    refusal,
)
from runner.converting.outcome import Attempt, Conversion, Proof, Remedy, Verdict
from runner.converting.proving import Judged, losses, prove
from runner.converting.readers import is_keras_3, keras
from runner.converting.rewriting import Change, Recipe, rewrite
from runner.converting.rules import keras_version
from runner.converting.transforms import Refused
from runner.forensics.facts import Inspection

BRIDGE = "tf-2.15"
"""The last version that reads what its predecessors wrote."""


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A file that a remedy made, not yet proven; ``facts`` are those of rebuild.py."""

    remedy: Remedy
    way: tuple[str, ...]
    out: Path
    facts: Mapping[str, Any]
    changes: tuple[Change, ...] = ()


@dataclass(kw_only=True)
class Ladder:
    """One model's way across."""

    wish: Wish
    inspection: Inspection
    workshop: Workshop
    attempts: list[Attempt] = field(default_factory=list)

    def climb(self) -> Conversion:
        """Return what came of it; delivers to ``wish.out`` where a remedy held."""
        refused = refusal(self.inspection, trusted=self.wish.trusted)
        if refused is not None:
            return self._refused(refused)
        original = read_original(self.wish, self.inspection, self.workshop)
        if isinstance(original, Refusal):
            return self._refused(original)
        for made in self._remedies(original):
            judged = self._proven(original, made.remedy, made.way, made.out)
            if judged.proof is not None:
                return self._deliver(original, made, judged, judged.proof)
        problem = next((one.problem for one in reversed(self.attempts) if one.problem), None)
        last = Refusal(reason=problem or "no remedy is known")
        return self._for_inference(original, last.reason) or self._refused(last)

    def _refused(self, why: Refusal) -> Conversion:
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.REFUSED,
            reason=why.reason,
            needs_trust=why.trust,
            attempts=tuple(self.attempts),
        )

    def _remedies(self, original: Original) -> Iterator[_Made]:
        yield from self._loaded(original)
        source = self._unrolled(original) if original.facts["lambdas"] else original
        if source is not None:
            yield from self._rebuilt(source, original, Remedy.REBUILT)
        hop = self._hopped(original)
        if hop is not None:
            yield from self._rebuilt(hop, original, Remedy.BRIDGED)

    def _loaded(self, original: Original) -> Iterator[_Made]:
        """Have the target load the original as it is, in the ways that a person would try."""
        if self.inspection.format == "savedmodel" and self._is_keras_3(self.wish.target):
            return  # it has no function for these
        first = Remedy.CUSTOM if self.wish.custom else Remedy.AS_IT_IS
        way = tuple(dict.fromkeys((original.environment, self.wish.target)))
        for remedy in (first, Remedy.UNCOMPILED):
            job = {
                **job_for(self.wish, self.inspection),
                "compiled": remedy is not Remedy.UNCOMPILED,
                "training": original.facts["training"],
            }
            made = self._build(remedy, way, job)
            if made is not None:
                yield made

    def _rebuilt(self, source: Original, original: Original, remedy: Remedy) -> Iterator[_Made]:
        """Rewrite the configuration and have the target build the model anew, with its weights."""
        target = self.wish.target
        way = tuple(dict.fromkeys((original.environment, source.environment, target)))
        recipe = self._recipe(source, remedy, way, wanted=target)
        if recipe is None:
            return
        for training in (original.facts["training"], None):
            job = {**self._weights(source, recipe), "training": training}
            made = self._build(remedy, way, job, recipe)
            if made is None:
                return
            yield made
            if not made.facts.get("compiled"):
                return

    def _unrolled(self, original: Original) -> Original | None:
        """Return the original with its Lambda layers as the operations that they are made of.

        The reader calls their functions on tensors of a graph, which says what they do: a Lambda
        is loaded plainly by no target, and its bytecode is of one Python.
        """
        reader = original.environment
        if self._is_keras_3(reader):
            return original
        recipe = self._recipe(original, Remedy.REBUILT, (reader,), wanted=reader)
        if recipe is None:
            return None
        job = {**self._weights(original, recipe), "training": None, "unroll": True}
        made = self._build(Remedy.REBUILT, (reader,), job, recipe, flat=True)
        if made is None:
            return None
        return self._reread(made.out, reader, original, Remedy.REBUILT)

    def _hopped(self, original: Original) -> Original | None:
        """Return the original as the last tf.keras reads what its reader saved anew."""
        reader = original.environment
        if reader == BRIDGE or self._is_keras_3(reader) or not self.workshop.usable(BRIDGE):
            return None
        path = original.folder / "hop.h5"
        if self._again(original, {"resave": str(path)}, Remedy.BRIDGED, BRIDGE) is None:
            return None
        return self._reread(path, BRIDGE, original, Remedy.BRIDGED)

    def _for_inference(self, original: Original, reason: str) -> Conversion | None:
        """Deliver what computes the outputs and is no model, where the target can call that."""
        target = self.wish.target
        if not self._is_keras_3(target) or self._is_keras_3(original.environment):
            return None
        graph = original.folder / "graph"
        facts = self._again(original, {"export": str(graph)}, Remedy.INFERENCE, target)
        if facts is None:
            return None
        more = {"format": "graph", "endpoint": facts["endpoint"]}
        way = (original.environment, target)
        judged = self._proven(original, Remedy.INFERENCE, way, graph, more)
        if judged.proof is None:
            return None
        out = self.wish.out.with_suffix("")
        if out.exists():
            return self._refused(Refusal(reason=f"{out} is there already; the graph has no place"))
        shutil.copytree(graph, out)
        call = f"keras.layers.TFSMLayer({str(out)!r}, call_endpoint={facts['endpoint']!r})"
        return Conversion(
            path=str(self.wish.path),
            target=target,
            verdict=Verdict.INFERENCE,
            out=str(out),
            remedy=Remedy.INFERENCE,
            reason=reason,
            attempts=tuple(self.attempts),
            proof=judged.proof,
            lost=(f"the layers: it is a graph, which cannot be trained on; call it with {call}",),
        )

    def _deliver(self, original: Original, made: _Made, judged: Judged, proof: Proof) -> Conversion:
        self.wish.out.parent.mkdir(parents=True, exist_ok=True)
        part = self.wish.out.with_name(f".{self.wish.out.name}.part")
        shutil.copyfile(made.out, part)
        part.replace(self.wish.out)
        lost, kept = losses(original.facts, judged.seen, made.facts)
        lost += [f"{one.where}: {one.loses}" for one in made.changes if one.loses]
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.DELIVERED,
            out=str(self.wish.out),
            remedy=made.remedy,
            attempts=tuple(self.attempts),
            proof=proof,
            changes=made.changes,
            lost=tuple(dict.fromkeys(lost)),
            kept=tuple(kept),
        )

    # What the rungs are made of

    def _is_keras_3(self, environment: str) -> bool:
        return is_keras_3(self.workshop.matrix.environment(environment))

    def _failed(self, remedy: Remedy, way: tuple[str, ...], problem: str) -> None:
        self.attempts.append(Attempt(remedy=remedy, environments=way, problem=problem))

    def _again(
        self, original: Original, more: Mapping[str, Any], remedy: Remedy, towards: str
    ) -> Mapping[str, Any] | None:
        """Have the reader read the original once more, and write something beside."""
        job = {**job_for(self.wish, self.inspection), "given": original.inputs, "seed": SEED}
        facts = self.workshop.run("extract", original.environment, {**job, **more})
        if facts["error"] is None:
            return facts
        way = (original.environment, towards)
        self._failed(remedy, way, told(facts["error"], facts["phase"]))
        return None

    def _reread(
        self, path: Path, environment: str, original: Original, remedy: Remedy
    ) -> Original | None:
        job = job_for(self.wish, self.inspection)
        job.update(model=str(path), format="h5", given=original.inputs, seed=SEED)
        facts = self.workshop.run("extract", environment, job)
        if facts["error"] is None:
            return Original(environment=environment, facts=facts)
        way = (original.environment, environment)
        self._failed(remedy, way, told(facts["error"], facts["phase"]))
        return None

    def _weights(self, source: Original, recipe: Recipe) -> dict[str, Any]:
        return {
            "custom": self.wish.custom_paths,
            "arrays": source.arrays,
            "weights": source.facts["weights"],
            "scaled": list(recipe.scaled),
        }

    def _recipe(
        self, source: Original, remedy: Remedy, way: tuple[str, ...], *, wanted: str
    ) -> Recipe | None:
        environments = self.workshop.matrix.environment
        if source.facts["config"] is None:
            why = source.facts["config_error"]
            self._failed(remedy, way, f"the original has no configuration: {why}")
            return None
        written = keras_version(source.facts["versions"].get("keras"))
        try:
            return rewrite(
                source.facts["config"],
                written=written or keras(environments(source.environment)),
                wanted=keras(environments(wanted)),
                vocabularies=source.facts["vocabularies"],
            )
        except (Refused, GraphError) as error:
            self._failed(remedy, way, str(error))
            return None

    def _build(
        self,
        remedy: Remedy,
        way: tuple[str, ...],
        job: Mapping[str, Any],
        recipe: Recipe | None = None,
        *,
        flat: bool = False,
    ) -> _Made | None:
        """Have the last environment of ``way`` make a file; return it, or note why there is none.

        ``flat``: an HDF5 file to be read again, and no result.
        """
        folder = self.workshop.folder("out")
        out = folder / ("flat.h5" if flat else self.wish.out.name)
        more: dict[str, Any] = {"out": str(out)}
        if recipe is not None:
            path = folder / "recipe.json"
            path.write_text(json.dumps(recipe.model), encoding="utf-8")
            more["recipe"] = str(path)
        facts = self.workshop.run("rebuild", way[-1], {**job, **more})
        if facts["error"] is not None:
            self._failed(remedy, way, told(facts["error"], facts["phase"]))
            return None
        changes = recipe.changes if recipe else ()
        return _Made(remedy=remedy, way=way, out=out, facts=facts, changes=changes)

    def _proven(
        self,
        original: Original,
        remedy: Remedy,
        way: tuple[str, ...],
        out: Path,
        more: Mapping[str, Any] | None = None,
    ) -> Judged:
        judged = prove(self.wish, self.workshop, original, out, more)
        self.attempts.append(
            Attempt(
                remedy=remedy,
                environments=way,
                problem=judged.problem,
                difference=judged.difference,
            )
        )
        return judged
