"""A LocalCluster in a process of its own: cluster.py FOLDER, and on standard input who works.

Each line of it is the variables of one worker, as JSON. It prints the scheduler's address, then a
line for each worker: its process. It ends with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import distributed


def main(folder: Path) -> None:
    with (
        distributed.LocalCluster(
            n_workers=0, processes=True, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        print(cluster.scheduler_address, flush=True)
        for number, line in enumerate(sys.stdin):
            print(_start(cluster, client, number, json.loads(line), folder), flush=True)


def _start(cluster: Any, client: Any, number: int, variables: dict[str, str], folder: Path) -> str:
    options = {
        **cluster.new_spec["options"],
        "env": variables,
        "local_directory": str(folder / f"worker-{number}"),
    }
    cluster.new_spec = {**cluster.new_spec, "options": options}
    before = client.run(os.getpid)
    cluster.scale(number + 1)
    while len(there := client.run(os.getpid)) == len(before):
        time.sleep(0.05)
    (address,) = there.keys() - before.keys()
    return f"{address} {there[address]}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
