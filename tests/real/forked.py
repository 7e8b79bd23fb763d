"""A workshop whose processes are forked from one that has imported the framework, for tests.

Importing costs more than anything that is done to a small model. The scripts are the same, with
the same jobs; only who imports the framework is another.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.converting.launching import ACROSS, Workshop
from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.variables import process_variables

HERE = Path(__file__).parent
FORKING = """
import importlib, json, os, sys
sys.path[:0] = sys.argv[2:]
import crossing, framework
framework.find(sys.argv[1])
for line in sys.stdin:
    script, job = json.loads(line)
    child = os.fork()
    if not child:
        log = os.open(job["folder"] + "/output.log", os.O_WRONLY | os.O_CREAT)
        os.dup2(log, 1)
        os.dup2(log, 2)
        main = importlib.import_module(script).main
        crossing._work(lambda facts: main(job, facts), job, "import")
    os.waitpid(child, 0)
    print("done", flush=True)
os._exit(0)  # an exit handler of a framework may take long
"""


@dataclass(kw_only=True)
class Forked(Workshop):
    """One process for each environment, which forks; ``close`` ends them."""

    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def run(self, script: str, environment: str, job: Mapping[str, Any]) -> dict[str, Any]:
        folder = self.folder(f"{script}-{environment}")
        row = self.matrix.environment(environment)
        if environment not in self.running:
            problem = self.problem(environment)
            assert problem is None, problem
            variables = process_variables(row, self.home)
            Path(variables["HOME"]).mkdir(parents=True, exist_ok=True)
            python = str(self.home.python(environment))
            paths = (str(ACROSS), str(PROBES), str(PROBES / "own"), str(HERE))
            self.running[environment] = subprocess.Popen(
                [python, "-s", "-c", FORKING, row.imports, *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=variables,
                cwd=self.scratch,
            )
        process = self.running[environment]
        assert process.stdin is not None
        assert process.stdout is not None
        whole = {"imports": row.imports, "folder": str(folder), **job}
        process.stdin.write(json.dumps([script, whole]) + "\n")
        process.stdin.flush()
        while process.stdout.readline().strip() != "done":  # frameworks may talk there
            assert process.poll() is None, f"{environment} has ended"
        try:
            facts: dict[str, Any] = json.loads((folder / "facts.json").read_text("utf-8"))
        except OSError:
            error = {"type": "Killed", "message": "the process ended", "traceback": []}
            return {"error": error, "phase": "run", "folder": str(folder)}
        return {**facts, "folder": str(folder)}

    def close(self) -> None:
        for process in self.running.values():
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
