"""What may be said once for all commands, and by whom; pure."""

from __future__ import annotations

from caniload.runner.core.errors import UsageError
from caniload.runner.core.nearest import nearest

TYPE_CHECKING = False  # checkers know the name; to import it takes as long as all else here
if TYPE_CHECKING:
    from typing import Any

TABLE = "[tool.caniload]"
TEXT, TEXTS, NUMBER, TABLES = "a text", "a text or a list of texts", "a whole number", "tables"

KEYS = {
    "models": TEXTS,
    "from": TEXT,
    "to": TEXTS,
    "for": TEXT,
    "custom": TEXTS,
    "with": TEXTS,
    "build": TEXT,
    "inputs": TEXT,
    "sandbox": TEXT,
    "fail-on": TEXT,
    "jobs": NUMBER,
    "color": TEXT,
    "allow": TABLES,
}
"""What can be written under ``[tool.caniload]``; all but ``allow`` also as variables."""

PATHS = {"models", "custom", "build", "inputs"}
"""Those that name files: from the folder of the file that says them."""

_PERSONAL = {
    "trust": "say --trust when you have looked at the file",
    ("sandbox", "none"): "say --sandbox none, or set CANILOAD_SANDBOX",
}
"""What no file may say: one lies in every folder that a stranger sends, too."""


def variable(key: str) -> str:
    """Return the environment variable of a key."""
    return f"CANILOAD_{key.upper().replace('-', '_')}"


def check(table: Any, place: object) -> dict[str, Any]:
    """Return the table as it is; ``UsageError`` says in a line what is not understood."""
    if not isinstance(table, dict):
        raise UsageError(f"{place}: {TABLE} is a table")
    for key, value in table.items():
        if how := _PERSONAL.get(key) or (
            _PERSONAL.get((key, value)) if isinstance(value, str) else None
        ):
            said = f"{key} = {value}" if isinstance(value, str) else key
            raise UsageError(f"{place}: {TABLE} cannot say {said} for you; {how}")
        if key not in KEYS:
            near = nearest(key, KEYS)
            raise UsageError(f"{place}: {TABLE} has no key {key!r}; {near}")
        if not _fits(value, KEYS[key]):
            raise UsageError(f"{place}: {TABLE} {key} is {KEYS[key]}, not {value!r}")
    return table


def _fits(value: Any, kind: str) -> bool:
    if kind == NUMBER:
        return type(value) is int
    if kind == TABLES:
        return True  # whoever reads them says what is wrong with one
    if kind == TEXTS and isinstance(value, list):
        return bool(value) and all(isinstance(one, str) and one.strip() for one in value)
    return isinstance(value, str) and bool(value.strip())
