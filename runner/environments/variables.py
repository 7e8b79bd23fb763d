"""The variables of a process in an environment: all of them, for nothing is inherited."""

from __future__ import annotations

from caniload.runner.environments.home import Home
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Environment

_SAME_NUMBERS = {
    # One thread, no GPU and no hash randomness: sums are added in one order, so runs repeat.
    "CUDA_VISIBLE_DEVICES": "-1",
    "NPROC": "1",  # the size of the XLA CPU client's thread pool, under JAX
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}


def replay_variables(environment: Environment) -> dict[str, str]:
    """Return the variables with which a person gets the same numbers in that environment."""
    variables = dict(_SAME_NUMBERS)
    for one in frameworks().backends:
        if one.package in environment.packages:
            variables |= one.variables
    return {**variables, **environment.variables}


def process_variables(environment: Environment, home: Home) -> dict[str, str]:
    """Return the complete variables of any process started in that environment.

    Log levels stay at their defaults: what a user would hear is what we want to hear.
    """
    private = home.private / environment.id
    return {
        "PATH": f"{home.environment(environment.id) / 'bin'}:/usr/bin:/bin",
        "HOME": str(private),
        "KERAS_HOME": str(private / ".keras"),
        "XDG_CACHE_HOME": str(private / ".cache"),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",  # bytecode comes with the installation, or not at all
        "PYTHONNOUSERSITE": "1",
        **replay_variables(environment),
    }
