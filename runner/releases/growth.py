"""What could be added to the matrix: releases it has not, each with its entry and its cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import UsageError
from caniload.runner.environments.home import Home
from caniload.runner.matrix import editing as matrixtext
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import relative
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.packages.listing import Release
from caniload.runner.releases import adding, companions, inference, wishes
from caniload.runner.releases.missing import missing, older_patches
from caniload.runner.running import estimate
from caniload.runner.running.estimate import CostOfOneMore


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A release, the environment that it would be, and what that costs.

    ``beside`` is the environment that it would be a twin of, where it is that of a companion.
    """

    release: Release
    environment: Environment
    cost: CostOfOneMore
    older: Sequence[str]
    python_found: bool
    beside: str | None = None

    @property
    def command(self) -> str:
        beside = f"--beside {self.beside} " if self.beside else ""
        return f'caniload env add {beside}"{self.release.package}=={self.release.version}"'


@dataclass(frozen=True, kw_only=True)
class Offers:
    """What could be added, and of the releases that could not be an environment, why."""

    found: Sequence[Offer]
    left_out: Sequence[str]


def offers(matrix: Matrix, *, locks: Path, pre: bool, jobs: int) -> Offers:
    """Ask the package index; ``IndexUnusable`` where it does not answer."""
    asked = (*frameworks().named, *frameworks().companions)
    around = adding.surroundings(matrix, asked, Home.default())
    left_out: list[str] = []
    found = [
        Offer(
            release=release,
            environment=environment,
            cost=estimate.one_more(
                matrix, relative(environment, matrix.environments), jobs=jobs, locks=locks
            ),
            older=older_patches(matrix, release),
            python_found=environment.python in around.pythons,
            beside=environment.twin,
        )
        for release, environment in (
            *_environments(around, left_out, pre=pre),
            *companions.offered(matrix, around.listing, locks, pre=pre),
        )
    ]
    found.sort(key=lambda one: one.release.uploaded or date.min, reverse=True)
    return Offers(found=found, left_out=left_out)


def _environments(
    around: inference.Surroundings, left_out: list[str], *, pre: bool
) -> Iterator[tuple[Release, Environment]]:
    """Yield what can be an environment: some releases have no companion of their days."""
    for release in missing(around.matrix, around.listing, pre=pre):
        wish = wishes.parse([f"{release.package}=={release.version}"])
        try:
            yield release, inference.environment(wish, around)
        except UsageError as error:
            left_out.append(f"{release.package} {release.version}: {error}")


def as_json(offered: Offers) -> dict[str, Any]:
    """Return the offers as plain data."""
    return {
        "schema": 1,
        "releases": [_one_as_json(offer) for offer in offered.found],
        "left_out": list(offered.left_out),
    }


def _one_as_json(offer: Offer) -> dict[str, Any]:
    release = offer.release
    return {
        "package": release.package,
        "version": str(release.version),
        "uploaded": release.uploaded.isoformat() if release.uploaded else None,
        "prerelease": release.version.is_prerelease,
        "older_patch_in": list(offer.older),
        "entry": offer.environment.model_dump(mode="json"),
        "python_found": offer.python_found,
        "cost": {**asdict(offer.cost), "seconds": round(offer.cost.seconds)},
        "beside": offer.beside,
        "command": offer.command,
    }


def as_lines(offered: Offers) -> list[str]:
    """Return the offers as a person reads them, the latest first."""
    lines = [line for offer in offered.found for line in _one_as_lines(offer)]
    if not lines and not offered.left_out:
        return [
            "matrix.yaml has the newest patch of every minor release, and the newest companions"
        ]
    return lines + [f"left out: {one}" for one in offered.left_out]


def _one_as_lines(offer: Offer) -> list[str]:
    release, cost = offer.release, offer.cost
    older = f"; {', '.join(offer.older)}: an older patch" if offer.older else ""
    python = "" if offer.python_found else f" (no Python {offer.environment.python} here)"
    price = f"{cost.disk_bytes / 1e9:.1f} GB of disk, about {cost.seconds / 60:.0f} minutes"
    return [
        f"{release.package} {release.version}, {release.uploaded or 'day unknown'}{older}",
        *(f"  {line}" for line in matrixtext.entry(offer.environment)),
        f"  costs {cost.cells} cells, {price}{python}",
        f"  {offer.command}",
        "",
    ]
