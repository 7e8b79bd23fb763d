"""How things were, in the night that had them last or in the environment they follow; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from caniload.runner.nightly.night import Night, Place, Site, State

PACKAGES = 12
"""Packages that are named of an environment whose packages are others than before."""


@dataclass(frozen=True, kw_only=True)
class Looking:
    """Looks back from a night to those before it, the latest last."""

    night: Night
    before: Sequence[Night]
    _sites: dict[str, Site | None] = field(default_factory=dict)

    @property
    def last(self) -> Night | None:
        return self.before[-1] if self.before else None

    def site(self, name: str) -> Site | None:
        """Return an environment as it was when a night last had it."""
        if name not in self._sites:
            found = (one.site.get(name) for one in reversed(self.before))
            self._sites[name] = next((one for one in found if one is not None), None)
        return self._sites[name]

    def unusable(self, name: str) -> bool:
        site = self.night.site.get(name)
        return site is None or bool(site.untested)

    def was(self, place: Place) -> State | None:
        """Return a cell as it was when it was last tested."""
        for night in reversed(self.before):
            state = night.state(place)
            if state is not None and state.tested and state.valid:
                return state
        return None

    def tested_last(self, place: Place) -> bool:
        """Say whether it was tested the night before: else that it is not was told then."""
        state = self.last.state(place) if self.last else None
        return state is not None and state.tested

    def base(self, place: Place) -> State | None:
        """Return what a new environment is held against: a cell of its twin or predecessor.

        In the first night there is nothing new.
        """
        there = self.moved(place)
        if there == place or not self.before:
            return None
        state = self.night.state(there) or self.was(there)
        return state if state is not None and state.tested and state.valid else None

    def followed(self, place: Place) -> Iterator[Place]:
        """Yield the same cell with one side, or both, that of the environment that it follows."""
        bases = [
            site.base if (site := self.night.site.get(one)) and site.base else one
            for one in (place.save, place.load)
        ]
        sides = ((bases[0], place.load), (place.save, bases[1]), tuple(bases))
        found = (place._replace(save=save, load=load) for save, load in sides)
        yield from (one for one in found if one != place)

    def moved(self, place: Place) -> Place:
        """Return the same cell, of the environments that new ones follow."""
        save, load = map(self._stand_in, (place.save, place.load))
        return place._replace(save=save, load=load)

    def _stand_in(self, name: str) -> str:
        site = self.night.site.get(name)
        return site.base if site and site.base and self.site(name) is None else name

    def beside(self, place: Place) -> str:
        """Say which environments were taken for new ones."""
        pairs = zip(
            (place.save, place.load), map(self._stand_in, (place.save, place.load)), strict=True
        )
        told = dict.fromkeys(f"{one} beside {other}" for one, other in pairs if one != other)
        return " and ".join(told)

    def changed(self, names: Iterable[str]) -> list[str]:
        """Say which packages are others than the night before, or than in the one it follows."""
        return [told for name in names if (told := self._changed(name))]

    def _changed(self, name: str) -> str:
        site, was, beside = self.night.site.get(name), self.site(name), ""
        if was is None and site is not None and site.base:
            was, beside = self.night.site.get(site.base), f", beside {site.base}"
        if site is None or was is None or not site.packages or not was.packages:
            return ""
        parts = [*_moved(was, site)]
        more = f" and {len(parts) - PACKAGES} more" if len(parts) > PACKAGES else ""
        return f"{name}{beside}: {', '.join(parts[:PACKAGES])}{more}" if parts else ""


def _moved(was: Site, now: Site) -> Iterator[str]:
    for name in sorted({*was.packages, *now.packages}):
        before, after = was.packages.get(name, "none"), now.packages.get(name, "none")
        if before != after:
            yield f"{name} {before} → {after}"
