"""``caniload inspect``: what model files say of themselves, without any framework."""

from __future__ import annotations

import argparse
import json

from caniload.runner.core.errors import UsageError
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.forensics.describe import as_json, as_lines


def inspect(arguments: argparse.Namespace) -> int:
    """Print what each file holds; exit 2 if one of them could not be read, after all are shown."""
    inspections = []
    for number, inspection in enumerate(inspect_all(arguments.model)):
        inspections.append(inspection)
        if not arguments.json:
            print("\n".join(["", *as_lines(inspection)] if number else as_lines(inspection)))
    if arguments.json:
        print(json.dumps(as_json(inspections), indent=1))
    sound = all(one.sound for one in inspections)
    return 0 if sound else UsageError.exit_code
