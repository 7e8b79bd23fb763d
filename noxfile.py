"""The front door: `nox -l` lists what can be done; everything after `--` goes to the runner."""

from __future__ import annotations

import os
import shutil

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests"]

GROUPS = nox.project.load_toml("pyproject.toml")["dependency-groups"]
BENCHES = ("scale-store", "scale", "cells", "sandbox", "startup", "expectation", "many")
"""The first needs results of a run, and says so at once, not after the others."""

ASKED = ("down", "people", "up")
"""Benches that run only where they are named."""


@nox.session
def matrix(session: nox.Session) -> None:
    """Build what is missing, run what is missing, write and show the report."""
    _install(session)
    session.run("caniload", "matrix", *session.posargs)


@nox.session
def report(session: nox.Session) -> None:
    """Write the report again from stored results; run nothing."""
    _install(session)
    session.run("caniload", "report", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Build the site of the documentation; `-- --report FOLDER` lays a report beside it."""
    _install(session, "site")
    session.run("python", "docs/site/build.py", *session.posargs)


@nox.session
def locks(session: nox.Session) -> None:
    """Resolve the locks of matrix.yaml's environments anew: all, or those named after `--`."""
    _install(session)
    session.run("python", "-m", "caniload.runner.environments.locking", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test: pure stages, the probe on every Python found, real TensorFlows, a browser."""
    _install(session, "test", "browser", "site")
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    # The others build environments and share them, or time what they do: one after the other.
    session.run("pytest", "--numprocesses=auto", "tests/unit")
    chosen = ["tests/browser", "tests/pipeline", "tests/real"]
    if not _chromium() and "CI" not in os.environ:
        session.warn("no Chromium on this machine: the browser tests are left out")
        chosen = chosen[1:]
    session.run("pytest", *chosen)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, spelling, and that probes run on Python 3.6 and later."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")
    session.run("vermin", "--quiet", "--no-tips", "--target=3.6-", "--violations", "probes")
    session.run("python", "-m", "caniload.runner.environments.locking", "--check")
    session.run("python", "-m", "caniload.runner.matrix.schema", "--check-schema")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    _install(session, "types", "test", "browser")
    session.install("nox")
    session.run("mypy")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure all, or what is named: `-- cells`, `-- startup`, `-- expectation`, `-- scale`.

    `-- --cells 5000000` is for both of the latter, if all is measured. `-- up`, `-- down` and
    `-- people` run only if they are named.
    """
    _install(session)
    named, *given = session.posargs or [""]
    if named in (*BENCHES, *ASKED):
        session.run("python", f"tests/bench/{named.replace('-', '_')}.py", *given)
        return
    for name in BENCHES:
        words = session.posargs if name.startswith("scale") else ()
        session.run("python", f"tests/bench/{name.replace('-', '_')}.py", *words)


def _install(session: nox.Session, *groups: str) -> None:
    wanted = [requirement for group in groups for requirement in GROUPS[group]]
    session.install("-e", ".", *wanted)


def _chromium() -> bool:
    return any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
