"""Cells that are told from another's run: of which kinds, and which kinds are switched off."""

from __future__ import annotations

from caniload.runner.core.cells import Cell
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.store import Store


def kind(rule: str, cell: Cell) -> str:
    """Return of which kind a derived cell is: what one mistake switches off."""
    return named(rule, cell.loaded_by, cell.artifact.format)


def named(rule: str, reader: str, format_id: str) -> str:
    return f"{rule} {reader} {format_id}"


def off_key(kind: str) -> str:
    """Key of the record that switches a kind off."""
    return digest("derivation", kind)


def is_off(store: Store, kind: str) -> bool:
    return off_key(kind) in store
