"""The pages that there are for each purpose: the first, failures, formats, models and savers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from caniload.reports import answers, origins, questions, views
from caniload.reports.aspects import Aspect
from caniload.reports.badges import badges
from caniload.reports.damage import damages
from caniload.reports.figures import Figures, headlines
from caniload.reports.front import inline, tiles
from caniload.reports.groups import PROBLEM_ORDER, cause_groups, failure_groups, largest
from caniload.reports.noise import Noise, by_model
from caniload.reports.origins import origins_of
from caniload.reports.planes import Planes
from caniload.reports.printing import Page, Press
from caniload.reports.readers import FirstBadRow, first_bad_rows, gaps
from caniload.reports.table import Table
from caniload.reports.words import SUFFIX
from caniload.runner.core.outcomes import Outcome

LISTED = {"causes": 300, "texts": 60, "damages": 600, "gaps": 300}
"""Most that the page of failures lists: all of a usual run, and what comes first of a huge one."""

SQUARES = 12_000
"""Most squares of one page about a model: with more, versions that behave alike stand together."""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """All pages for one purpose; ``rest`` is what the script of the first finds its data by."""

    press: Press
    seen: Aspect
    rest: Mapping[str, Any]

    @property
    def table(self) -> Table:
        return self.seen.table

    @property
    def grid(self) -> Planes:
        return self.seen.grid

    def pages(self) -> Iterator[Page]:
        """Yield every page by its path."""
        yield self._page("index", **self._index())
        yield self._page("failures", **self._failures())
        yield from self._formats()
        yield from self._models()
        yield from self._origins()

    def _page(self, template: str, path: str = "", **context: Any) -> Page:
        return self.press.page(template, path, self.seen.purpose, **context)

    @cached_property
    def _eras(self) -> list[views.EraTable]:
        return [views.era_table(self.grid, place) for place in range(len(self.grid.formats))]

    def _index(self) -> dict[str, Any]:
        grid, question = self.grid, questions.first_question(self.grid)
        place = (question.save, question.load, question.kind)
        square = answers.evidence(grid, *place)
        shipped = None if square.tested else views.shipped_square(grid, *place)
        codes = grid.codes[..., question.kind]
        starts = [table.starts for table in self._eras]
        badge = next(badges(grid))
        return {
            "question": question,
            "badge": f"{badge.label}: {badge.message}",
            "suffix": SUFFIX[grid.purpose],
            "examples": list(questions.examples(grid, question)),
            "pairs": views.thinning(grid),
            "looks": shipped or square,
            "is_shipped": shipped is not None,
            "verdict": answers.told(grid, *place, largest=self._largest(question)),
            "advice": views.advice(grid, question),
            "headlines": headlines(self._counted),
            "tiles": tiles(self.seen.figures),
            "era_tables": self._eras,
            "rows": views.matrix(grid, question.kind),
            "families": self._families(),
            "chips": self.press.worst_first,
            "counts": {code: int((codes == code).sum()) for code in self.press.worst_first},
            "data": inline(grid, self.press.slugs, starts, self.rest),
        }

    def _largest(self, question: questions.Question) -> float | None:
        """Return the largest difference among the silently wrong cells of one square."""
        grid, table = self.grid, self.table
        found = grid.rows[question.save, question.load, :, question.kind]
        rows = found[found >= 0].astype(np.intp)
        wrong = table.counted & table.is_any([Outcome.DIFFERS])
        return largest(table, rows[wrong[rows]])

    @property
    def _counted(self) -> list[Figures]:
        return [one.figures for one in self.press.sums.aspects.values()]

    def _families(self) -> dict[str, list[str]]:
        families: dict[str, list[str]] = {}
        for model in self.grid.models:
            families.setdefault(model.family, []).append(model.id)
        return families

    def _failures(self) -> dict[str, Any]:
        loud = [one for one in PROBLEM_ORDER if one is not Outcome.DIFFERS]
        found = failure_groups(self.table, loud, self.grid.older)
        return {
            "causes": cause_groups(found, self.press.matrix.catalogue),
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

    def _formats(self) -> Iterator[Page]:
        for place, kind in enumerate(self.grid.formats):
            yield self._page(
                "format",
                f"format/{self.press.slugs[kind.id]}.html",
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
            path = f"model/{self.press.slugs[model.id]}.html"
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
                f"from/{self.press.slugs[environment.id]}.html",
                environment=environment,
                place=place,
                rows=views.from_rows(grid, place),
                reaches=reaches,
                origins=origins_of(self.press.matrix, environment.id),
                first_bad=self._first_bad.get(place, []),
            )
