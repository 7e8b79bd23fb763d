"""A wish and the index's listing -> the environment that is meant: all that was not said; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from caniload.runner.core.errors import UsageError
from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.joining import backend, relative
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.matrix.stacks import Stack
from caniload.runner.packages.listing import Listing, Release
from caniload.runner.releases.naming import Naming
from caniload.runner.releases.wishes import Wish

_SETTLING = timedelta(days=14)
"""After a release, until its own requirements had been put right; see CONTRIBUTING.md."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """All that an inference looks at: the file, the index, this machine's Pythons, the day."""

    matrix: Matrix
    listing: Listing
    pythons: frozenset[str]
    today: date


def packages_to_ask(wish: Wish) -> list[str]:
    """Return the packages that the index must list before anything can be inferred."""
    parts = [part for name in wish.packages if (part := _compiled_part(name))]
    return [*frameworks().named, *wish.packages, *parts]


def _compiled_part(package: str) -> str:
    """Return the package of the same number that has files for each Python, if it is another."""
    known = frameworks().computing.get(package)
    return (known and known.compiled) or ""


def environment(wish: Wish, around: Surroundings, name: str | None = None) -> Environment:
    """Return the environment, complete; ``UsageError`` says what of the wish there is not."""
    return _Inference(wish, around)(name)


