"""What files say of their own origin, and who looks at it, as the loaders' own source tells."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from caniload.reports.text import CleanMatrix
from caniload.runner.core.judged import JudgedFormat


@functools.cache
def readers() -> Mapping[str, str]:
    """Return by format who looks at what its files say of their origin: origins.yaml."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return {name: said.format(**data["texts"]) for name, said in data["formats"].items()}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What one environment's files of one format state."""

    kind: JudgedFormat
    says: Mapping[str, str]
    problem: str | None


def origins_of(matrix: CleanMatrix, environment: str) -> list[Origin]:
    """Return what the files that one environment saved state, in the order of the formats."""
    kinds = {kind.id: kind for kind in matrix.formats}
    return [
        Origin(kind=kinds[one.format], says=one.says, problem=one.problem)
        for one in matrix.origins
        if one.environment == environment and one.format in kinds
    ]
