"""A SavedModel that no Keras reads as a model: its graph is called by an endpoint, for inference.

What the file says decides which endpoint that is and what it takes; then the original is called by
the version nearest to the one that saved it, and the result by the target, on the same inputs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caniload.runner.converting import endpoints
from caniload.runner.converting.endpoints import USUAL
from caniload.runner.converting.launching import Workshop, told
from caniload.runner.converting.original import SEED, Original, Refusal, Wish
from caniload.runner.converting.outcome import Attempt, Conversion, Endpoint, Remedy, Verdict
from caniload.runner.converting.power import sight
from caniload.runner.converting.proving import Judged, nothing_to_compare, prove
from caniload.runner.forensics.describe import tensors
from caniload.runner.forensics.facts import Inspection, Signature

PARTS = ("saved_model.pb", "keras_metadata.pb", "fingerprint.pb", "variables", "assets")
"""What a SavedModel is made of: not all that lies in its folder is its own."""
COPIED = "its files are the original's, byte for byte"


@dataclass(frozen=True, kw_only=True)
class _Way:
    """One way to call what is delivered; ``more`` is what prove.py is told of it."""

    folder: Path
    endpoint: str
    call: str
    more: Mapping[str, Any]
    copied: bool


@dataclass(kw_only=True)
class Serving:
    """One SavedModel's way across, for inference only; ``attempts`` grows with what is tried."""

    wish: Wish
    inspection: Inspection
    workshop: Workshop
    attempts: list[Attempt]
    _begun: int = 0

    def bring(self, reason: str) -> Conversion | Refusal:
        """Deliver the graph, or say why it cannot be called there; ``reason``: why no model."""
        chosen = endpoints.chosen(self.inspection, self.wish.endpoint)
        if isinstance(chosen, str):
            return Refusal(reason=f"{reason}; {chosen}")
        if (problem := self._impossible()) is not None:
            return Refusal(reason=f"{reason}; {problem}")
        original = self._original(chosen)
        if isinstance(original, Refusal):
            return Refusal(reason=f"{reason}; {original.reason}")
        self._begun = len(self.attempts)
        for way in self._ways(chosen, original):
            judged = self._proven(way, original)
            if judged.proof is not None:
                return self._deliver(way, chosen, original, judged, reason)
        problems = [one.problem for one in self.attempts[self._begun :]]
        return Refusal(reason=f"{reason}; its graph cannot be called there: {problems[0]}")

    def _impossible(self) -> str | None:
        """Return why the target cannot be given the graph, whatever it does."""
        target = self.workshop.matrix.environment(self.wish.target)
        if not endpoints.can_call(target):
            return f"{target.id} does not compute with TensorFlow, whose graph this is"
        out = self.wish.out.with_suffix("")
        return f"it has no place: {out} is there already" if out.exists() else None

    @property
    def _folder(self) -> Path:
        path = self.wish.path.absolute()
        folder = path if path.is_dir() else path.parent
        within = self.inspection.packaging.within if self.inspection.packaging else ""
        return folder / within

    def _stated(self, chosen: Signature) -> list[list[Any]]:
        return [[one.name, one.shape, one.dtype] for one in chosen.inputs]

    def _called(self, chosen: Signature) -> dict[str, Any]:
        return {"tags": list(self.inspection.tags), "stated": self._stated(chosen)}

    def _original(self, chosen: Signature) -> Original | Refusal:
        """Have the original called by the first environment that can."""
        workshop = self.workshop
        built = {
            one.id: workshop.is_built(one.id)
            for one in workshop.matrix.environments
            if workshop.usable(one.id)
        }
        problems = []
        for environment in endpoints.callers(
            self.inspection, workshop.matrix.environments, built=built, target=self.wish.target
        ):
            job = {
                **self._called(chosen),
                "model": str(self._folder),
                "endpoint": chosen.name,
                "given": str(self.wish.inputs.absolute()) if self.wish.inputs else None,
                "seed": SEED,
                "sight": sight(workshop.matrix.tolerances, half=True),
            }
            facts = workshop.run("endpoint", environment, job)
            if facts["error"] is None:
                nothing = nothing_to_compare(facts)
                if nothing is not None:
                    return Refusal(reason=nothing)
                return Original(environment=environment, facts=facts)
            if facts["phase"] == "inputs":
                return Refusal(reason=f"--inputs {self.wish.inputs}: {facts['error']['message']}")
            problems.append(f"{environment}: {told(facts['error'], facts['phase'])}")
        calling = f"its endpoint {chosen.name} could be called by no version that is to be had"
        return Refusal(reason=f"{calling}; {' | '.join(problems) or 'see `caniload env list`'}")

    def _ways(self, chosen: Signature, original: Original) -> Iterator[_Way]:
        """Yield how the target may call it, what a person would like best first.

        What the target cannot load is no use to it in another way: the reader writes it anew then.
        """
        target = self.wish.target
        one = len(chosen.inputs) == 1  # a layer hands several over as one
        if one:
            yield self._way(self._folder, chosen.name, chosen)
        if self._has_layer and self._loads:
            wrapped = self._wrapped(chosen, original, target)
            if wrapped is not None:
                yield self._way(wrapped, "serve", chosen)
        if self._loads and not (one and not self._has_layer):
            yield self._way(self._folder, chosen.name, chosen, layer=False)
        if original.environment != target:
            wrapped = self._wrapped(chosen, original, original.environment)
            if wrapped is not None:
                yield self._way(wrapped, "serve" if self._has_layer else USUAL[0], chosen)

    @property
    def _has_layer(self) -> bool:
        return endpoints.has_layer(self.workshop.matrix.environment(self.wish.target))

    @property
    def _loads(self) -> bool:
        """Say whether nothing has shown that the target cannot load the graph."""
        return not any("load: " in (one.problem or "") for one in self.attempts[self._begun :])

    def _way(
        self, folder: Path, endpoint: str, chosen: Signature, *, layer: bool | None = None
    ) -> _Way:
        target = self.workshop.matrix.environment(self.wish.target)
        out = str(self.wish.out.with_suffix(""))
        copied = folder == self._folder
        if self._has_layer if layer is None else layer:
            more: dict[str, Any] = {"format": "graph", "endpoint": endpoint}
            if len(chosen.inputs) == 1:
                more["inputs_by_name"] = None
            call = f"keras.layers.TFSMLayer({out!r}, call_endpoint={endpoint!r})"
        else:
            call = endpoints.line(out, endpoint, chosen.inputs, target)
            more = {**self._called(chosen), "format": "called", "endpoint": endpoint}
            if not copied:
                more["tags"] = ["serve"]
        return _Way(folder=folder, endpoint=endpoint, call=call, more=more, copied=copied)

    def _wrapped(self, chosen: Signature, original: Original, by: str) -> Path | None:
        """Have an environment write the graph anew, alone, with an endpoint that is plain."""
        made = self.workshop.folder("out") / "graph"
        job = {
            **self._called(chosen),
            "model": str(self._folder),
            "endpoint": chosen.name,
            "out": str(made),
        }
        facts = self.workshop.run("wrapping", by, job)
        if facts["error"] is None:
            return made
        self._failed(original, told(facts["error"], facts["phase"]))
        return None

    def _failed(self, original: Original, problem: str | None, gap: float | None = None) -> None:
        way = tuple(dict.fromkeys((original.environment, self.wish.target)))
        one = Attempt(remedy=Remedy.INFERENCE, environments=way, problem=problem, difference=gap)
        self.attempts.append(one)

    def _proven(self, way: _Way, original: Original) -> Judged:
        judged = prove(self.wish, self.workshop, original, way.folder, way.more, copied=way.copied)
        self._failed(original, judged.problem, judged.difference)
        return judged

    def _deliver(
        self, way: _Way, chosen: Signature, original: Original, judged: Judged, reason: str
    ) -> Conversion:
        out = self.wish.out.with_suffix("")
        if way.copied:
            copy_parts(way.folder, out)
        else:
            shutil.copytree(self.workshop.made(way.folder), out)
        return Conversion(
            path=str(self.wish.path),
            target=self.wish.target,
            verdict=Verdict.INFERENCE,
            out=str(out),
            remedy=Remedy.INFERENCE,
            reason=reason,
            attempts=tuple(self.attempts),
            proof=judged.proof,
            endpoint=Endpoint(
                name=way.endpoint,
                takes=tensors(chosen.inputs),
                gives=tensors(chosen.outputs),
                call=way.call,
                layer=self._as_layer(way, chosen, original, out),
            ),
            lost=("the layers: it is a graph, which cannot be trained on",),
            kept=(COPIED,) if way.copied else (),
        )

    def _as_layer(self, way: _Way, chosen: Signature, original: Original, out: Path) -> str | None:
        """Deliver a ``.keras`` of one layer that calls the graph too, where the target loads it.

        It holds the graph's absolute path, so that none is made of what is moved later.
        """
        wish = self.wish
        if way.more["format"] != "graph" or not wish.stays or wish.out.suffix != ".keras":
            return None
        if any(not one.shape or one.shape[0] is not None for one in chosen.inputs):
            return None  # a model takes a batch of any number of rows
        here = Path(os.path.abspath(out))  # noqa: PTH100 - links stay
        workshop = replace(self.workshop, readable=(*self.workshop.readable, here))
        made = workshop.folder("out") / wish.out.name
        job = {
            **self._called(chosen),
            "model": str(here),
            "endpoint": way.endpoint,
            "layer": True,
            "out": str(made),
        }
        if workshop.run("wrapping", wish.target, job)["error"] is not None:
            return None
        by_name = None if len(chosen.inputs) == 1 else original.facts["by_name"]
        seen = prove(wish, workshop, original, made, {"inputs_by_name": by_name}, copied=True)
        if seen.proof is None:
            return None
        part = wish.out.with_name(f".{wish.out.name}.part")
        shutil.copyfile(workshop.made(made), part)
        part.replace(wish.out)
        return str(wish.out)


def copy_parts(folder: Path, out: Path) -> None:
    """Copy a SavedModel; what else lies in its folder stays there."""
    out.mkdir(parents=True)
    for name in (*PARTS, "assets.extra"):
        part = folder / name
        if part.is_dir():
            shutil.copytree(part, out / name)
        elif part.is_file():
            shutil.copyfile(part, out / name)