class _Inference:
    def __init__(self, wish: Wish, around: Surroundings) -> None:
        self._wish = wish
        self._around = around
        self._since = frameworks().since
        self._asked = {name: self._release(name) for name in wish.packages}
        days = [one.uploaded for one in self._asked.values() if one.uploaded]
        self._cutoff = min(max(days, default=around.today) + _SETTLING, around.today)

    def __call__(self, name: str | None) -> Environment:
        packages = self._smaller_builds(self._complete())
        stack = self._stack(packages)
        found, label = self._names(stack, packages)
        draft = Environment(
            id=name or found,
            stack=stack,
            label=label,
            python=self._python(list(packages.values())),
            imports=frameworks().stack(stack).imports,
            packages={package: self._spelt(one) for package, one in packages.items()},
            cutoff=self._cutoff.isoformat(),
        )
        kin = relative(draft, self._around.matrix.environments)
        inherited = {
            "pins": self._pins(kin, packages),
            "variables": _variables(stack, packages, kin),
            "overrides": _overrides(packages, kin),
        }
        return draft.model_copy(update=inherited)

    def _release(self, package: str) -> Release:
        wanted = self._wish.packages[package]
        known = self._around.listing.get(canonicalize_name(package), ())
        public = Version(wanted).public  # an index has no +cpu, only a folder of wheels has
        for release in known:
            if release.version == Version(public):
                return release
        near = [one for one in known if one.minor == _minor(wanted)] or known[-5:]
        listed = ", ".join(str(one.version) for one in near)
        there = f"; it has {listed}" if listed else "; check the name"
        raise UsageError(f"there is no {package} {wanted} on the package index{there}")

    def _complete(self) -> dict[str, Release]:
        """Add the backend that a Keras needs, and the Keras that a TensorFlow came with."""
        packages = dict(self._asked)
        computes = backend(packages)
        if computes is None:
            packages = {"tensorflow": self._tensorflow(packages), **packages}
        plainly = {plain(name): one for name, one in packages.items()}
        tensorflow = plainly.get("tensorflow")
        if (
            tensorflow is not None
            and "keras" not in plainly
            and "tf-keras" not in plainly
            and tensorflow.version >= self._since.tensorflow_keras_apart
        ):
            packages["keras"] = self._keras(tensorflow)
        return packages

    def _tensorflow(self, packages: dict[str, Release]) -> Release:
        """Return the TensorFlow of the same number, or of the same days."""
        keras = packages.get("tf-keras", packages.get("keras"))
        same = keras is not None and (
            keras.package == "tf-keras"
            or self._since.keras_of_tensorflow <= keras.version < self._since.keras_3
        )
        for one in self._of_the_day("tensorflow"):
            if keras is not None and same and one.minor != keras.minor:
                continue
            if self._fitting([*packages.values(), one]):
                return one
        asked = ", ".join(f"{name} {one.version}" for name, one in packages.items())
        raise UsageError(f"no TensorFlow of its days goes with {asked}; name one, too")

    def _keras(self, tensorflow: Release) -> Release:
        """Return the newest Keras of the day; before Keras 3 the one of the same number."""
        of_keras_3 = tensorflow.version >= self._since.tensorflow_with_keras_3
        for one in self._of_the_day("keras", pre=tensorflow.version.is_prerelease):
            if one.version >= self._since.keras_3 if of_keras_3 else one.minor == tensorflow.minor:
                return one
        raise UsageError(
            f"no Keras of its days goes with TensorFlow {tensorflow.version}; name one, too"
        )

    def _of_the_day(self, package: str, *, pre: bool = False) -> Iterator[Release]:
        """Yield releases that a person got before the cutoff, newest first."""
        for one in reversed(self._around.listing.get(package, ())):
            early = one.uploaded is None or one.uploaded <= self._cutoff
            if early and not one.yanked and (pre or not one.version.is_prerelease):
                yield one

    def _smaller_builds(self, packages: dict[str, Release]) -> dict[str, Release]:
        """Put a smaller build where there is that release of it: tensorflow-cpu is a third."""
        found: dict[str, Release] = {}
        for name, release in packages.items():
            others = [one for one in packages.values() if one is not release]
            small = (one for one in self._builds(release) if self._fitting([*others, one]))
            taken = next(small, None)
            found[taken.package if taken else name] = taken or release
        return found

    def _builds(self, release: Release) -> Iterator[Release]:
        """Yield the same release of other builds, the first of each that was not withdrawn."""
        for build in frameworks().builds:
            listed = (
                self._around.listing.get(build.package, ()) if build.of == release.package else ()
            )
            same = [one for one in listed if one.version == release.version and not one.yanked]
            yield from same[:1]

    def _spelt(self, release: Release) -> str:
        """Return the version as it is asked for; of PyTorch only the CPU build is wanted."""
        wanted = self._wish.packages.get(release.package, str(release.version))
        known = frameworks().computing.get(release.package)
        local = known.local if known else None
        return f"{wanted}+{local}" if local and "+" not in wanted else wanted

    def _python(self, packages: Sequence[Release]) -> str:
        fitting = self._fitting(packages)
        if not fitting:
            asked = ", ".join(f"{one.package} {one.version}" for one in packages)
            raise UsageError(
                f"no Python of those days has files for {asked} together on Linux, x86-64;"
                " choose other releases"
            )
        here = [python for python in fitting if python in self._around.pythons]
        return next(iter([*self._with_same_local(here, packages), *here, *fitting]))

    def _with_same_local(self, pythons: Sequence[str], packages: Sequence[Release]) -> list[str]:
        """Return Pythons that an environment has it on: folders of wheels are in no index."""
        wanted = {(one.package, self._spelt(one)) for one in packages}
        wanted = {(name, version) for name, version in wanted if "+" in version}
        known = {
            one.python
            for one in self._around.matrix.environments
            if wanted & set(one.packages.items())
        }
        return [python for python in pythons if python in known]

    def _fitting(self, packages: Sequence[Release]) -> list[str]:
        known = self._around.listing
        parts = [
            part
            for one in packages
            for part in known.get(_compiled_part(one.package), ())
            if part.version == one.version
        ]
        return [
            python.version
            for python in frameworks().pythons
            if python.since <= self._cutoff  # without a compiled part all that came later seem fit
            and all(one.fits(python.version) for one in [*packages, *parts])
        ]

    def _stack(self, packages: dict[str, Release]) -> Stack:
        if "tf-keras" in packages:
            return "tf-keras"
        keras = packages.get("keras")
        if keras is not None and keras.version < self._since.keras_of_tensorflow:
            return "keras 2 (multi-backend)"
        if keras is not None and keras.version >= self._since.keras_3 and "keras" in self._asked:
            return "keras 3"
        return "tf.keras"

    def _pins(self, kin: Environment | None, packages: dict[str, Release]) -> tuple[str, ...]:
        """Take over what helped a relative of the same number, unless the wish speaks of it."""
        if kin is None or not _same_minor(kin, packages):
            return self._wish.pins
        spoken = {_name(pin) for pin in self._wish.pins} | set(packages)
        return (*self._wish.pins, *(pin for pin in kin.pins if _name(pin) not in spoken))

    def _names(self, stack: str, packages: dict[str, Release]) -> tuple[str, str]:
        versions = {package: one.version for package, one in packages.items()}
        naming = Naming(stack=stack, packages=versions, wish=self._wish)
        taken = {one.id for one in self._around.matrix.environments}
        about = self._asked if stack != "tf.keras" else packages
        last = all(
            self._is_last_patch(one) for name, one in about.items() if name in frameworks().named
        )
        return naming.best(taken, last_patch=last)

    def _is_last_patch(self, release: Release) -> bool:
        known = self._around.listing.get(release.package, ())
        later = [one for one in known if one.minor == release.minor and not one.yanked]
        return not release.version.is_prerelease and all(
            one.version <= release.version for one in later if not one.version.is_prerelease
        )


def _minor(version: str) -> tuple[int, int]:
    return Version(version).major, Version(version).minor


def _name(pin: str) -> str:
    return canonicalize_name(Requirement(pin).name)


def _same_minor(kin: Environment, packages: dict[str, Release]) -> bool:
    return all(
        name not in packages or packages[name].minor == _minor(version)
        for name, version in kin.packages.items()
    )


def _overrides(packages: dict[str, Release], kin: Environment | None) -> tuple[str, ...]:
    """Keep tf-keras, which asks for tensorflow, from bringing a second one beside the CPU build."""
    instead = tuple(
        one.instead
        for one in frameworks().builds
        if one.package in packages and packages.keys() & set(one.asked_for_by)
    )
    if instead:
        return instead
    return kin.overrides if kin is not None and _same_minor(kin, packages) else ()


def _variables(stack: str, packages: dict[str, Release], kin: Environment | None) -> dict[str, str]:
    if frameworks().stack(stack).on_tensorflow:
        return {}
    inherited = dict(kin.variables) if kin is not None else {}
    return {"KERAS_BACKEND": backend(packages) or "tensorflow", **inherited}
