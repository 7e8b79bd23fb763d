"""The pages: what each template gets, and the template language it gets it in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from caniload.reports import answers, views
from caniload.reports.claims import Finding
from caniload.reports.claimtext import context
from caniload.reports.companions import Pair
from caniload.reports.damage import damages
from caniload.reports.exports import Export
from caniload.reports.figures import Figures, control_rows, headline, must_be
from caniload.reports.front import inline, tiles
from caniload.reports.glossary import Glossary
from caniload.reports.groups import (
    PROBLEM_ORDER,
    cause_groups,
    failure_groups,
    largest,
    untested_reasons,
)
from caniload.reports.noise import Noise, by_model
from caniload.reports.origins import READERS, origins_of
from caniload.reports.planes import Planes
from caniload.reports.readers import FirstBadRow, first_bad_rows, gaps
from caniload.reports.shards import Shards
from caniload.reports.table import COLUMNS
from caniload.reports.text import CleanMatrix, excerpt
from caniload.reports.words import CODE, ORDER, UNTESTED, WORDS
from caniload.runner.core.judged import JudgedEnvironment
from caniload.runner.core.outcomes import PROBLEMS, Outcome

Page = tuple[str, str]

SEVERITY_ORDER = (*reversed(range(UNTESTED)), UNTESTED)
"""Codes as pages list them: worst first, what was not tested last."""


@dataclass(frozen=True, kw_only=True)
class Book:
    """All pages of one report."""

    table: pd.DataFrame
    grid: Planes
    figures: Figures
    findings: list[Finding]
    pairs: list[Pair]
    matrix: CleanMatrix
    shards: Shards
    exports: list[Export]
    glossary: Glossary

    def pages(self) -> Iterator[Page]:
        """Yield every page by its path."""
        yield self._page("index", **self._index())
        yield self._page("failures", **self._failures())
        yield self._page("what-warnings", **context(self.findings), readers=READERS)
        yield self._page("companions", pairs=self.pairs)
        yield self._page("warnings", glossary=self.glossary, bounds=self.matrix.bounds)
        yield self._page("environments")
        yield self._page("about", **self._about())
        yield self._data()
        yield from self._formats()
        yield from self._models()
        yield from self._origins()

    def _page(self, template: str, path: str = "", **context: Any) -> Page:
        path = path or f"{template}.html"
        page = self._templates.get_template(f"{template}.html").render(
            root="../" * path.count("/"),
            page=template,
            totals=self.figures,
            **self._common,
            **context,
        )
        return path, page

    @cached_property
    def _common(self) -> dict[str, Any]:
        """What every page may use."""
        matrix = self.matrix
        return {
            "environments": self.grid.environments,
            "models": self.grid.models,
            "formats": self.grid.formats,
            "stacks": self.grid.stacks,
            "codes": [CODE[outcome] for outcome in self.figures.shown],
            "built_at": matrix.built_at,
            "version": matrix.version,
            "commit": matrix.commit,
            "machine": matrix.machine,
        }

    @cached_property
    def _worst_first(self) -> list[int]:
        """Codes as pages list them, what was not tested last."""
        return [code for code in SEVERITY_ORDER if ORDER[code] in self.figures.shown]

    @cached_property
    def _eras(self) -> list[views.EraTable]:
        return [views.era_table(self.grid, place) for place in range(len(self.grid.formats))]

    @cached_property
    def _slugs(self) -> dict[str, str]:
        grid = self.grid
        names = [environment.id for environment in grid.environments]
        names += [model.id for model in grid.models]
        return views.slugs([*names, *(kind.id for kind in grid.formats)])

    @cached_property
    def _templates(self) -> Environment:
        templates = Environment(
            loader=PackageLoader("caniload.reports"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        labels = {environment.id: environment.label for environment in self.grid.environments}
        templates.tests["problem"] = lambda code: ORDER[code] in PROBLEMS
        templates.filters |= {
            "word": views.word,
            "key": lambda code: ORDER[code].value,
            "means": lambda code: WORDS[ORDER[code]].means,
            "code": lambda outcome: CODE[outcome],
            "slug": lambda name: self._slugs[name],
            "thousands": lambda number: f"{number:,}",
            "size": answers.size,
            "measure": answers.measure,
            "excerpt": excerpt,
            "quoted": shlex.quote,
            "labels": lambda names: ", ".join(labels[name] for name in names),
            "compared": _asked_and_found,
        }
        return templates

    def _index(self) -> dict[str, Any]:
        grid, question = self.grid, views.first_question(self.grid)
        place = (question.save, question.load, question.kind)
        square = answers.evidence(grid, *place)
        ignored = grid.square(*place).no_evidence
        codes = grid.codes[..., question.kind]
        return {
            "question": question,
            "pairs": views.thinning(grid),
            "square": square,
            "verdict": answers.verdict(square, ignored=ignored, largest=self._largest(question)),
            "advice": views.advice(grid, question),
            "headline": headline(self.figures),
            "tiles": tiles(self.figures),
            "era_tables": self._eras,
            "rows": views.matrix(grid, question.kind),
            "families": self._families(),
            "chips": self._worst_first,
            "counts": {code: int((codes == code).sum()) for code in self._worst_first},
            "data": inline(grid, self.shards, self._slugs, [table.starts for table in self._eras]),
        }

    def _largest(self, question: views.Question) -> float | None:
        """Return the largest difference among the silently wrong cells of one square."""
        grid, table = self.grid, self.table
        rows = table[
            (table["save"] == grid.environments[question.save].id)
            & (table["load"] == grid.environments[question.load].id)
            & (table["format"] == grid.formats[question.kind].id)
            & (table["outcome"] == Outcome.DIFFERS)
            & table["evidence"]
            & ~table["control"]
        ]
        return largest(rows)

    def _families(self) -> dict[str, list[str]]:
        families: dict[str, list[str]] = {}
        for model in self.grid.models:
            families.setdefault(model.family, []).append(model.id)
        return families

    def _failures(self) -> dict[str, Any]:
        loud = [one for one in PROBLEM_ORDER if one is not Outcome.DIFFERS]
        found = failure_groups(self.table, loud, self.grid.older)
        return {
            "causes": cause_groups(found, self.matrix.catalogue),
            "damages": damages(self.table, self.grid),
            "gaps": gaps(self.grid),
        }

    @cached_property
    def _noise(self) -> dict[str, tuple[Noise | None, Noise | None]]:
        return by_model(self.table)

    @cached_property
    def _first_bad(self) -> dict[int, list[FirstBadRow]]:
        return first_bad_rows(self.grid, self.table)

    def _about(self) -> dict[str, Any]:
        grid = self.grid
        kinds = range(len(grid.formats))
        diagonal = [
            (environment, [views.from_rows(grid, place)[place][1][kind] for kind in kinds])
            for place, environment in enumerate(grid.environments)
        ]
        return {
            "pairs": views.thinning(grid),
            "severity": self._worst_first,
            "tolerances": self.matrix.tolerances,
            "noise": self.matrix.noise,
            "sampling": self.matrix.sampling,
            "controls": [
                _control(row) for row in control_rows(self.table, grid).to_dict("records")
            ],
            "diagonal": diagonal,
            "reasons": untested_reasons(self.table),
        }

    def _data(self) -> Page:
        badge = next(export.what for export in self.exports if export.path == "badge/overall.json")
        shown = [export for export in self.exports if not export.path.startswith("badge/")]
        return self._page("data", files=shown, columns=COLUMNS, badge=badge)

    def _formats(self) -> Iterator[Page]:
        for place, kind in enumerate(self.grid.formats):
            yield self._page(
                "format",
                f"format/{self._slugs[kind.id]}.html",
                kind=kind,
                reader=READERS.get(kind.id),
                rows=views.matrix(self.grid, place),
                starts=self._eras[place].starts,
                asked=sum(
                    views.is_asked(self.grid, place, model)
                    for model in range(len(self.grid.models))
                ),
            )

    def _models(self) -> Iterator[Page]:
        for number, model in enumerate(self.grid.models):
            matrices = [
                (
                    kind,
                    views.matrix(self.grid, place, [number])
                    if views.has_cells(self.grid, place, number)
                    else [],
                    views.is_asked(self.grid, place, number),
                    self._eras[place].starts,
                )
                for place, kind in enumerate(self.grid.formats)
            ]
            path = f"model/{self._slugs[model.id]}.html"
            own, across = self._noise.get(model.id, (None, None))
            noise = [("in one version", own), ("between versions", across)]
            yield self._page("model", path, model=model, matrices=matrices, noise=noise)

    def _origins(self) -> Iterator[Page]:
        grid = self.grid
        for place, environment in enumerate(grid.environments):
            reaches = [
                (kind, answers.reach_sentence(grid, answers.reach(grid, place, number)))
                for number, kind in enumerate(grid.formats)
                if grid.tested[place, :, :, number].any()
            ]
            yield self._page(
                "from",
                f"from/{self._slugs[environment.id]}.html",
                environment=environment,
                place=place,
                rows=views.from_rows(grid, place),
                reaches=reaches,
                origins=origins_of(self.matrix, environment.id),
                first_bad=self._first_bad.get(place, []),
            )


def _asked_and_found(environment: JudgedEnvironment) -> list[tuple[str, str, str]]:
    """Every version that was asked for or reported, side by side; a package is one row."""
    found = {**{name: environment.packages.get(name, "") for name in environment.asked}}
    found |= dict(environment.versions)
    return [(name, environment.asked.get(name, ""), version) for name, version in found.items()]


def _control(row: dict[Any, Any]) -> dict[str, Any]:
    """One line of the table of controls."""
    damaged = isinstance(row["damage"], str)
    return {
        "load": row["load"],
        "what": f"{row['format']}, {row['damage'] if damaged else 'as saved'}",
        "expected": must_be(row["damage"]),
        "code": CODE[Outcome(row["outcome"])],
        "passed": row["passed"],
    }
