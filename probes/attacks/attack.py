"""Load files that attack, and record what came of it: ``python attack.py ORDER.json RESULT.json``.

ORDER is ``{"imports", "seconds", "memory", "disk", "jobs": [{"id", "folder", "format", "file",
"make", "there", "modules", "bounded"}]}``: a file in a folder, which its loader is started in;
``memory`` and ``disk`` are how many bytes a process may have more than before, and write into a
file, where it is ``bounded``. ``make``: the SavedModel is written first, "plain", "writes" or
"reads". ``there`` are the names that are in the folder before, ``modules`` those whose import is
asked about.

RESULT is ``{"versions", "error", "jobs": {id: facts}}``. Facts: ``error`` (type and message, or
null), ``unmade`` (why the SavedModel could not be written), ``crash`` (how the process ended, if it
did not end well), ``files`` (what is there afterwards and was not before), ``modules`` (imported
meanwhile), ``state`` (before and after), ``secret`` (what of other files is in the model), ``peak``
(resident bytes, before and at most), ``full`` (a file had all the bytes that it may have) and
``seconds``.

Imports the framework once and forks for each job. Nothing here judges. Python 3.6 to 3.13.
"""

import json
import os
import platform
import resource
import signal
import sys
import tempfile
import time

NUMBER = 1234.5
WORD = "canary-secret"
LONGEST = 600
POLL = 0.05
_NOTHING = {
    "error": None,
    "unmade": None,
    "files": [],
    "modules": [],
    "state": [{}, {}],
    "secret": [],
    "peak": [0, 0],
    "full": False,
}
_FULL = []


def main():
    with open(sys.argv[1]) as file:
        order = json.load(file)
    found = {"versions": {}, "error": None, "jobs": {}}
    try:
        import framework

        keras = framework.find(order["imports"])
        framework.pin_threads(order["imports"])
        _warm(keras)
        found["versions"] = framework.versions(keras)
        for job in order["jobs"]:
            found["jobs"][job["id"]] = _apart(keras, job, order)
    except BaseException as error:
        found["error"] = _told(error)
    found["versions"].setdefault("python", platform.python_version())
    _write(found, sys.argv[2])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # exit handlers of frameworks may hang, and everything is written


def _warm(keras):
    """Load lazily what a loader would, so that it is not taken for the file's doing."""
    import zipfile  # noqa: F401

    import h5py  # noqa: F401
    import numpy as np  # noqa: F401

    getattr(keras, "models", None)
    getattr(keras, "layers", None)


def _apart(keras, job, order):
    """Do a job in a child of its own, which is ended when it takes too long."""
    result = os.path.join(os.path.dirname(job["folder"]), "result.json")
    said = os.path.join(os.path.dirname(job["folder"]), "said.txt")
    began = time.time()
    child = os.fork()
    if not child:
        try:
            os.setsid()
            log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            _write(_facts(keras, job, order), result)
        finally:
            os._exit(0)
    crash = _awaited(child, order["seconds"])
    facts = dict(_NOTHING)
    if os.path.exists(result):
        with open(result) as file:
            facts = json.load(file)
    facts["crash"] = crash or (None if os.path.exists(result) else "no result")
    facts["seconds"] = round(time.time() - began, 2)
    if facts["crash"]:
        facts["files"] = sorted(_listed(job["folder"]) - set(job["there"]))
        with open(said, "rb") as file:
            facts["said"] = file.read()[-LONGEST:].decode("utf-8", "replace")
    return facts


