"""``caniload nightly``, ``ledger`` and ``history``: what is new tonight, and since when."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caniload.runner.commands.arguments import (
    evidence_of,
    locks_of,
    matrix_path,
    read,
    selection_of,
)
from caniload.runner.core.errors import UsageError
from caniload.runner.core.machine import cores
from caniload.runner.core.putting import put_text
from caniload.runner.environments.home import Home
from caniload.runner.evidence import runs
from caniload.runner.judging.assemble import Assembly
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix import editing
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.joining import relative
from caniload.runner.matrix.schema import Matrix
from caniload.runner.nightly import feed, issues, keeping, ledger, proposing, taking, writing
from caniload.runner.nightly import past as looking_back
from caniload.runner.nightly.comparing import Comparison
from caniload.runner.nightly.findings import Finding, Kind, Report
from caniload.runner.nightly.ledger import Book, Ledger
from caniload.runner.nightly.night import Night
from caniload.runner.nightly.telling import as_lines, as_markdown
from caniload.runner.releases import growth
from caniload.runner.running.run import BATCH

NEWS, NOTHING_RAN = 1, 5


def compare(arguments: argparse.Namespace) -> int:
    """Say what is new tonight, and keep the night."""
    matrix, home = read(arguments), Home.default()
    folder = arguments.nights or home.nights
    before = keeping.read(folder, newest=keeping.KEEP)
    replaced = keeping.path_of(before[-1], folder) if arguments.again and before else None
    before = before[:-1] if replaced else before
    night = _night(arguments, matrix, home, after=before[-1].when if before else "")
    report = Comparison(night=night, before=before, book=_book(arguments, matrix))()
    if arguments.keep:
        path, gone = keeping.keep(night, folder, report, most=arguments.most)
        if replaced is not None and replaced != path:
            keeping.forget(replaced)
        _say(f"kept as {path}; {len(gone)} older ones went")
    _write(arguments, report, folder)
    _print(arguments, report)
    return _exit(arguments.fail_on, report)


def _exit(fail_on: str, report: Report) -> int:
    if fail_on == "never":
        return 0
    if not report.alive:
        return NOTHING_RAN
    return NEWS if report.news or (fail_on == "open" and report.standing) else 0


def _night(arguments: argparse.Namespace, matrix: Matrix, home: Home, *, after: str = "") -> Night:
    """Judge what is stored of the selection, as of now."""
    chosen = planning.make(matrix, selection_of(arguments, matrix))
    evidence = evidence_of(arguments, chosen, home)
    judged = Assembly(evidence=evidence, batch=BATCH, locks=locks_of(arguments))()
    return taking.night(
        judged,
        runs.read(home, after),
        _bases(matrix),
        evidence.resolution.fingerprints,
        when=runs.now(),
    )


def _bases(matrix: Matrix) -> dict[str, str]:
    """Return of each environment the one that it is held against while no night has it."""
    found = {}
    for one in matrix.environments:
        others = [other for other in matrix.environments if other.id != one.id and not other.twin]
        kin = relative(one, others)
        found[one.id] = one.twin or (kin.id if kin is not None else "")
    return found


def _ledger_path(arguments: argparse.Namespace) -> Path:
    """Return the ledger that is meant: the one that is given, or the one beside matrix.yaml."""
    path: Path | None = arguments.ledger
    return path if path is not None else matrix_path(arguments).with_name(ledger.NAME)


def _ledger(arguments: argparse.Namespace, *, missing: bool = True) -> Ledger | None:
    """Read the ledger; where none was named and there is none, ``missing`` says if that will do."""
    path = _ledger_path(arguments)
    try:
        return ledger.parse(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        if arguments.ledger is None and missing:
            return None
        raise UsageError(f"{path}: there is none; `caniload ledger write` makes one") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text; `caniload ledger write` makes one") from None


def _book(arguments: argparse.Namespace, matrix: Matrix) -> Book | None:
    found = _ledger(arguments)
    return _held(found, matrix, _today()) if found is not None else None


def _held(found: Ledger, matrix: Matrix, today: str) -> Book:
    names = tuple(one.id for one in matrix.environments)
    return Book(ledger=found, environments=names, today=today)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _write(arguments: argparse.Namespace, report: Report, folder: Path) -> None:
    """Write what was asked for: files into a folder, and Markdown behind what a file has."""
    reports = [*keeping.reports(folder)]
    if not arguments.keep:
        reports.append(report.as_json())
    if arguments.into is not None:
        arguments.into.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("nightly.json", json.dumps(report.as_json(), indent=1) + "\n"),
            ("nightly.md", as_markdown(report)),
            ("nightly.atom", feed.as_atom(reports, link=arguments.link)),
        ):
            put_text(arguments.into / name, text)
    if arguments.summary is not None:
        with arguments.summary.open("a", encoding="utf-8") as stream:
            stream.write(as_markdown(report) + "\n")


def _print(arguments: argparse.Namespace, report: Report) -> None:
    if arguments.format == "json":
        print(json.dumps(report.as_json(), indent=1))
    elif arguments.format == "markdown":
        print(as_markdown(report))
    else:
        print("\n".join(as_lines(report)))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


# What follows from it, for a tracker


def plan_issues(arguments: argparse.Namespace) -> int:
    """Print what is to be done with a tracker's issues."""
    found = _report(_json(arguments.report, dict))
    print(json.dumps(issues.plan(found, _json(arguments.issues, list)).as_json(), indent=1))
    return 0


