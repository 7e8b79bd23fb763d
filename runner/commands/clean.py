"""``caniload clean``: how large what is kept is, and its removal."""

from __future__ import annotations

import argparse
import shutil

from caniload.runner.environments import build
from caniload.runner.environments.home import Home, disk_use
from caniload.runner.evidence.store import Store, remove


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
        remove(home.results)
        shutil.rmtree(home.shards, ignore_errors=True)
    else:
        shutil.rmtree(home.root / part, ignore_errors=True)