def _awaited(child, seconds):
    """Return how a child ended, ``None`` where it ended well."""
    until = time.time() + seconds
    while time.time() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if os.WIFSIGNALED(status):
                return "signal %d" % os.WTERMSIG(status)
            code = os.WEXITSTATUS(status)
            return "exit %d" % code if code else None
        time.sleep(POLL)
    try:
        os.killpg(child, signal.SIGKILL)
    except OSError:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _facts(keras, job, order):
    os.chdir(job["folder"])
    if job["make"]:
        import made

        try:
            made.saved_model(job["make"], job["folder"])
        except Exception as raised:
            return dict(_NOTHING, unmade=_told(raised))
    sys.path.insert(0, job["folder"])
    tempfile.tempdir = job["folder"]  # what leads out of an unpacked archive is seen there
    before = set(sys.modules)
    was, peak = _state(keras), _resident("VmRSS")
    if job.get("bounded", True):  # some frameworks need more than this for their threads
        _limit(order)
    model, error, secret = None, None, []
    try:
        model = LOADERS[job["format"]](keras, os.path.join(".", job["file"]))
    except BaseException as raised:
        error = _told(raised)
    try:
        secret = _secret(keras, model)
    except Exception as raised:
        secret = ["not asked: %s" % _told(raised)["type"]]
    return {
        "error": error,
        "unmade": None,
        "files": sorted(_listed(job["folder"]) - set(job["there"])),
        "modules": sorted(one for one in set(sys.modules) - before if one in job["modules"]),
        "state": [was, _state(keras)],
        "secret": secret,
        "peak": [peak, _resident("VmHWM")],
        "full": bool(_FULL),  # a loader that cannot write a file may go another way, unheard
    }


def _limit(order):
    """Let the process have so much more than it has, so that what grows is stopped early."""
    room = _status("VmSize") + order["memory"]
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (room if hard < 0 else min(room, hard), hard))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = order["disk"] if hard < 0 else min(order["disk"], hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    signal.signal(signal.SIGXFSZ, lambda number, frame: _FULL.append(number))


def _resident(name):
    return _status(name)


def _status(name):
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return 0


def _listed(folder):
    """Return the names of what is right in a folder, and right beside it, by path from it."""
    found, above = set(os.listdir(folder)), os.path.dirname(folder)
    own = {os.path.basename(folder), "result.json", "result.json.part", "said.txt"}
    found |= {os.path.join("..", one) for one in os.listdir(above) if one not in own}
    return found


def _state(keras):
    """Return what of the framework's own state a file has no business to change."""
    found = {}
    for place in ("config", "mixed_precision"):
        module = getattr(keras, place, None)
        asked = getattr(module, "dtype_policy", None) or getattr(module, "global_policy", None)
        if asked is not None and "dtype_policy" not in found:
            try:
                found["dtype_policy"] = str(asked().name)
            except Exception:
                continue
    return found


def _secret(keras, model):
    """Return which of the secrets of other files are in a model: "weights", "words"."""
    import framework

    found = []
    if model is None:
        return found
    if hasattr(model, "weights"):
        arrays = framework.as_arrays(keras, framework.arrays_among(model.weights))
        if any(one.dtype.kind == "f" and (one == NUMBER).any() for one in arrays):
            found.append("weights")
    for layer in getattr(model, "layers", None) or []:
        asked = getattr(layer, "get_vocabulary", None)
        if asked is not None and WORD in [str(one) for one in asked()]:
            found.append("words")
    return found


def _whole(keras, path):
    return keras.models.load_model(path)


def _weights(keras, path):
    model = keras.models.Sequential()
    model.add(keras.layers.Dense(2, input_shape=(4,), name="dense"))
    model.load_weights(path)
    return model


def _json(keras, path):
    with open(path) as file:
        return keras.models.model_from_json(file.read())


def _yaml(keras, path):
    with open(path) as file:
        return keras.models.model_from_yaml(file.read())


def _config(keras, path):
    with open(path) as file:
        return keras.layers.deserialize(json.load(file))


def _layer(keras, path):
    """Make a layer of its own configuration, and call it."""
    import numpy as np

    with open(path) as file:
        read = json.load(file)
    layer = getattr(keras.layers, read["class_name"]).from_config(read["config"])
    layer(np.zeros((1, 4), "float32"))
    return layer


LOADERS = {
    "keras": _whole,
    "h5": _whole,
    "savedmodel": _whole,
    "weights-h5": _weights,
    "json": _json,
    "yaml": _yaml,
    "config": _config,
    "layer": _layer,
}


def _told(error):
    try:
        message = str(error)
    except Exception:
        message = ""
    return {"type": type(error).__name__, "message": message[:LONGEST]}


def _write(found, path):
    with open(path + ".part", "w") as file:
        json.dump(found, file)
    os.replace(path + ".part", path)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[0] = os.path.dirname(here)
    sys.path.insert(1, here)
    main()
