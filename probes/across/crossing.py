"""What the scripts that bring a model across share: a job, custom objects, loading, arrays.

A script is started as ``SCRIPT job.json`` in a fresh process, or forked by serve.py, and writes
``facts.json`` beside it; arrays are ``arrays.npz``. Nothing here judges. Python 3.6 to 3.13;
frameworks are imported inside.
"""

import inspect
import json
import os
import re
import resource
import signal
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TRACEBACK_LINES = 30


def run(main):
    """Read the job, run ``main(job, facts)`` and write the facts, whatever it raises."""
    sys.path[:1] = [os.path.dirname(HERE), HERE, os.path.join(os.path.dirname(HERE), "own")]
    begin(main, sys.argv[1])


def begin(main, path):
    """Do the job that is written down there, and end the process."""
    with open(path) as file:
        job = json.load(file)
    _work(lambda facts: main(job, facts), job, "import")


def apart(work, job, seconds):
    """Do ``work(facts)`` in a forked process with so much CPU time; return its facts.

    The framework is imported, and nothing was computed with it yet.
    """
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), resource.RLIM_INFINITY))
        _work(work, job, "start")
    _, status = os.waitpid(child, 0)
    try:
        with open(os.path.join(job["folder"], "facts.json")) as file:
            return json.load(file)
    except (IOError, ValueError):
        pass
    how = "ended with %d" % (status >> 8)
    if os.WIFSIGNALED(status):
        how = "was ended by signal %d" % os.WTERMSIG(status)
        if os.WTERMSIG(status) == signal.SIGXCPU:
            how = "did not end within %d s of CPU time" % seconds
    error = {"type": "Killed", "message": "the process " + how, "traceback": []}
    return {"error": error, "phase": "run"}


def _work(work, job, phase):
    """Do ``work(facts)``, write the facts whatever it raises, and end the process."""
    facts = {"error": None, "phase": phase}
    try:
        work(facts)
    except BaseException as error:
        lines = traceback.format_exc().splitlines()
        facts["error"] = {
            "type": type(error).__name__,
            "message": str(error)[:4000],
            "traceback": lines[-TRACEBACK_LINES:],
        }
    path = os.path.join(job["folder"], "facts.json")
    with open(path + ".part", "w") as file:
        json.dump(facts, file)
    os.replace(path + ".part", path)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # exit handlers of frameworks may hang, and everything is written


def framework_of(job):
    """Import and return the job's Keras, on one thread."""
    import framework

    keras = framework.find(job["imports"])
    framework.pin_threads(job["imports"])
    return keras


def custom_objects(job):
    """Return what the person's own files define, by name; also that which builds the model.

    They are run once in a process: a class cannot be registered twice.
    """
    import custom

    paths = tuple(job.get("custom") or ())
    building = [dict(one, factory=None) for one in [job.get("code")] if one]
    if paths not in _DEFINED:
        wanted = building + [
            {
                "file": path,
                "module": os.path.splitext(os.path.basename(path))[0],
                "search": os.path.dirname(path),
                "factory": None,
            }
            for path in paths
        ]
        _DEFINED[paths] = custom.objects(None, wanted) or {}
    return _DEFINED[paths]


_DEFINED = {}


def registered(keras, objects, named=None):
    """Return the same objects, and under the names that decorators in the files gave them.

    ``named`` has by its bare name what a model's file calls by a registered one: a class may have
    lost its decorator, or have it with another package.
    """
    known = dict(getattr(keras.utils, "get_custom_objects", dict)(), **objects)
    for name, bare in (named or {}).items():
        if name not in known and bare in known:
            known[name] = known[bare]
    return known


def trust(keras, job):
    """Let Keras 3 run code that a file brings, where a person said so."""
    allow = getattr(getattr(keras, "config", None), "enable_unsafe_deserialization", None)
    if job.get("trusted") and allow is not None:  # for what has no argument for it
        allow()


def load(keras, job, compiled=True, known=None, facts=None):
    """Load the job's model by the framework's own function; weights alone as filling.py says.

    A person's objects are used if there are any, and what is ``known`` beside. With ``trusted``,
    code that the file brings is run.
    """
    if job.get("build"):
        import filling

        return filling.filled(keras, job, {} if facts is None else facts)
    path = job["model"]
    objects = dict(known or {}, **custom_objects(job))
    more = {}
    if objects:
        more["custom_objects"] = registered(keras, objects, job.get("named"))
    trust(keras, job)
    if job["format"] in ("json", "yaml"):
        with open(path) as file:
            text = file.read()
        make = getattr(keras.models, "model_from_" + job["format"])
        model = make(text, **more)
        model.load_weights(job["weights"])
        return model
    if not compiled:
        more["compile"] = False
    load_model = keras.models.load_model
    if job.get("trusted") and "safe_mode" in inspect.signature(load_model).parameters:
        more["safe_mode"] = False  # Keras 3 goes by this one for HDF5, whatever was allowed
    return load_model(path, **more)


