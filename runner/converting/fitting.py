"""What the constructors of the target do not know of a configuration, met all at once; pure.

``here`` and ``there`` return what was read of a class or function in the reader and in the target
(``runner/evidence/constructors.py`` says what): None where nothing is known of it, empty where
there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.evidence.taken import INVENTED

Record = Mapping[str, Any]
Lookup = Callable[[str, str], Record | None]
KINDS: Mapping[str, str] = {
    "layer": "layers",
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
    "function": "activations",
}
_EVERYWHERE = frozenset({"name", "trainable"})
"""What every layer has, and rebuild.py sets where no constructor takes it."""


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """Two versions beside each other; ``lambdas`` says that the target has no operation layers.

    ``since`` returns what had a class, or an argument of it, first; None where that is not known.
    """

    there: Lookup
    here: Lookup
    label: str
    since: Callable[[str, str, str | None], str | None]
    lambdas: bool = False
    ignores_masks: bool = False
    """Whether attention there heeds no mask but those that it is called with."""
    by_name: bool = True
    """Whether a model there can give its outputs by name."""

    def lacks(self, kind: str, name: str) -> bool:
        """Say whether the target is known to have nothing of that name."""
        found = self.there(KINDS[kind], name)
        return found is not None and not found

    def lacks_argument(self, kind: str, name: str, argument: str) -> bool:
        """Say whether the target is known not to take an argument of a class that it has."""
        found = self.there(KINDS[kind], name)
        return bool(found) and _refuses(found or {}, argument)

    def unknown(self, kind: str, name: str, config: Mapping[str, Any]) -> Iterator[str]:
        """Yield the arguments in a configuration that the target's class does not take."""
        found = self.there(KINDS[kind], name)
        if found and "takes" in found:
            yield from (key for key in config if key not in _EVERYWHERE and _refuses(found, key))

    def is_default(self, kind: str, name: str, argument: str, value: Any) -> bool:
        """Say whether a value is what the reader's class has where nothing is said.

        What no constructor states is so where it is none or false.
        """
        found = self.here(KINDS[kind], name) or {}
        stated = {one[0]: one[1] for one in found.get("arguments", ()) if len(one) > 1}
        if argument in stated:
            written = (found.get("written") or {}).get(argument)
            return _same(value, stated[argument]) or _same(value, written)
        required = any(one[0] == argument for one in found.get("arguments", ()))
        return not required and value in (None, False)

    def came(self, kind: str, name: str, argument: str | None = None) -> str:
        """Return the end of a sentence that says since when there is such a thing."""
        first = self.since(KINDS[kind], name, argument)
        return f"; it came with {first}" if first else ""


def _refuses(found: Record, argument: str) -> bool:
    if found.get("untried") or "takes" not in found:
        return False
    takes = found["takes"]
    answer = takes.get(argument, takes.get(INVENTED))
    return bool(answer == 0)


def _same(one: Any, other: Any) -> bool:
    """Compare values; lists are tuples, and 1 is no True."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
