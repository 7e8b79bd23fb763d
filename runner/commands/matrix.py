"""``caniload plan``, ``matrix`` and ``report``: what would run, running it, and drawing it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
import webbrowser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from caniload.runner.answering.index import read_index
from caniload.runner.commands import drawing, engines, running, sharding
from caniload.runner.commands.arguments import evidence_of, locks_of, read, selection_of
from caniload.runner.commands.drawing import Drawing
from caniload.runner.commands.live import Live
from caniload.runner.core.errors import StrictError, UsageError
from caniload.runner.core.machine import cores
from caniload.runner.environments.home import Home
from caniload.runner.evidence.known import Evidence
from caniload.runner.judging import unchanged
from caniload.runner.matrix import plan as planning
from caniload.runner.matrix.plan import Selection
from caniload.runner.matrix.schema import Environment
from caniload.runner.running import estimate


def plan(arguments: argparse.Namespace) -> int:
    """Print what would run, and what it would cost."""
    known = read(arguments)
    chosen = planning.make(known, selection_of(arguments, known))
    if arguments.shards is not None:
        return sharding.plan(arguments, chosen)
    if arguments.platform is not None:
        return _elsewhere(arguments, chosen.environments)
    evidence = evidence_of(arguments, chosen, Home.default())
    cost = estimate.cost(evidence, jobs=arguments.jobs or cores(), locks=locks_of(arguments))
    if arguments.format == "json":
        print(json.dumps(estimate.as_json(evidence, cost), indent=1))
    else:
        print("\n".join(estimate.as_lines(evidence, cost)))
    return 0


def _elsewhere(arguments: argparse.Namespace, environments: Sequence[Environment]) -> int:
    """Print which environments have wheels on another platform, as the package index lists them."""
    from caniload.runner.packages import elsewhere, index  # noqa: PLC0415 - asks the network

    locks = locks_of(arguments)
    listing = index.releases(elsewhere.asked_about(environments, locks))
    rows = elsewhere.rows(environments, listing, arguments.platform, locks)
    if arguments.format == "json":
        print(json.dumps([asdict(one) for one in rows], indent=1))
    else:
        print("\n".join(elsewhere.as_lines(rows, arguments.platform)))
    return 0


def matrix(arguments: argparse.Namespace) -> int:
    """Run what is missing and write the report."""
    known = read(arguments)  # before the selection, which is then to have what is added
    selection = selection_of(arguments, known)
    chosen = planning.make(known, selection)
    if arguments.shard is not None or arguments.stage is not None:
        return sharding.run(arguments, chosen)
    started = time.monotonic()
    evidence = evidence_of(arguments, chosen, Home.default())
    draw = drawing.asked(arguments, evidence.home)
    # Others' results come shard by shard, and who cannot be reached is told before anything else.
    here = arguments.engine == engines.LOCAL
    live = Live(drawing=draw, evidence=evidence, selection=selection, say=_said)
    try:
        with evidence.store, live if here else contextlib.nullcontext():
            tally, unusable = engines.run(evidence, arguments)
            running.note(evidence, [one.id for one in chosen.environments], tally, unusable)
    except KeyboardInterrupt:
        _leave(draw, evidence, selection)
        raise
    drawn = draw(evidence, selection)
    if selection.added is None:  # what was added is in no matrix.yaml, and asked about by nobody
        # Here it is a small part of what was waited for; else the next check takes that long.
        read_index(matrix=known, home=evidence.home, locks=locks_of(arguments), say=_said)
    print("\n".join(drawn.summary))
    print(running.as_line(tally, time.monotonic() - started))
    _show(Path(drawn.index), arguments)
    if arguments.strict and (drawn.untested or drawn.unproven or drawn.unnamed):
        told = [f"{drawn.untested} cells untested, {drawn.unproven} without valid controls"]
        raise StrictError(f"--strict: {'; '.join([*told, *drawn.unnamed])}")
    return 0


def _leave(draw: Drawing, evidence: Evidence, selection: Selection) -> None:
    """Draw what there is of a run that was interrupted; a second interrupt leaves what is there."""
    _said("interrupted: drawing the report of what there is; Ctrl-C again leaves the last one")
    with contextlib.suppress(KeyboardInterrupt):
        draw(evidence, selection)
    if draw.index.is_file():
        _said(f"report: {draw.index.as_uri()}")


def _said(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def report(arguments: argparse.Namespace) -> int:
    """Write the report from what is stored: of what is named, else of what the last one was of."""
    home, known = Home.default(), read(arguments)
    draw = drawing.asked(arguments, home)
    selection = selection_of(arguments, known)
    if arguments.profile is None and selection == Selection(profile="default"):
        selection = unchanged.last_selection(draw.note) or selection
    try:
        chosen = planning.make(known, selection)
    except UsageError:  # the matrix has changed since
        selection = selection_of(arguments, known)
        chosen = planning.make(known, selection)
    drawn = draw(evidence_of(arguments, chosen, home), selection)
    _show(Path(drawn.index), arguments)
    return 0


def _show(index: Path, arguments: argparse.Namespace) -> None:
    """Say where the report is; open it where a person sits in front of a screen."""
    print(f"report: {index.as_uri()}")
    wanted = arguments.open
    if wanted is None:
        screen = (
            sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
        )
        wanted = sys.stdout.isatty() and screen and "CI" not in os.environ
    if wanted:
        webbrowser.open(index.as_uri())
