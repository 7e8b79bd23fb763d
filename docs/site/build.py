"""Build the site: all pages, strictly, and a report beside them if one is given.

    python docs/site/build.py [--report FOLDER] [--out build/site]

A link that leads nowhere ends it with 1. What the page needs that reads files comes out of the npm
registry, once; where that cannot be had, the page is left out, and with --all that is an error.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import drop
from sphinx.cmd.build import build_main

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="what `caniload report` wrote"
    )
    parser.add_argument("--all", action="store_true", help="fail where a part cannot be had")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    given = parser.parse_args()
    if given.report and not (given.report / "manifest.json").is_file():
        parser.error(f"{given.report} is not a report; `caniload report --report DIR` writes one")
    report = [f"-Dcaniload_report={given.report.resolve()}"] if given.report else []
    parts = _drop(given.out, strictly=given.all)
    if parts is None:
        return 1
    with tempfile.TemporaryDirectory() as kept:
        # Anew each time: what is left of an earlier build would hide a page that is gone.
        strict = ["-E", "-n", "-W", "--keep-going", "-q"]
        out = str(given.out)
        code = build_main([*strict, *report, *parts, "-c", str(HERE), "-d", kept, str(ROOT), out])
    if code == 0:
        print(f"site: {(given.out / 'index.html').resolve().as_uri()}")
    return code


def _drop(out: Path, *, strictly: bool) -> list[str] | None:
    """Lay out what the page that reads files needs; without it, the site goes without that page."""
    shutil.rmtree(out / "drop", ignore_errors=True)
    try:
        drop.lay_out(out / "drop", ROOT / "build" / "npm")
    except drop.UnavailableError as error:
        shutil.rmtree(out / "drop", ignore_errors=True)
        print(f"site: the page that reads files is left out: {error}", file=sys.stderr)
        return None if strictly else []
    return ["-t", "drop"]


if __name__ == "__main__":
    sys.exit(main())
