"""What each command does; the parser in ``runner.cli`` calls these and catches what they raise."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from runner import adding, estimate, growth, reproduction, unchanged
from runner import plan as planning
from runner.assemble import Assembly
from runner.cellview import as_json
from runner.environments import build
from runner.environments.home import Home, disk_use
from runner.environments.locking import LOCKS
from runner.environments.variables import process_variables
from runner.errors import CaniloadError, StrictError, UsageError
from runner.evidence import Evidence
from runner.judged import JudgedCell, JudgedMatrix
from runner.lockcheck import check_locks
from runner.matrix import Environment, Matrix, read_matrix
from runner.outcomes import Outcome
from runner.plan import Plan, Selection
from runner.progress import Display
from runner.reference import check_models
from runner.resolve import resolve
from runner.run import BATCH, Options, Run
from runner.store import Store
from runner.unchanged import Drawn

PARTS = ("environments", "cache", "artifacts", "results", "report", "private", "added")


def _matrix_path(arguments: argparse.Namespace) -> Path:
    """Return the matrix.yaml that is meant: given, here, beside the code, or packaged with it."""
    if arguments.matrix is not None:
        return Path(arguments.matrix)
    package = Path(__file__).resolve().parent
    for candidate in (Path("matrix.yaml"), package.parent / "matrix.yaml"):
        if candidate.is_file():
            return candidate
    return package / "matrix.yaml"


def _read(arguments: argparse.Namespace) -> Matrix:
    path = _matrix_path(arguments)
    matrix = read_matrix(path)
    check_models(matrix.models)
    check_locks(path, matrix, _locks(arguments))
    if wanted := getattr(arguments, "add", None):
        return _with_added(matrix, wanted, arguments)
    return matrix


def _with_added(matrix: Matrix, wanted: Sequence[str], arguments: argparse.Namespace) -> Matrix:
    """Join the temporary environment; from here on the selection and the locks have it, too."""
    added = adding.temporary(matrix, wanted, home=Home.default(), locks=_locks(arguments))
    print("\n".join(adding.as_lines(added, wanted)), file=sys.stderr)
    arguments.locks, arguments.added = added.locks, added.environment.id
    return added.matrix


def _locks(arguments: argparse.Namespace) -> Path:
    return getattr(arguments, "locks", LOCKS)


def _names_environments(arguments: argparse.Namespace) -> bool:
    """Say whether environments are chosen by name, which reaches those of every profile."""
    named = ("envs", "first", "last", "save", "load", "id")
    return any(getattr(arguments, name, None) for name in named)


def _selection(arguments: argparse.Namespace) -> Selection:
    return Selection(
        environments=arguments.envs,
        profile=arguments.profile or ("full" if _names_environments(arguments) else "default"),
        first=arguments.first,
        last=arguments.last,
        models=arguments.models,
        formats=arguments.formats,
        python=arguments.python_only,
        added=getattr(arguments, "added", None),
    )


def _evidence(arguments: argparse.Namespace, plan: Plan, home: Home) -> Evidence:
    locks = _locks(arguments)
    resolution = resolve(plan.environments, home=home, locks=locks)
    return Evidence(plan=plan, home=home, store=Store(home.results), resolution=resolution)


def plan(arguments: argparse.Namespace) -> int:
    """Print what would run, and what it would cost."""
    chosen = planning.make(_read(arguments), _selection(arguments))
    evidence = _evidence(arguments, chosen, Home.default())
    cost = estimate.cost(evidence, jobs=arguments.jobs or _cores(), locks=_locks(arguments))
    if arguments.json:
        print(json.dumps(estimate.as_json(evidence, cost), indent=1))
    else:
        print("\n".join(estimate.as_lines(evidence, cost)))
    return 0


def matrix(arguments: argparse.Namespace) -> int:
    """Run what is missing and write the report."""
    chosen = planning.make(_read(arguments), _selection(arguments))
    home = Home.default()
    started = time.monotonic()
    evidence = _evidence(arguments, chosen, home)
    console = Console(stderr=True)
    jobs = arguments.jobs or _cores()
    options = Options(
        jobs=jobs,
        isolate=arguments.isolate,
        rerun=arguments.rerun,
        max_disk=arguments.max_disk,
        installer=arguments.installer,
        locks=_locks(arguments),
    )
    with evidence.store, Display(console) as display:
        cost = estimate.cost(evidence, jobs=jobs, locks=options.locks)
        for line in estimate.as_lines(evidence, cost):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        run = Run(evidence, options, display)
        tally = run()
    drawn = _draw(evidence, arguments)
    print("\n".join(drawn.summary))
    print(
        f"{tally.loaded} cells run ({tally.solo} of them alone), {tally.saved} models saved,"
        f" {tally.built} environments built, in {_minutes(time.monotonic() - started)}"
    )
    _show(Path(drawn.index), arguments)
    if arguments.strict and (drawn.untested or drawn.unproven or drawn.unnamed):
        told = [f"{drawn.untested} cells untested, {drawn.unproven} without valid controls"]
        raise StrictError(f"--strict: {'; '.join([*told, *drawn.unnamed])}")
    return 0


def report(arguments: argparse.Namespace) -> int:
    """Write the report from what is stored."""
    chosen = planning.make(_read(arguments), _selection(arguments))
    drawn = _draw(_evidence(arguments, chosen, Home.default()), arguments)
    _show(Path(drawn.index), arguments)
    return 0


def _draw(evidence: Evidence, arguments: argparse.Namespace) -> Drawn:
    """Judge and draw all anew, unless the report that lies there was made of the very same."""
    home, locks = evidence.home, _locks(arguments)
    folder = (arguments.report or home.report).absolute()
    note = home.root / "report.json"
    wanted = unchanged.inputs(evidence, folder / "index.html", locks)
    if drawn := unchanged.recall(note, wanted):
        return drawn
    from reports import site, table  # noqa: PLC0415 - pandas takes half a second to import
    from reports.figures import summary  # noqa: PLC0415
    from reports.text import ingest  # noqa: PLC0415

    judged = Assembly(evidence=evidence, batch=BATCH, locks=locks)()
    clean = ingest(judged, home.root)
    try:
        index = site.render(clean, folder, home=home.root)
    except FileExistsError as error:
        raise UsageError(f"{error}; choose another folder with --report") from error
    told = summary(table.frame(clean), clean)
    drawn = Drawn(
        inputs=wanted,
        index=str(index),
        summary=told.lines,
        unnamed=told.unnamed,
        untested=sum(cell.outcome is Outcome.UNTESTED for cell in judged.cells),
        unproven=sum(not cell.evidence for cell in judged.cells),
    )
    unchanged.remember(note, drawn)
    return drawn


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


def cells(arguments: argparse.Namespace) -> int:
    """Print judged cells as JSON lines."""
    chosen = planning.make(_read(arguments), _selection(arguments))
    evidence = _evidence(arguments, chosen, Home.default())
    judged = Assembly(evidence=evidence, batch=BATCH, locks=_locks(arguments))()
    _check_filters(arguments, chosen, judged)
    for cell in judged.cells:
        if _wanted(arguments, cell):
            print(json.dumps(as_json(cell, evidence)))
    return 0


def _check_filters(arguments: argparse.Namespace, chosen: Plan, judged: JudgedMatrix) -> None:
    """Refuse names of nothing: they would print nothing, which looks like an answer."""
    environments = {environment.id for environment in chosen.environments}
    outcomes = {str(outcome) for outcome in Outcome}
    known = {cell.cell.id for cell in judged.cells}
    for kind, given, there in (
        ("environment", arguments.save, environments),
        ("environment", arguments.load, environments),
        ("outcome", arguments.outcome, outcomes),
        ("cell", arguments.id, known),
    ):
        missing = [name for name in given if name not in there]
        if missing:
            listed = ", ".join(sorted(there)) if kind != "cell" else "see `caniload plan --json`"
            raise UsageError(f"there is no {kind} {missing[0]!r} here: {listed}")


def _wanted(arguments: argparse.Namespace, cell: JudgedCell) -> bool:
    where = cell.cell
    if cell.control and not arguments.controls and where.id not in arguments.id:
        return False
    return (
        (not arguments.id or where.id in arguments.id)
        and (not arguments.save or where.artifact.saved_by in arguments.save)
        and (not arguments.load or where.loaded_by in arguments.load)
        and (not arguments.outcome or cell.outcome in arguments.outcome)
    )


def reproduce(arguments: argparse.Namespace) -> int:
    """Print the script that repeats a cell, and the command that runs it."""
    matrix_read = _read(arguments)
    chosen = planning.make(matrix_read, Selection())
    evidence = _evidence(arguments, chosen, Home.default())
    print(reproduction.script(evidence, arguments.cell))
    return 0


def _found(arguments: argparse.Namespace, ids: Sequence[str]) -> tuple[Home, list[Environment]]:
    chosen = planning.make(_read(arguments), Selection(environments=tuple(ids)))
    return Home.default(), list(chosen.environments)


def env_list(arguments: argparse.Namespace) -> int:
    """Print every environment, its Python and state."""
    home, environments = _found(arguments, ())
    locks = _locks(arguments)
    resolution = resolve(environments, home=home, locks=locks)
    width = max(len(environment.id) for environment in environments)
    for environment in environments:
        state = resolution.untested.get(environment.id)
        if state is None:
            receipt = build.existing(environment, home=home, locks_dir=locks)
            state = f"built {receipt.built_at}" if receipt else "not built"
        print(f"{environment.id:<{width}}  Python {environment.python:<5} {state}")
    return 0


def env_build(arguments: argparse.Namespace) -> int:
    """Build the named environments."""
    home, environments = _found(arguments, arguments.id)
    limits = _read(arguments).limits
    locks = _locks(arguments)
    resolution = resolve(environments, home=home, locks=locks)
    failed = 0
    for environment in environments:
        found = resolution.usable.get(environment.id)
        if found is None:
            print(f"{environment.id}: {resolution.untested[environment.id]}", file=sys.stderr)
            failed += 1
            continue
        try:
            receipt = build.build(
                environment,
                home=home,
                interpreter=found.interpreter,
                limits=limits,
                locks_dir=locks,
            )
        except build.EnvironmentUnusable as error:
            print(f"{environment.id}: {error.reason}", file=sys.stderr)
            failed += 1
        else:
            print(f"{environment.id}: Python {receipt.python}, built in {receipt.seconds:.0f} s")
    return CaniloadError.exit_code if failed else 0


def _built(arguments: argparse.Namespace) -> tuple[Home, Environment]:
    home, environments = _found(arguments, (arguments.id,))
    if build.existing(environments[0], home=home, locks_dir=_locks(arguments)) is None:
        raise CaniloadError(f"{arguments.id} is not built; `caniload env build {arguments.id}`")
    return home, environments[0]


def env_path(arguments: argparse.Namespace) -> int:
    """Print the interpreter of a built environment."""
    home, environment = _built(arguments)
    print(home.python(environment.id))
    return 0


def env_shell(arguments: argparse.Namespace) -> int:
    """Become that environment's Python, with the variables its cells ran with."""
    home, environment = _built(arguments)
    variables = process_variables(environment, home)
    Path(variables["HOME"]).mkdir(parents=True, exist_ok=True)
    terminal = {"TERM": os.environ["TERM"]} if "TERM" in os.environ else {}
    python = str(home.python(environment.id))
    sys.stdout.flush()
    os.execve(python, [python], {**variables, **terminal})  # noqa: S606 - no shell is involved


