"""``caniload releases``: what the package index has and matrix.yaml has not."""

from __future__ import annotations

import argparse
import json

from caniload.runner.commands.arguments import locks_of, read
from caniload.runner.core.machine import cores
from caniload.runner.releases import growth


def releases(arguments: argparse.Namespace) -> int:
    """Print what the package index has and matrix.yaml has not, and what adding it costs."""
    matrix_read, locks = read(arguments), locks_of(arguments)
    found = growth.offers(matrix_read, locks=locks, pre=arguments.pre, jobs=cores())
    if arguments.format == "json":
        print(json.dumps(growth.as_json(found), indent=1))
    else:
        print("\n".join(growth.as_lines(found)))
    return 0
