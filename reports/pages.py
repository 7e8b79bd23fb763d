"""The pages: what each template gets, and the template language it gets it in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from caniload.reports import answers, cellfiles, origins, views
from caniload.reports.claims import Finding
from caniload.reports.claimtext import context
from caniload.reports.companions import Pair
from caniload.reports.damage import damages
from caniload.reports.exports import Export
from caniload.reports.figures import Control, Figures, controls, headline, must_be
from caniload.reports.folder import Folder
from caniload.reports.front import apart, inline, tiles
from caniload.reports.glossary import Glossary
from caniload.reports.groups import (
    PROBLEM_ORDER,
    cause_groups,
    failure_groups,
    largest,
    untested_reasons,
)
from caniload.reports.noise import Noise, by_model
from caniload.reports.origins import origins_of
from caniload.reports.planes import Planes
from caniload.reports.readers import FirstBadRow, first_bad_rows, gaps
from caniload.reports.shards import Shards
from caniload.reports.table import COLUMNS, Table
from caniload.reports.text import CleanMatrix, excerpt
from caniload.reports.words import CODE, ORDER, UNTESTED, WORDS
from caniload.runner.core.judged import DERIVED, JudgedEnvironment
from caniload.runner.core.outcomes import PROBLEMS, Outcome

Page = tuple[str, str]

SEVERITY_ORDER = (*reversed(range(UNTESTED)), UNTESTED)
"""Codes as pages list them: worst first, what was not tested last."""


LISTED = {"causes": 300, "texts": 60, "damages": 600, "gaps": 300}
"""Most that the page of failures lists: all of a usual run, and what comes first of a huge one."""

TEXTS = 400
"""Most texts that the glossary lists without an entry, and of each entry."""

SQUARES = 12_000
"""Most squares of one page about a model: with more, versions that behave alike stand together."""


@dataclass(frozen=True, kw_only=True)
class Book:
    """All pages of one report."""

    table: Table
    grid: Planes
    figures: Figures
    findings: list[Finding]
    pairs: list[Pair]
    matrix: CleanMatrix
    shards: Shards
    exports: list[Export]
    glossary: Glossary

    def pages(self, folder: Folder) -> Iterator[Page]:
        """Yield every page by its path; what the first is too large for goes to the folder."""
        yield self._page("index", **self._index(folder))
        yield self._page("failures", **self._failures())
        yield self._page("what-warnings", **context(self.findings), readers=origins.readers())
        yield self._page("companions", pairs=self.pairs)
        yield self._page("warnings", glossary=self.glossary, bounds=self.matrix.bounds, most=TEXTS)
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

    def _index(self, folder: Folder) -> dict[str, Any]:
        grid, question = self.grid, views.first_question(self.grid)
        place = (question.save, question.load, question.kind)
        square = answers.evidence(grid, *place)
        ignored = grid.square(*place).no_evidence
        codes = grid.codes[..., question.kind]
        rest = apart(grid, self.shards, folder)
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
            "data": inline(grid, self._slugs, [table.starts for table in self._eras], rest),
        }

    def _largest(self, question: views.Question) -> float | None:
        """Return the largest difference among the silently wrong cells of one square."""
        grid, table = self.grid, self.table
        found = grid.rows[question.save, question.load, :, question.kind]
        rows = found[found >= 0].astype(np.intp)
        wrong = table.counted & table.is_any([Outcome.DIFFERS])
        return largest(table, rows[wrong[rows]])

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
            "most": LISTED,
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
            (environment, [views.from_cell(grid, place, place, kind) for kind in kinds])
            for place, environment in enumerate(grid.environments)
        ]
        return {
            "pairs": views.thinning(grid),
            "severity": self._worst_first,
            "tolerances": self.matrix.tolerances,
            "noise": self.matrix.noise,
            "sampling": self.matrix.sampling,
            "told_by": self.matrix.rules,
            "rules": DERIVED,
            "controls": [_control(one) for one in controls(self.table, grid)],
            "diagonal": diagonal,
            "reasons": untested_reasons(self.table),
        }

    def _data(self) -> Page:
        badge = next(export.what for export in self.exports if export.path == "badge/overall.json")
        shown = [export for export in self.exports if not export.path.startswith("badge/")]
        return self._page(
            "data",
            files=shown,
            columns=COLUMNS,
            badge=badge,
            whole=len(self.table),
            most=cellfiles.MOST,
        )

    def _formats(self) -> Iterator[Page]:
        for place, kind in enumerate(self.grid.formats):
            yield self._page(
                "format",
                f"format/{self._slugs[kind.id]}.html",
                kind=kind,
                reader=origins.readers().get(kind.id),
                rows=views.matrix(self.grid, place),
                starts=self._eras[place].starts,
                asked=sum(
                    views.is_asked(self.grid, place, model)
                    for model in range(len(self.grid.models))
                ),
            )

    def _models(self) -> Iterator[Page]:
        for number, model in enumerate(self.grid.models):
            kinds = [
                (kind, views.is_asked(self.grid, place, number), self._of_model(place, number))
                for place, kind in enumerate(self.grid.formats)
            ]
            path = f"model/{self._slugs[model.id]}.html"
            own, across = self._noise.get(model.id, (None, None))
            noise = [("in one version", own), ("between versions", across)]
            yield self._page(
                "model", path, model=model, kinds=kinds, noise=noise, squares=self._has_room
            )

    @property
    def _has_room(self) -> bool:
        """Whether a page may hold a square for every pair of environments in every format."""
        return len(self.grid.environments) ** 2 * len(self.grid.formats) <= SQUARES

    def _of_model(self, place: int, number: int) -> Any:
        """Return what a model's page shows of one format: rows of squares, or its eras."""
        grid, table = self.grid, self._eras[place]
        if not views.has_cells(grid, place, number):
            return None
        if self._has_room:
            return views.matrix(grid, place, [number]), table.starts
        return views.of_model(grid, table, place, number)

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


def _control(one: Control) -> dict[str, Any]:
    """One line of the table of controls."""
    return {
        "load": one.load,
        "what": f"{one.format}, {one.damage or 'as saved'}",
        "expected": must_be(one.damage),
        "code": CODE[one.outcome],
        "passed": one.passed,
    }