def env_remove(arguments: argparse.Namespace) -> int:
    """Remove built environments; their results stay."""
    home, environments = _found(arguments, arguments.id)
    with Store(home.results):  # not under a run's feet
        for environment in environments:
            build.remove(environment.id, home)
            print(f"{environment.id}: removed")
    return 0


def env_add(arguments: argparse.Namespace) -> int:
    """Write an environment into matrix.yaml, and its lock next to the others."""
    entry = adding.permanent(
        _matrix_path(arguments),
        _read(arguments),
        arguments.requirement,
        home=Home.default(),
        locks=_locks(arguments),
        name=arguments.id,
    )
    print("\n".join(adding.as_entry(entry)))
    print(f"next: `caniload env build {entry.id}`, `caniload matrix --envs {entry.id},...`")
    return 0


def releases(arguments: argparse.Namespace) -> int:
    """Print what the package index has and matrix.yaml has not, and what adding it costs."""
    matrix_read, locks = _read(arguments), _locks(arguments)
    found = growth.offers(matrix_read, locks=locks, pre=arguments.pre, jobs=_cores())
    if arguments.json:
        print(json.dumps(growth.as_json(found), indent=1))
    else:
        print("\n".join(growth.as_lines(found)))
    return 0


def clean(arguments: argparse.Namespace) -> int:
    """Print the size of each part of CANILOAD_HOME, and remove those that are named."""
    home = Home.default()
    parts = arguments.part
    if parts:
        with Store(home.results):  # not under a run's feet
            for part in parts:
                _remove_part(home, part)
    sizes = disk_use(home)
    for part, size in sizes.items():
        print(f"{size / 2**20:10.1f} MiB  {part}{'  (removed)' if part in parts else ''}")
    print(f"{sum(sizes.values()) / 2**20:10.1f} MiB  in all, in {home.root}")
    return 0


def _remove_part(home: Home, part: str) -> None:
    if part == "environments":
        for folder in home.environments.glob("*/"):
            build.remove(folder.name, home)
    elif part == "results":
        (home.results / "records.jsonl").unlink(missing_ok=True)
    else:
        shutil.rmtree(home.root / part, ignore_errors=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _minutes(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"  # noqa: PLR2004
