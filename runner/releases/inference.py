"""A wish and the index's listing -> the environment that is meant: all that was not said; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from caniload.runner.core.errors import UsageError
from caniload.runner.environments.listing import PYTHONS, Listing, Release
from caniload.runner.matrix.joining import backend, relative
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.matrix.where import Imported, Stack
from caniload.runner.releases.naming import Naming
from caniload.runner.releases.wishes import Wish

ASKED = ("tensorflow", "tensorflow-cpu", "keras", "tf-keras")
"""What the index is asked about whatever is wished: from these the rest is inferred."""

COMPILED_PART = {"jax": "jaxlib"}
"""Packages that are Python only, with the one of the same number that is not."""

_SETTLING = timedelta(days=14)
"""After a release, until its own requirements had been put right; see CONTRIBUTING.md."""

_KERAS_APART = Version("2.6")
"""The TensorFlow whose Keras became a package of its own."""

_KERAS_OF_TENSORFLOW = Version("2.4")
_KERAS_3 = Version("3.0.dev0")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """All that an inference looks at: the file, the index, this machine's Pythons, the day."""

    matrix: Matrix
    listing: Listing
    pythons: frozenset[str]
    today: date


def packages_to_ask(wish: Wish) -> list[str]:
    """Return the packages that the index must list before anything can be inferred."""
    parts = [COMPILED_PART[name] for name in wish.packages if name in COMPILED_PART]
    return [*ASKED, *wish.packages, *parts]


def environment(wish: Wish, around: Surroundings, name: str | None = None) -> Environment:
    """Return the environment, complete; ``UsageError`` says what of the wish there is not."""
    return _Inference(wish, around)(name)


class _Inference:
    def __init__(self, wish: Wish, around: Surroundings) -> None:
        self._wish = wish
        self._around = around
        self._asked = {name: self._release(name) for name in wish.packages}
        days = [one.uploaded for one in self._asked.values() if one.uploaded]
        self._cutoff = min(max(days, default=around.today) + _SETTLING, around.today)

    def __call__(self, name: str | None) -> Environment:
        packages = self._smaller_builds(self._complete())
        stack, imports = self._stack(packages)
        found, label = self._names(stack, packages)
        draft = Environment(
            id=name or found,
            stack=stack,
            label=label,
            python=self._python(list(packages.values())),
            imports=imports,
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
        tensorflow = packages.get("tensorflow", packages.get("tensorflow-cpu"))
        if (
            tensorflow is not None
            and not {"keras", "tf-keras"} & set(packages)
            and tensorflow.version >= _KERAS_APART
        ):
            packages["keras"] = self._keras(tensorflow)
        return packages

    def _tensorflow(self, packages: dict[str, Release]) -> Release:
        """Return the TensorFlow of the same number, or of the same days."""
        keras = packages.get("tf-keras", packages.get("keras"))
        same = keras is not None and (
            keras.package == "tf-keras" or _KERAS_OF_TENSORFLOW <= keras.version < _KERAS_3
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
        of_keras_3 = tensorflow.version >= Version("2.16.0.dev0")
        for one in self._of_the_day("keras", pre=tensorflow.version.is_prerelease):
            if one.version >= _KERAS_3 if of_keras_3 else one.minor == tensorflow.minor:
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
        """Put tensorflow-cpu, a third of the size, where there is that release of it."""
        small = self._around.listing.get("tensorflow-cpu", ())
        found: dict[str, Release] = {}
        for name, release in packages.items():
            same = [one for one in small if one.version == release.version and not one.yanked]
            others = [one for one in packages.values() if one is not release]
            fits = name == "tensorflow" and same and self._fitting([*others, same[0]])
            found["tensorflow-cpu" if fits else name] = same[0] if fits else release
        return found

    def _spelt(self, release: Release) -> str:
        """Return the version as it is asked for; of PyTorch only the CPU build is wanted."""
        wanted = self._wish.packages.get(release.package, str(release.version))
        return f"{wanted}+cpu" if release.package == "torch" and "+" not in wanted else wanted

    def _python(self, packages: Sequence[Release]) -> str:
        fitting = self._fitting(packages)
        if not fitting:
            asked = ", ".join(f"{one.package} {one.version}" for one in packages)
            raise UsageError(
                f"no Python of those days has files for {asked} together on Linux, x86-64;"
                " choose other releases"
            )
        here = [python for python in fitting if python in self._around.pythons]
        return next(iter([*self._with_same_torch(here, packages), *here, *fitting]))

    def _with_same_torch(self, pythons: Sequence[str], packages: Sequence[Release]) -> list[str]:
        """Return Pythons that an environment has it on: folders of wheels are in no index."""
        wanted = [self._spelt(one) for one in packages if one.package == "torch"]
        known = {
            one.python
            for one in self._around.matrix.environments
            if one.packages.get("torch") in wanted
        }
        return [python for python in pythons if python in known]

    def _fitting(self, packages: Sequence[Release]) -> list[str]:
        known = self._around.listing
        parts = [
            part
            for one in packages
            for part in known.get(COMPILED_PART.get(one.package, ""), ())
            if part.version == one.version
        ]
        return [
            python
            for python, since in PYTHONS.items()
            if since <= self._cutoff  # what has no compiled part seems to fit all that came later
            and all(one.fits(python) for one in [*packages, *parts])
        ]

    def _stack(self, packages: dict[str, Release]) -> tuple[Stack, Imported]:
        if "tf-keras" in packages:
            return "tf-keras", "tf_keras"
        keras = packages.get("keras")
        if keras is not None and keras.version < _KERAS_OF_TENSORFLOW:
            return "keras 2 (multi-backend)", "keras"
        if keras is not None and keras.version >= _KERAS_3 and "keras" in self._asked:
            return "keras 3", "keras"
        return "tf.keras", "tensorflow.keras"

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
        last = all(self._is_last_patch(one) for name, one in about.items() if name in ASKED)
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
    if {"tf-keras", "tensorflow-cpu"} <= packages.keys():
        return ("tensorflow; python_version < '3'",)
    return kin.overrides if kin is not None and _same_minor(kin, packages) else ()


def _variables(stack: str, packages: dict[str, Release], kin: Environment | None) -> dict[str, str]:
    if stack in {"tf.keras", "tf-keras"}:
        return {}
    inherited = dict(kin.variables) if kin is not None else {}
    return {"KERAS_BACKEND": backend(packages) or "tensorflow", **inherited}