def _json(path: Path, kind: type) -> Any:
    """Read plain data of a kind; one line says what is wrong with a file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: is not JSON ({str(error).splitlines()[0]})") from error
    if not isinstance(data, kind):
        what = "a list" if kind is list else "an object"
        raise UsageError(f"{path}: is not {what}; it says {str(data)[:40]!r}")
    return data


def _report(data: Mapping[str, Any]) -> Report:
    """Return the report that ``nightly compare`` has written."""
    try:
        findings = [
            Finding(
                **{key: value for key, value in one.items() if key != "id"}
                | {"kind": Kind(one["kind"])}
            )
            for one in data["findings"]
        ]
        plain = {key: value for key, value in data.items() if key not in ("schema", "alive")}
        return Report(**{**plain, "findings": findings})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"no report as `caniload nightly compare --into` writes it ({error})"
        ) from error


def propose(arguments: argparse.Namespace) -> int:
    """Print which new releases are to be proposed."""
    matrix = read(arguments)
    offered = growth.offers(matrix, locks=locks_of(arguments), pre=arguments.pre, jobs=cores())
    requests = _json(arguments.requests, list) if arguments.requests is not None else []
    bases = {}
    for one in offered.found:
        kin = relative(one.environment, matrix.environments)
        bases[one.environment.id] = kin.id if kin is not None else ""
    found = proposing.proposals(
        growth.as_json(offered), bases, requests, today=_today(), days=arguments.days
    )
    print(json.dumps(found.as_json(), indent=1))
    return 0


def proposal(arguments: argparse.Namespace) -> int:
    """Print what a new environment does beside the one that it follows, as Markdown."""
    matrix = read(arguments)
    known = {one.id: one for one in matrix.environments}
    base = _bases(matrix).get(arguments.id, "")
    arguments.envs = tuple(filter(None, (arguments.id, base)))
    night = _night(arguments, matrix, Home.default())
    entry = editing.entry(known[arguments.id])
    print(proposing.text(night, arguments.id, entry, _book(arguments, matrix)))
    return 0


# What is expected


def write_ledger(arguments: argparse.Namespace) -> int:
    """Write the ledger: what is met stays, what is not met goes, what is new comes in."""
    matrix, path = read(arguments), _ledger_path(arguments)
    if arguments.reason and len(arguments.reason) < ledger.SHORTEST:
        raise UsageError(
            f"--reason: at least {ledger.SHORTEST} letters, for whoever reads it later"
        )
    night = _night(arguments, matrix, Home.default())
    if not night.tested:
        raise UsageError("nothing of that was measured here; `caniload matrix` does that")
    there = _ledger(arguments) if path.exists() else None
    wanted = writing.Wanted(
        today=_today(),
        means={one.entry.id: one.entry.means for one in read_catalogue()},
        reason=arguments.reason,
        days=arguments.days,
        only=frozenset(arguments.only),
        renew=arguments.renew,
    )
    written = writing.write(_held(there or Ledger(schema=1), matrix, ""), night, wanted)
    if arguments.only and not written.added:
        ids = ", ".join(arguments.only)
        raise UsageError(f"nothing unexpected has the id {ids}; `caniload ledger check` lists them")
    text = writing.as_text(written.ledger)
    ledger.parse(text, str(path))
    put_text(path, text)
    for sign, entries in (("+", written.added), ("-", written.removed)):
        for one in entries:
            print(f"{sign} {one.kind} {one.about}{f' ({one.cells} cells)' if one.cells else ''}")
    print(
        f"{path}: {len(written.ledger.expected)} entries, {len(written.added)} new,"
        f" {len(written.removed)} gone, {written.renewed} renewed, {len(text) / 1000:.1f} kB"
    )
    return 0


def check_ledger(arguments: argparse.Namespace) -> int:
    """Hold the ledger against what is stored."""
    matrix = read(arguments)
    found = _ledger(arguments, missing=False)
    assert found is not None  # noqa: S101 - or it was said
    book = _held(found, matrix, _today())
    night = _night(arguments, matrix, Home.default())
    kinds = {Kind.EXPIRED, Kind.UNUSED, Kind.UNEXPECTED, Kind.CONTROL, Kind.UNBUILT, Kind.TEXT}
    report = Comparison(night=night, before=[], book=book)()
    told = [one for one in report.findings if one.kind in kinds]
    if arguments.format == "json":
        print(json.dumps([one.as_json() for one in told], indent=1))
    else:
        print(f"{_ledger_path(arguments)}: {len(found.expected)} entries, every one can be read")
        if night.tested:
            print(
                f"{report.expected} of {night.tested} cells that have a result are expected by it"
            )
        else:
            print("nothing was measured here, so it was held against nothing")
        for one in told:
            cells = f" ({one.cells} cells)" if one.cells else ""
            print(f"  {one.id}  {one.kind}: {one.cause}{cells}; {one.said}")
    bad = [one for one in told if one.kind is not Kind.UNUSED and night.tested]
    expired = any(one.kind is Kind.EXPIRED for one in told)
    return NEWS if bad or expired else 0


# Since when


def history(arguments: argparse.Namespace) -> int:
    """Say since which night something is as it is."""
    folder = arguments.nights or Home.default().nights
    nights = keeping.read(folder)
    if not nights:
        raise UsageError(f"{folder}: no night is kept there; `caniload nightly compare` keeps one")
    found = looking_back.past(nights, arguments.name)
    if arguments.format == "json":
        print(json.dumps(found.as_json(), indent=1))
    else:
        print("\n".join(looking_back.as_lines(found, len(nights))))
    return 0
