"""The template language that pages are written in, and what every page gets."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from caniload.reports import answers, views
from caniload.reports.exports import Sums
from caniload.reports.text import CleanMatrix, excerpt
from caniload.reports.underway import Pairs, pairs
from caniload.reports.words import CODE, ORDER, SUFFIX, TREE, UNTESTED, WORDS
from caniload.runner.core.judged import JudgedEnvironment
from caniload.runner.core.outcomes import OTHER, PROBLEMS, TO, Purpose

Page = tuple[str, str]

SEVERITY_ORDER = (*reversed(range(UNTESTED)), UNTESTED)
"""Codes as pages list them: worst first, what was not tested last."""


@dataclass(frozen=True, kw_only=True)
class Press:
    """Prints the pages of one report."""

    sums: Sums
    matrix: CleanMatrix
    feed: str = ""

    def page(
        self, template: str, path: str = "", purpose: Purpose | None = None, **context: Any
    ) -> Page:
        """Print a page; one for a purpose lies in its tree, where there is one for the other."""
        path = path or f"{template}.html"
        tree = TREE[purpose] if purpose else ""
        root = "../" * (tree + path).count("/")
        switch = [(TO[one], f"{root}{TREE[one]}{path}", one is purpose) for one in TO]
        page = self._templates.get_template(f"{template}.html").render(
            root=root,
            home=root + tree,
            # What counts the whole verdicts leads to them.
            cells=root + (tree if purpose else TREE[Purpose.TRAIN]),
            keep="?for=train" if purpose is Purpose.TRAIN else "",
            page=template,
            purpose=purpose,
            other=OTHER[purpose] if purpose else None,
            first_bad_file=f"first-bad{SUFFIX[purpose]}.csv.gz" if purpose else "",
            switch=switch if purpose else [],
            totals=self.sums.aspects[purpose or Purpose.TRAIN].figures,
            feed=self._feed(root),
            **self._common,
            **context,
        )
        return tree + path, page

    def _feed(self, root: str) -> str:
        """Return the feed's address from a page; a path is one from the report's folder."""
        elsewhere = not self.feed or "://" in self.feed or self.feed.startswith("/")
        return self.feed if elsewhere else f"{root}{self.feed}"

    @cached_property
    def _common(self) -> dict[str, Any]:
        """What every page may use."""
        matrix, grid = self.matrix, self.sums.whole.grid
        return {
            "environments": grid.environments,
            "models": grid.models,
            "formats": grid.formats,
            "stacks": grid.stacks,
            "codes": [CODE[outcome] for outcome in self.sums.whole.figures.shown],
            "worst_first": self.worst_first,
            "built_at": matrix.built_at,
            "version": matrix.version,
            "commit": matrix.commit,
            "machine": matrix.machine,
            "to": TO,
            "security": matrix.attacks is not None,
            "underway": matrix.underway,
            "done_pairs": self._pairs,
        }

    @cached_property
    def _pairs(self) -> Pairs | None:
        whole = self.sums.whole
        return pairs(whole.table, whole.grid) if self.matrix.underway else None

    @cached_property
    def worst_first(self) -> list[int]:
        """Codes as pages list them, what was not tested last."""
        return [code for code in SEVERITY_ORDER if ORDER[code] in self.sums.whole.figures.shown]

    @cached_property
    def slugs(self) -> dict[str, str]:
        grid = self.sums.whole.grid
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
        grid = self.sums.whole.grid
        labels = {environment.id: environment.label for environment in grid.environments}
        templates.tests["problem"] = lambda code: ORDER[code] in PROBLEMS
        templates.filters |= {
            "word": views.word,
            "key": lambda code: ORDER[code].value,
            "means": lambda code, purpose: WORDS[ORDER[code]].meaning(Purpose(purpose)),
            "code": lambda outcome: CODE[outcome],
            "slug": lambda name: self.slugs[name],
            "thousands": lambda number: f"{number:,}",
            "size": answers.size,
            "measure": answers.measure,
            "excerpt": excerpt,
            "quoted": shlex.quote,
            "labels": lambda names: ", ".join(labels[name] for name in names),
            "compared": _asked_and_found,
        }
        return templates


def _asked_and_found(environment: JudgedEnvironment) -> list[tuple[str, str, str]]:
    """Every version that was asked for or reported, side by side; a package is one row."""
    found = {**{name: environment.packages.get(name, "") for name in environment.asked}}
    found |= dict(environment.versions)
    return [(name, environment.asked.get(name, ""), version) for name, version in found.items()]
