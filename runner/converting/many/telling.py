"""A manifest as a sentence, as lines and as a table in Markdown; pure."""

from __future__ import annotations

from collections.abc import Iterator

from caniload.runner.converting.many.manifest import Entry, Manifest
from caniload.runner.converting.outcome import Verdict
from caniload.runner.converting.receipt import Hashed
from caniload.runner.core.markup import escaped, table
from caniload.runner.core.texts import shown

_SHOWN = 12
"""Digits of a hash in a table; the whole of it is in the JSON."""
_HEAD = ("original", "sha256", "outcome", "result", "sha256", "reader", "remedy", "proof", "lost")
_REASON = 600
"""Most characters of a reason on screen; a longer one is in the manifest."""


def sentence(manifest: Manifest) -> str:
    """Return in one sentence how many were brought across, and what became of the rest."""
    whole = len(manifest.models)
    across = len(manifest.having(Verdict.DELIVERED))
    parts = [f"{across} of {whole} brought across to {manifest.target}"]
    if graphs := len(manifest.having(Verdict.INFERENCE)):
        parts.append(f"{graphs} for inference only")
    if refused := len(manifest.having(Verdict.REFUSED)):
        parts.append(f"{refused} not")
    if skipped := len(manifest.skipped):
        parts.append("1 other is no model" if skipped == 1 else f"{skipped} others are no models")
    return ", ".join(parts)


def as_lines(manifest: Manifest) -> Iterator[str]:
    """Yield what was not brought across and why, then the sentence."""
    for one in manifest.models:
        if one.verdict is not Verdict.DELIVERED:
            verdict = "not brought across" if one.verdict is Verdict.REFUSED else one.verdict
            yield f"{shown(one.name)}: {verdict}: {shown(one.reason or '', _REASON)}"
            if one.endpoint is not None:
                yield f"  call it with {shown(one.endpoint.call, _REASON)}"
    yield sentence(manifest)


def as_table(manifest: Manifest) -> Iterator[str]:
    """Yield the lines of ``manifest.md``."""
    yield f"# {escaped(sentence(manifest))}"
    yield ""
    yield f"By caniload {escaped(manifest.version)}; the lock of {manifest.target} is"
    yield f"`sha256:{manifest.lock}`. Hashes are cut short here, `manifest.json` has all of them."
    yield ""
    yield from table(_HEAD, [_row(one) for one in manifest.models])
    yield from _others("No models", [(one.name, one.reason) for one in manifest.skipped])
    gone = [(one.name, f"its result is {one.out}") for one in manifest.earlier]
    yield from _others("From earlier: the original is no longer among the files", gone)


def _row(one: Entry) -> tuple[str, ...]:
    proof = one.proof
    far = f"{proof.max_abs:.3g} of {proof.bound:.3g} allowed" if proof is not None else ""
    if proof is not None and proof.weak:
        far = f"{far}; weak: {proof.weak}"
    verdict = one.verdict if one.reason is None else f"{one.verdict}: {one.reason}"
    if one.endpoint is not None:
        verdict = f"{verdict}; call it with {one.endpoint.call}"
    return (
        escaped(one.name),
        _hash(one.material),
        escaped(verdict),
        escaped(one.out or ""),
        _hash(one.result),
        escaped(proof.reader if proof else ""),
        escaped(one.remedy or ""),
        escaped(far),
        escaped("; ".join(one.lost)),
    )


def _hash(files: tuple[Hashed, ...]) -> str:
    if not files:
        return ""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"`{files[0].sha256[:_SHOWN]}`{more}"


def _others(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield f"## {title}"
        yield ""
        yield from table(("file", "why"), [(escaped(name), escaped(why)) for name, why in rows])
