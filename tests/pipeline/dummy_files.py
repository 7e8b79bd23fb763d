"""Files of a person's own that do harm when the pretend framework loads them, and who reads them.

Each is an honest ``.keras`` file of Keras 3 to whoever does not load it: nothing in it is dangerous
or unknown, so that all that follows is by what the load does. See fake_framework/keras/dummies.py.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from workshop import TENSORFLOW, Workshop

WRITER, OTHER = "fake-3.0", "fake-5.0"
"""The environment that has saved the files, as they say, and a later one."""


def own_file(folder: Path, name: str) -> Path:
    """Write a model of that name: an act of ``dummies.py``, or anything else for a quiet one."""
    given, out = _layer("InputLayer", "given"), _layer("Dense", "out")
    out["inbound_nodes"] = [[["given", 0, 0, {}]]]
    ends = {"input_layers": [["given", 0, 0]], "output_layers": [["out", 0, 0]]}
    config = {"name": name, "layers": [given, out], **ends}
    path = folder / f"{name}.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in (
            ("metadata.json", {"keras_version": "3.0.0"}),
            ("config.json", {"class_name": "Functional", "config": config}),
        ):
            archive.writestr(zipfile.ZipInfo(member), json.dumps(content))
        archive.writestr(zipfile.ZipInfo("model.weights.h5"), WEIGHTS.read_bytes())
    return path


WEIGHTS = Path(__file__).parents[2] / "docs" / "examples" / "weights.h5"
"""Any will do: the pretend framework has its own."""


def _layer(kind: str, name: str) -> dict[str, Any]:
    config: dict[str, Any] = {"name": name, "dtype": "float32"}
    if kind == "InputLayer":
        config["batch_input_shape"] = [None, 4]
    else:
        config |= {"units": 2, "activation": "relu"}
    return {"class_name": kind, "config": config, "name": name}


def stage(workshop: Workshop, **limits: float) -> None:
    """Have two environments that read what Keras 3 saved, as check and convert want them."""
    workshop.use(("3.0", "5.0"))
    for one in workshop.matrix["environments"]:
        one["stack"] = "keras 3"
        one["packages"]["tensorflow"] = TENSORFLOW
        workshop.lock(one)
    workshop.matrix["limits"] |= limits
    workshop.write()


SMALL_WALLS = """
from caniload.runner.running import behind, workers
from caniload.runner.sandbox import policy, watching
policy.SCRATCH, policy.TEMPORARY, watching.FILES = 64 << 20, 16 << 20, 1000
workers.LOOKING = behind.LOOKING = 0.1
"""
"""Room behind a wall, so little that filling it takes no time and no disk."""
