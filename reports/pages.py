"""The pages: a tree of them for each purpose, and those that are about both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from caniload.reports import attacks, cellfiles, origins, views
from caniload.reports.aspects import Aspect
from caniload.reports.claimtext import context
from caniload.reports.exports import Export, Sums
from caniload.reports.figures import Control, controls, must_be
from caniload.reports.folder import Folder
from caniload.reports.front import apart
from caniload.reports.groups import untested_reasons
from caniload.reports.printing import Page, Press
from caniload.reports.shards import Shards
from caniload.reports.table import COLUMNS
from caniload.reports.text import CleanMatrix
from caniload.reports.trees import Tree
from caniload.reports.words import CODE, SUFFIX
from caniload.runner.core.judged import DERIVED
from caniload.runner.core.outcomes import TO, Purpose

TEXTS = 400
"""Most texts that the glossary lists without an entry, and of each entry."""


def pages(
    sums: Sums,
    details: Shards,
    made: list[Export],
    matrix: CleanMatrix,
    folder: Folder,
    *,
    feed: str = "",
) -> Iterator[Page]:
    """Yield every page by its path; what the first are too large for goes to the folder."""
    press = Press(sums=sums, matrix=matrix, feed=feed)
    rest = apart(sums.aspects[Purpose.PREDICT].grid, details, folder)
    for seen in sums.aspects.values():
        yield from Tree(press=press, seen=seen, rest=rest).pages()
    yield from Shared(press=press, sums=sums, exports=made, matrix=matrix).pages()


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The pages that are about both purposes, or about neither."""

    press: Press
    sums: Sums
    exports: list[Export]
    matrix: CleanMatrix

    def pages(self) -> Iterator[Page]:
        """Yield every page by its path."""
        page, sums = self.press.page, self.sums
        yield page("what-warnings", **context(sums.findings), readers=origins.readers())
        yield page("companions", pairs=sums.pairs)
        yield page("warnings", glossary=sums.glossary, bounds=self.matrix.bounds, most=TEXTS)
        if self.matrix.attacks is not None:
            yield page("security", **attacks.context(self.matrix.attacks))
        yield page("environments")
        yield page("about", **self._about())
        yield self._data()

    def _about(self) -> dict[str, Any]:
        whole = self.sums.whole
        return {
            "pairs": views.thinning(whole.grid),
            "tolerances": self.matrix.tolerances,
            "noise": self.matrix.noise,
            "sampling": self.matrix.sampling,
            "told_by": self.matrix.rules,
            "rules": DERIVED,
            "controls": [_control(one) for one in controls(whole.table, whole.grid)],
            "diagonals": [(TO[one.purpose], _diagonal(one)) for one in self.sums.aspects.values()],
            "reasons": untested_reasons(whole.table),
            "unshipped": self.matrix.unshipped,
        }

    def _data(self) -> Page:
        what = {export.path: export.what for export in self.exports}
        ends = SUFFIX.values()
        return self.press.page(
            "data",
            files=[export for export in self.exports if not export.path.startswith("badge/")],
            columns=COLUMNS,
            badges=[(end, what[f"badge/overall{end}.json"]) for end in ends],
            whole=len(self.sums.whole.table),
            most=cellfiles.MOST,
        )


def _diagonal(seen: Aspect) -> list[tuple[Any, list[views.FromCell]]]:
    """Sum up what each environment makes of its own files, in every format."""
    grid = seen.grid
    kinds = range(len(grid.formats))
    return [
        (environment, [views.from_cell(grid, place, place, kind) for kind in kinds])
        for place, environment in enumerate(grid.environments)
    ]


def _control(one: Control) -> dict[str, Any]:
    """One line of the table of controls."""
    return {
        "load": one.load,
        "what": f"{one.format}, {one.damage or 'as saved'}",
        "expected": must_be(one.damage),
        "code": CODE[one.outcome],
        "passed": one.passed,
    }
