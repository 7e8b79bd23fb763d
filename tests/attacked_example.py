"""A security matrix that never was measured, for tests of the report only."""

from __future__ import annotations

from itertools import cycle

from caniload.runner.core.attacked import (
    AttackCell,
    AttackedEnvironment,
    AttackFile,
    AttackTable,
    Came,
)


def table(environments: tuple[str, ...], extra: str = "") -> AttackTable:
    """Return one in which every word is there, and an advisory that says otherwise."""
    files = tuple(
        AttackFile(
            id=f"{kind}-{number}",
            format=kind,
            what=f"something is wrong{extra}",
            reaches="runs",
            published=(f"CVE-0000-{number}{extra}",) if number else (),
        )
        for kind in ("keras", "h5")
        for number in range(2)
    )
    words = cycle(Came)
    return AttackTable(
        attacks=files,
        environments=tuple(
            AttackedEnvironment(
                id=name,
                label=f"{name}{extra}",
                stack="tf.keras",
                keras="2.12.0",
                versions=_versions(place, last=place == len(environments) - 1),
                lock_sha256="0" * 64,
                measured_at="2026-11-20",
                sandbox="bwrap",
                cells={one.id: _cell(next(words), extra) for one in files},
            )
            for place, name in enumerate(environments)
        ),
    )


def _versions(place: int, *, last: bool) -> dict[str, str]:
    """Return the packages of one; the last has Keras on another backend."""
    if last:
        return {"jax": "0.4.30"}
    return {"tensorflow": f"2.{place // 2}.0", "h5py": "3.11.0"}


def _cell(came: Came, extra: str) -> AttackCell:
    parts = (f"by CVE-0000-1, mended in 3, Keras 2.12.0 is mended{extra}",)
    return AttackCell(came=came, why=f"No{extra}", parts=parts if came is Came.REACHED else ())
