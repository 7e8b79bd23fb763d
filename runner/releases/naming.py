"""An inferred environment's id and label; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from packaging.version import Version

from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.joining import backend
from caniload.runner.releases.wishes import Wish


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What a name is made of: ``tf-2.16`` or, not short, ``tf-2.16.2``."""

    stack: str
    packages: Mapping[str, Version]
    wish: Wish

    def best(self, taken: Collection[str], *, last_patch: bool) -> tuple[str, str]:
        """Return id and label, short ones for the last patch where no environment has the id."""
        short = self._named(short=True)
        return short if last_patch and short[0] not in taken else self._named(short=False)

    def _named(self, *, short: bool) -> tuple[str, str]:
        name, label = self._of_stack(
            {
                plain(package): f"{one.major}.{one.minor}" if short else str(one)
                for package, one in self.packages.items()
            }
        )
        for package, version in self.wish.packages.items():
            if package not in {*frameworks().named, *frameworks().computing}:
                name += f"-{package}-{version.replace('!', '.')}"
                label += f", {package} {version}"
        if self.wish.pins:
            digest = hashlib.sha256("\n".join(self.wish.pins).encode()).hexdigest()
            name += f"-{digest[:6]}"
            label += f", {', '.join(self.wish.pins)}"
        return name[:60], label[:40]

    def _of_stack(self, number: Mapping[str, str]) -> tuple[str, str]:
        prefix = frameworks().prefix
        if self.stack == "tf.keras":
            return f"{prefix}{number['tensorflow']}", f"TF {number['tensorflow']}"
        if self.stack == "tf-keras":
            name, label = f"tf-keras-{number['tf-keras']}", f"tf-keras {number['tf-keras']}"
            if "tensorflow" in map(plain, self.wish.packages):
                name += f"-{prefix}{number['tensorflow']}"
                label += f" on TF {number['tensorflow']}"
            return name, label
        computes = backend(self.packages) or "tensorflow"
        label = f"Keras {number['keras']} on {frameworks().computing[computes].title}"
        if computes == "tensorflow":
            name = f"{prefix}{number['tensorflow']}-keras-{number['keras']}"
            return name, f"{label} {number['tensorflow']}"
        return f"keras-{number['keras']}-{computes}", label
