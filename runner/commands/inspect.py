"""``caniload inspect``: what model files say of themselves, without any framework."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from caniload.runner.commands.showing import TEXT, written
from caniload.runner.core.errors import UsageError
from caniload.runner.core.putting import put_text
from caniload.runner.core.sarif import as_text
from caniload.runner.core.version import version
from caniload.runner.forensics import gate, sarif
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.describe import as_json, as_lines, as_row, of_the_gate
from caniload.runner.forensics.facts import Inspection

FOUND = 1


def inspect(arguments: argparse.Namespace) -> int:
    """Print what each file holds; exit 2 if one could not be read, 1 if a finding stops."""
    rules = gate.read_rules(Path.cwd(), fail_on=arguments.fail_on, baseline=arguments.baseline)
    found: list[tuple[Inspection, tuple[gate.Judged, ...]]] = []
    for path, inspection in zip(arguments.model, inspect_all(arguments.model), strict=True):
        # A large file is not read for its hash where nobody asks for that.
        sha256 = gate.sha256_of(path, inspection) if inspection.findings else ""
        judged = gate.judged(inspection, sha256, rules)
        if arguments.format == TEXT:
            print("\n".join(["", *as_lines(inspection)] if found else as_lines(inspection)))
            for line in of_the_gate(judged):
                print(line)
        found.append((inspection, judged))
    if arguments.format == "sarif":
        print(as_text(sarif.report(found, version())))
    elif arguments.format != TEXT:
        text = written(
            arguments.format,
            text=list,
            json=lambda: json.dumps(as_json(found), indent=1),
            rows=lambda: [as_row(*one) for one in found],
            title="caniload inspect",
        )
        print(text)
    if arguments.write_baseline:
        everything = [one for _, judged in found for one in judged]
        put_text(arguments.write_baseline, gate.as_baseline(everything))
    if not all(one.sound for one, _ in found):
        return UsageError.exit_code
    if arguments.write_baseline:
        return 0
    return FOUND if any(one.stops for _, judged in found for one in judged) else 0
