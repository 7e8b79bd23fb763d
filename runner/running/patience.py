"""Which cells are waited for to the end, so that what is only slow is not told to hang."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from caniload.runner.core.cells import Cell
from caniload.runner.evidence.results import Result
from caniload.runner.judging.confirm import Ask

Kind = tuple[str, str, str, str]
"""What is waited for once: the loading environment, the model, the format and the phase."""


@dataclass
class Patience:
    """Remembers of one run which cells have all the time that the limits give.

    Others have as long as files of their model took elsewhere, and some. ``waited`` are the kinds
    of which one is waited for now, ``hang`` those of which one has not ended even so.
    """

    patient: set[str] = field(default_factory=set)
    waited: set[Kind] = field(default_factory=set)
    hang: set[Kind] = field(default_factory=set)

    def confirm(self, cell: Cell, result: Result) -> Ask | None:
        """Say what is to become of a batched answer that came too late; None of all others."""
        if result.crash is None:
            # It has ended once: alone it has all the time there is, however busy the machine.
            self.patient.add(cell.id)
            return None
        if result.crash["kind"] != "timeout":
            return None
        kind = _kind(cell, result.crash)
        if kind in self.waited:
            return Ask.LATER
        if kind in self.hang:
            return None
        self.waited.add(kind)
        self.patient.add(cell.id)
        return Ask.ALONE

    def learn(self, cell: Cell, batched: Result | None, result: Result) -> None:
        """Note what waiting showed: all of a kind hang, or the next is waited for, too."""
        first = batched.crash if batched is not None else None
        if first is None or first["kind"] != "timeout":
            return
        kind = _kind(cell, first)
        if kind in self.waited and cell.id in self.patient:
            self.waited.discard(kind)
            if result.crash is not None and result.crash["kind"] == "timeout":
                self.hang.add(kind)


def _kind(cell: Cell, crash: Mapping[str, Any]) -> Kind:
    return cell.loaded_by, cell.artifact.model, cell.artifact.format, crash["phase"]
