"""``caniload ci``: inspect, check and upgrade of a project's models, as a code host shows them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console

from caniload.runner.ci import hosting, telling
from caniload.runner.ci.asking import ask
from caniload.runner.ci.outcome import Report
from caniload.runner.commands.arguments import locks_of, read, version_of
from caniload.runner.commands.requests import request_of
from caniload.runner.core import sarif
from caniload.runner.core.errors import UsageError
from caniload.runner.core.putting import put_text
from caniload.runner.core.testcases import as_junit
from caniload.runner.core.version import version
from caniload.runner.forensics import gate
from caniload.runner.forensics.sarif import rules_of

SUMMARY, OUTPUT = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"


def ci(arguments: argparse.Namespace) -> int:
    """Write what is said of all models; exit with the gravest code of the questions."""
    folder: Path = arguments.output
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"-o {folder}: is there, and is no folder")
    if "\n" in str(folder):
        raise UsageError("-o: a folder's name has no line break")
    rules = gate.read_rules(Path.cwd(), fail_on=arguments.fail_on, baseline=arguments.baseline)
    matrix, before = read(arguments), arguments.before
    if before is not None:
        before = version_of(before, matrix, locks_of(arguments))
    request = request_of(arguments, matrix)
    report = ask(
        arguments.model,
        request,
        rules=rules,
        run=arguments.run,
        before=before,
        custom=arguments.custom,
        lenient=arguments.lenient,
        console=Console(stderr=True),
    )
    _write(report, folder, arguments.key)
    if arguments.comment:
        _comment(report, arguments.key)
    print(telling.sentence(report))
    return report.code


def _write(report: Report, folder: Path, key: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    results = [one for part in report.parts for one in part.results]
    log = sarif.log(results, version(), rules_of(report.parts[0].results))
    page = telling.page(report)
    cases = [row for part in report.parts for row in part.rows]
    for name, text in (
        ("caniload.sarif", sarif.as_text(log)),
        ("junit.xml", as_junit("caniload", cases)),
        ("report.md", page),
        ("comment.md", telling.comment(report, key)),
    ):
        put_text(folder / name, text)
    told = {
        **telling.outputs(report),
        "report": str(folder / "report.md"),
        "sarif": str(folder / "caniload.sarif"),
        "junit": str(folder / "junit.xml"),
    }
    for name, text in (
        (SUMMARY, page),
        (OUTPUT, "".join(f"{key}={value}\n" for key, value in told.items())),
    ):
        if place := os.environ.get(name):
            with Path(place).open("a", encoding="utf-8") as file:
                file.write(text)


def _comment(report: Report, key: str) -> None:
    """Bring the comment up to date; where that cannot be, the answer counts all the same."""
    try:
        pull = hosting.pull_of(os.environ)
        if pull is None:
            print("no pull request here, so no comment", file=sys.stderr)
            return
        text = telling.comment(report, key)
        step = hosting.put(pull, text, telling.marker(key), quiet=report.quiet)
    except hosting.UncommentedError as error:
        print(f"caniload: {error}", file=sys.stderr)
        return
    done = {"create": "written", "update": "updated", "nothing": "left as it is"}
    print(f"the comment was {done[step.what]}", file=sys.stderr)