def operations(keras, job):
    """Return the classes of the operations that an HDF5 file of Keras 3 has in its graph, by name.

    Its own loader of HDF5 looks for all among the layers, so no version loads such a file. What
    states whether it is trainable is a layer, also where an operation is called the same.
    """
    if job["format"] != "h5" or not hasattr(keras, "ops"):
        return {}
    import h5py
    from keras.src.ops import core, image, linalg, math, nn, numpy

    with h5py.File(job["model"], "r") as file:
        text = file.attrs["model_config"]
    nodes = list(_nodes(json.loads(text.decode() if isinstance(text, bytes) else text)))
    layers = {node["class_name"] for node in nodes if "trainable" in node["config"]}
    found = {}
    for module in (image, linalg, math, core, nn, numpy):
        for node in nodes:
            kind = vars(module).get(node["class_name"])
            if isinstance(kind, type) and node["class_name"] not in layers:
                found[node["class_name"]] = kind
    return found


def _nodes(node):
    """Yield what a model's configuration lists as its layers, those of models within, too."""
    config = node.get("config") if isinstance(node, dict) else None
    for one in config.get("layers", ()) if isinstance(config, dict) else ():
        if isinstance(one, dict) and isinstance(one.get("config"), dict):
            yield one
            for inner in _nodes(one):
                yield inner


def missing(keras, error):
    """Return what the file's author had and loading did not find, as far as it can be told."""
    if str(error).startswith("Unknown "):
        # Some versions do not know layers of their own when they load them (SpectralNormalization).
        # Functions are there, too, such as `dot`, by which an Attention names its score.
        layers = {name: getattr(keras.layers, name) for name in dir(keras.layers)}
        known = {name: one for name, one in layers.items() if isinstance(one, type)}
        return dict(known, relu6=_relu6(keras))
    words = re.findall(r"Received: \w+=<function (\w+) at ", str(error))
    if words:
        # Keras 3.15 takes words in HDF5, such as "dot" of an Attention, for functions of that name.
        return {one: one for one in words}
    if any("Could not locate function '%s'" % name in str(error) for name in TENSORFLOWS):
        own = keras.activations
        return {theirs: getattr(own, name) for theirs, name in TENSORFLOWS.items()}
    return usual_names(keras) if isinstance(error, NameError) else {}


TENSORFLOWS = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax"}
"""What TensorFlow calls functions of its own: Keras 3 writes these names, and finds none."""


def usual_names(keras):
    """Return what the function of a Lambda is likely to have meant by names of its module."""
    import numpy as np

    found = {"K": keras.backend, "backend": keras.backend, "keras": keras, "np": np, "numpy": np}
    try:
        import tensorflow as tf

        found["tf"] = tf
    except ImportError:  # Theano, CNTK
        pass
    return found


def _relu6(keras):
    """Return the function that MobileNets of Keras 2.0 and 2.1 name, and no later version knows."""

    def relu6(x):
        return keras.backend.relu(x, max_value=6)

    return relu6


def as_fed(array):
    """Return an array as predict takes it: text as a tensor, for arrays of text are refused."""
    if array.dtype.kind not in "US":
        return array
    import tensorflow as tf

    return tf.constant(array.tolist())


def predict(model, fed):
    """Return (structure, [(name, array)]) of what the model gives in inference."""
    import framework

    structure, found = framework.outputs(framework.predict(model, fed))
    return structure, [(name, as_stored(array)) for name, array in found]


def as_stored(array):
    """Return an array that needs no pickle: what is text becomes text of a fixed width."""
    import numpy as np

    array = np.asarray(array)
    if str(array.dtype) == "bfloat16":  # numpy itself has no such type
        return array.astype("float32")
    if array.dtype.kind != "O":
        return array
    flat = [one.decode() if isinstance(one, bytes) else str(one) for one in array.ravel()]
    return np.array(flat).reshape(array.shape)


def feed(job, arrays):
    """Return the model's inputs as they are handed over: by name, alone, or as a list."""
    import framework

    given = [as_fed(arrays["in_%d" % index]) for index in range(job["inputs_count"])]
    return framework.fed(given, job.get("inputs_by_name"))


def numbered(stem, arrays):
    """Return {STEM_N: array}, as a file of arrays has them."""
    return {"%s_%d" % (stem, index): array for index, array in enumerate(arrays)}


def taken(stem, arrays):
    """Return the list that ``numbered`` made so."""
    found = []
    while "%s_%d" % (stem, len(found)) in arrays:
        found.append(arrays["%s_%d" % (stem, len(found))])
    return found


def all_layers(model, prefix=""):
    """Yield (path, layer) of all layers, those of models inside behind theirs."""
    for layer in getattr(model, "layers", None) or []:
        path = prefix + layer.name
        yield path, layer
        for inner in all_layers(layer, path + "/"):
            yield inner


def weights(keras, model):
    """Return [[path, index, name, array]] of every weight; ``name`` is its own, such as kernel."""
    import framework

    found = []
    named = framework.named_weights(keras, model)
    own = [variable for _, variables in framework.owners(model) for variable in variables]
    for (path, array), variable in zip(named, own):
        stem, _, index = path.rpartition("/")
        last = str(variable.name).split("/")[-1].split(":")[0]
        found.append([stem, int(index), last, as_stored(array)])
    return found
