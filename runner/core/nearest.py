"""What somebody may have meant who typed a name that there is none of; pure."""

from __future__ import annotations

from collections.abc import Iterable

THREE = 3


def nearest(name: str, known: Iterable[str], *, all_of: str = "") -> str:
    """Return the clause that follows on "there is no ...": the three names that are most like it.

    ``all_of`` is the command that shows all of them.
    """
    import difflib  # noqa: PLC0415 - whoever types well pays nothing for this

    found = [*known]
    close = difflib.get_close_matches(name, found, n=THREE, cutoff=0.0)
    if len(found) <= THREE or not close:
        return f"there are: {', '.join(found)}" if found else "there are none"
    more = f"; `{all_of}` shows all" if all_of else ""
    return f"nearest: {', '.join(close)}{more}"
