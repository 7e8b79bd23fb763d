"""A workshop whose scripts run in processes that are forked after the import of a framework."""

from __future__ import annotations

import atexit
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caniload.runner.converting import launching
from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.variables import process_variables

SERVE = """
import json, os, runpy, signal, sys, time

probes, imports = sys.argv[1:]
sys.path[:1] = [probes, probes + "/across", probes + "/own"]
import framework
keras = framework.find(imports)
framework.pin_threads(imports)
print("ready", flush=True)
for line in sys.stdin:
    script, job, folder, seconds = json.loads(line)
    child = os.fork()
    if not child:
        os.chdir(folder)
        log = os.open(folder + "/output.log", os.O_CREAT | os.O_WRONLY)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ["TMPDIR"] = folder
        sys.argv = [script, job]
        sys.path[0] = os.path.dirname(script)
        try:
            runpy.run_path(script, run_name="__main__")
        finally:
            os._exit(1)
    end = time.time() + seconds
    while time.time() < end and not os.waitpid(child, os.WNOHANG)[0]:
        time.sleep(0.02)
    else:
        if time.time() >= end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    print("done", flush=True)
"""

_SERVERS: dict[str, subprocess.Popen[str]] = {}


class Workshop(launching.Workshop):
    """The same environments, each with one process that has imported its framework."""

    def run(self, script: str, environment: str, job: Mapping[str, Any]) -> dict[str, Any]:
        folder = self.folder(f"{script}-{environment}")
        if (problem := self.problem(environment)) is not None:
            return launching._died(folder, "start", "Unusable", problem)
        row = self.matrix.environment(environment)
        config = folder / "job.json"
        whole = {"imports": row.imports, "folder": str(folder), **job}
        config.write_text(json.dumps(whole), encoding="utf-8")
        server = self._server(environment)
        assert server.stdin is not None
        assert server.stdout is not None
        limits = self.matrix.limits
        path = str(launching.ACROSS / f"{script}.py")
        seconds = limits.seconds * launching.SLOWER
        server.stdin.write(json.dumps([path, str(config), str(folder), seconds]) + "\n")
        server.stdin.flush()
        server.stdout.readline()
        try:
            facts: dict[str, Any] = json.loads((folder / "facts.json").read_text("utf-8"))
        except (OSError, ValueError):
            return launching._died(folder, "run", "Killed", "the process died")
        facts["folder"] = str(folder)
        return facts

    def _server(self, environment: str) -> subprocess.Popen[str]:
        if environment not in _SERVERS:
            row = self.matrix.environment(environment)
            variables = process_variables(row, self.home)
            Path(variables["HOME"]).mkdir(parents=True, exist_ok=True)
            _SERVERS[environment] = subprocess.Popen(
                [
                    *(str(self.home.python(environment)), "-s", "-c", SERVE),
                    *(str(PROBES), row.imports),
                ],
                env=variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            atexit.register(_SERVERS[environment].terminate)
            told = _SERVERS[environment].stdout
            assert told is not None
            while told.readline().strip() not in ("ready", ""):
                pass
        return _SERVERS[environment]
