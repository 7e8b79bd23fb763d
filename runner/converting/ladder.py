"""Try the remedies in order, prove each by running it, and deliver the first that holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from caniload.runner.checking.subjects import FILLING
from caniload.runner.converting.constructors import fitting
from caniload.runner.converting.endpoints import chosen, why
from caniload.runner.converting.graph import GraphError
from caniload.runner.converting.launching import Workshop, told
from caniload.runner.converting.original import (
    SEED,
    Original,
    Refusal,
    Wish,
    job_for,
    read_original,
    refusal,
)
from caniload.runner.converting.outcome import (
    Attempt,
    Conversion,
    Endpoint,
    Proof,
    Remedy,
    Verdict,
)
from caniload.runner.converting.proving import Judged, losses, nothing_to_compare, prove
from caniload.runner.converting.readers import keras
from caniload.runner.converting.rewriting import LISTED, Recipe, rewrite
from caniload.runner.converting.rules import keras_version
from caniload.runner.converting.serving import Serving
from caniload.runner.converting.transforms import Refused
from caniload.runner.converting.trying import Made, Try, taken_apart
from caniload.runner.forensics.describe import tensors
from caniload.runner.forensics.facts import Holds, Inspection
from caniload.runner.matrix.joining import is_keras_3


@dataclass(kw_only=True)
class Ladder:
    """One model's way across."""

    wish: Wish
    inspection: Inspection
    workshop: Workshop
    attempts: list[Attempt] = field(default_factory=list)

    def climb(self) -> Conversion:
        """Return what came of it; delivers to ``wish.out`` where a remedy held."""
        if (refused := refusal(self.inspection, self.wish)) is not None:
            return self._refused(refused)
        if self.inspection.holds is Holds.GRAPH:
            return self._called(why(self.inspection))
        original = read_original(self.wish, self.inspection, self.workshop)
        if isinstance(original, Refusal):
            return self._called(original.reason)
        if (nothing := nothing_to_compare(original.facts)) is not None:
            return self._refused(Refusal(reason=nothing))
        for made in self._remedies(original):
            listed = any(change.rule == LISTED for change in made.changes)
            more = {"structure": "list"} if listed else None
            judged = self._proven(original, made.remedy, made.way, made.out, more)
            if judged.problem and made.recipe is not None and made.recipe.doubts:
                told = "; ".join((judged.problem, *made.recipe.doubts))
                self.attempts[-1] = replace(self.attempts[-1], problem=told)
            if judged.proof is not None:
                return self._deliver(original, made, judged, judged.proof)
        last = Refusal(reason=self._why() or "no remedy is known")
        return self._for_inference(original, last.reason) or self._called(last.reason)

    def _called(self, reason: str) -> Conversion:
        """Deliver the graph of a SavedModel, to be called as it is; else say why not."""
        if self.inspection.format != "savedmodel" or not self.inspection.signatures:
            graph = self.inspection.holds is Holds.GRAPH
            found = chosen(self.inspection) if graph else None
            return self._refused(Refusal(reason=f"{reason}; {found}" if found else reason))
        serving = Serving(
            wish=self.wish,
            inspection=self.inspection,
            workshop=self.workshop,
            attempts=self.attempts,
        )
        brought = serving.bring(reason)
        return self._refused(brought) if isinstance(brought, Refusal) else brought

    def _why(self) -> str | None:
        """Return what stopped the remedy that goes furthest: detours fail at what is beside it."""
        problems = [one for one in reversed(self.attempts) if one.problem]
        rebuilt = [one for one in problems if one.remedy is Remedy.REBUILT]
        return next((one.problem for one in (*rebuilt, *problems)), None)

    def _refused(self, why: Refusal) -> Conversion:
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.REFUSED,
            reason=why.reason,
            needs_trust=why.trust,
            attempts=tuple(self.attempts),
        )

    def _remedies(self, original: Original) -> Iterator[Made]:
        loading = list(self._loading(original))
        if original.facts["lambdas"]:
            yield from self._tried(loading, original)
            loading = []
        source = self._unrolled(original) if self._holds_lambdas(original) else original
        if source is not None:
            yield from self._rebuilt(source, original, Remedy.REBUILT, loading)
        if (hop := self._hopped(original)) is not None:
            yield from self._rebuilt(hop, original, Remedy.BRIDGED)

    def _loading(self, original: Original) -> Iterator[Try]:
        """Have the target load the original as it is, in the ways that a person would try."""
        if self.inspection.format == "savedmodel" and self._is_keras_3(self.wish.target):
            return  # it has no function for these
        if self.wish.build is not None and self.inspection.format in FILLING:
            yield from self._filling(original)
            return
        first = Remedy.CUSTOM if self.wish.custom else Remedy.AS_IT_IS
        way = tuple(dict.fromkeys((original.environment, self.wish.target)))
        for remedy in (first, Remedy.UNCOMPILED):
            job = {
                **job_for(self.wish, self.inspection),
                "compiled": remedy is not Remedy.UNCOMPILED,
                "training": original.facts["training"],
            }
            yield Try(remedy=remedy, way=way, job=job)

    def _filling(self, original: Original) -> Iterator[Try]:
        """Have the target run the person's function: to load the file, or to take what was read."""
        way = tuple(dict.fromkeys((original.environment, self.wish.target)))
        job = {**job_for(self.wish, self.inspection), "training": None}
        yield Try(remedy=Remedy.CODE, way=way, job=job)
        if original.environment != self.wish.target:
            read = {"arrays": original.arrays, "weights": original.facts["weights"]}
            yield Try(remedy=Remedy.CODE, way=way, job={**job, **read})

    def _rebuilt(
        self, source: Original, original: Original, remedy: Remedy, before: Sequence[Try] = ()
    ) -> Iterator[Made]:
        """Rewrite the configuration and have the target build the model anew, with its weights.

        What is to be tried ``before`` shares its process, for importing costs more than trying.
        """
        target = self.wish.target
        way = tuple(dict.fromkeys((original.environment, source.environment, target)))
        recipe = self._recipe(source, wanted=target)
        if isinstance(recipe, str):
            yield from self._tried(before, original)
            self._failed(remedy, way, recipe)
            return
        job = {**self._weights(source, recipe), "training": original.facts["training"]}
        last = Try(remedy=remedy, way=way, job=job, recipe=recipe)
        yield from self._tried([*before, last], original)

    def _tried(self, tries: Sequence[Try], original: Original) -> Iterator[Made]:
        """Yield what the tries make; who asks for more says that the last one did not hold."""
        left = list(tries)
        while left:
            made, left = self._build(left, original)
            if made is None:
                continue
            yield made
            if made.recipe is not None and made.facts["compiled"] and made.job["training"]:
                # It may be how it was compiled that cannot be loaded again.
                again = {**made.job, "training": None}
                left.append(Try(remedy=made.remedy, way=made.way, job=again, recipe=made.recipe))

    def _holds_lambdas(self, original: Original) -> bool:
        """Say whether there are functions to be taken apart: Keras 3 may hand them on by name."""
        if not original.facts["lambdas"] or not self._is_keras_3(original.environment):
            return bool(original.facts["lambdas"])
        return isinstance(self._recipe(original, wanted=self.wish.target), str)

    def _unrolled(self, original: Original) -> Original | None:
        """Return the original with its Lambda layers as the operations that they are made of.

        The reader calls their functions on tensors of a graph, which says what they do: a Lambda
        is loaded plainly by no target, and its bytecode is of one Python. Keras 3 follows its own
        operations only: where others are called the Lambda stays, and its rule says more.
        """
        reader = original.environment
        new = self._is_keras_3(reader)
        recipe = self._recipe(original, wanted=reader, unrolling=True)
        if isinstance(recipe, str):
            self._failed(Remedy.REBUILT, (reader,), recipe)
            return original if new else None
        job = {**self._weights(original, recipe), "training": None, "unroll": True}
        unrolling = Try(
            remedy=Remedy.REBUILT,
            way=(reader,),
            job={**job, "trusted": self.wish.trusted},
            recipe=recipe,
            flat="flat.keras" if new else "flat.h5",
        )
        made, _ = self._build([unrolling], original)
        if made is None:
            return original if new else None
        read = self._reread(made.out, reader, original, Remedy.REBUILT)
        return read and replace(read, changes=taken_apart(recipe))

    def _hopped(self, original: Original) -> Original | None:
        """Return the original as the bridge reads what its reader saved anew."""
        reader, bridge = original.environment, self.workshop.matrix.conversion.bridge
        if bridge in (None, reader) or self._is_keras_3(reader) or not self.workshop.usable(bridge):
            return None
        path = self._saved_anew(original)
        if self._again(original, {"resave": str(path)}, Remedy.BRIDGED, bridge) is None:
            return None
        return self._reread(path, bridge, original, Remedy.BRIDGED)

    @staticmethod
    def _saved_anew(original: Original) -> Path:
        return original.folder / "hop.h5"

    def _for_inference(self, original: Original, reason: str) -> Conversion | None:
        """Deliver what computes the outputs and is no model, where the target can call that."""
        target, bridge = self.wish.target, self.workshop.matrix.conversion.bridge
        if not self._is_keras_3(target) or self._is_keras_3(original.environment):
            return None
        graph = original.folder / "graph"
        exported = {"export": str(graph)}
        way: tuple[str, ...] = (original.environment, target)
        facts = self._again(original, exported, Remedy.INFERENCE, target)
        if facts is None and bridge and (saved := self._saved_anew(original)).exists():
            way = (original.environment, bridge, target)
            graph = original.folder / "graph-by-bridge"  # the first may lie there in part
            exported = {"export": str(graph)}
            facts = self._reading(saved, bridge, original, Remedy.INFERENCE, exported)
        if facts is None:
            return None
        more = {"format": "graph", "endpoint": facts["endpoint"]}
        judged = self._proven(original, Remedy.INFERENCE, way, graph, more)
        if judged.proof is None:
            return None
        out = self.wish.out.with_suffix("")
        if out.exists():
            told = f"{reason}; a graph for inference has no place: {out} is there already"
            return self._refused(Refusal(reason=told))
        shutil.copytree(self.workshop.made(graph), out)
        endpoint = Endpoint(
            name=facts["endpoint"],
            takes=tensors(self.inspection.inputs),
            gives=tensors(self.inspection.outputs),
            call=f"keras.layers.TFSMLayer({str(out)!r}, call_endpoint={facts['endpoint']!r})",
        )
        return Conversion(
            path=str(self.wish.path),
            target=target,
            verdict=Verdict.INFERENCE,
            out=str(out),
            remedy=Remedy.INFERENCE,
            reason=reason,
            attempts=tuple(self.attempts),
            proof=judged.proof,
            endpoint=endpoint,
            lost=("the layers: it is a graph, which cannot be trained on",),
        )

    def _deliver(self, original: Original, made: Made, judged: Judged, proof: Proof) -> Conversion:
        self.wish.out.parent.mkdir(parents=True, exist_ok=True)
        part = self.wish.out.with_name(f".{self.wish.out.name}.part")
        shutil.copyfile(self.workshop.made(made.out), part)
        part.replace(self.wish.out)
        rebuilt = made.recipe is not None
        lost, kept = losses(original.facts, judged.seen, made.facts, rebuilt=rebuilt)
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
        facts = self._reading(path, environment, original, remedy)
        return None if facts is None else Original(environment=environment, facts=facts)

    def _reading(
        self,
        path: Path,
        environment: str,
        original: Original,
        remedy: Remedy,
        more: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any] | None:
        """Have an environment read a file that another made, and write something beside."""
        job = {**job_for(self.wish, self.inspection), **(more or {})}
        job.update(model=str(path), format=path.suffix[1:], given=original.inputs, seed=SEED)
        facts = self.workshop.run("extract", environment, job)
        if facts["error"] is None:
            return facts
        problem = told(facts["error"], facts["phase"])
        self._failed(remedy, (original.environment, environment), problem)
        return None

    def _weights(self, source: Original, recipe: Recipe) -> dict[str, Any]:
        return {
            "custom": self.wish.custom_paths,
            "code": self.wish.code,
            "arrays": source.arrays,
            "weights": source.facts["weights"],
            "scaled": list(recipe.scaled),
        }

    def _recipe(self, source: Original, *, wanted: str, unrolling: bool = False) -> Recipe | str:
        """Return how the model is built there, or in a sentence why that is not known."""
        environments = self.workshop.matrix.environment
        if source.facts["config"] is None:
            return f"the original has no configuration: {source.facts['config_error']}"
        written = keras_version(source.facts["versions"].get("keras"))
        try:
            recipe = rewrite(
                source.facts["config"],
                written=written or keras(environments(source.environment)),
                wanted=keras(environments(wanted)),
                vocabularies=source.facts["vocabularies"],
                fitting=fitting(self.workshop, source.environment, wanted),
                unrolling=unrolling,
                listed=source.facts["structure"] == "list",
            )
            return replace(recipe, changes=(*source.changes, *recipe.changes))
        except (Refused, GraphError) as error:
            return str(error)

    def _build(self, tries: Sequence[Try], original: Original) -> tuple[Made | None, list[Try]]:
        """Have one process do the tries, up to the first that makes a file.

        Return that, with what is left to be tried; why the others made none is noted.
        """
        jobs = []
        for one in tries:
            folder = self.workshop.folder("out")
            job = {**one.job, "out": str(folder / (one.flat or self.wish.out.name))}
            if one.recipe is not None:
                path = folder / "recipe.json"
                path.write_text(json.dumps(one.recipe.model), encoding="utf-8")
                job["recipe"] = str(path)
            jobs.append(job)
        done = self.workshop.rebuild(tries[0].way[-1], jobs, original.facts["cpu"])
        for number, (one, job, seen) in enumerate(zip(tries, jobs, done, strict=False)):
            if seen["error"] is None:
                made = Made(**vars(one), out=Path(job["out"]), facts=seen)
                return made, list(tries[number + 1 :])
            if seen["phase"] != "left out":
                self._failed(one.remedy, one.way, told(seen["error"], seen["phase"]))
        return None, list(tries[len(done) :])  # some are left if the process itself died

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
