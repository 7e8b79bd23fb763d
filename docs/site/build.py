"""Build the site: all pages, strictly, and a report beside them if one is given.

    python docs/site/build.py [--report FOLDER] [--out build/site]

A link that leads nowhere ends it with 1. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="what `caniload report` wrote"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    given = parser.parse_args()
    if given.report and not (given.report / "manifest.json").is_file():
        parser.error(f"{given.report} is not a report; `caniload report --report DIR` writes one")
    report = [f"-Dcaniload_report={given.report.resolve()}"] if given.report else []
    with tempfile.TemporaryDirectory() as kept:
        # Anew each time: what is left of an earlier build would hide a page that is gone.
        strict = ["-E", "-n", "-W", "--keep-going", "-q"]
        out = str(given.out)
        code = build_main([*strict, *report, "-c", str(HERE), "-d", kept, str(ROOT), out])
    if code == 0:
        print(f"site: {(given.out / 'index.html').resolve().as_uri()}")
    return code


if __name__ == "__main__":
    sys.exit(main())
