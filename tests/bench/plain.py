"""Load saved models as a person would, and write what they give: ``plain.py IMPORTS JOBS.json``.

For Python 3.6 to 3.13, in an environment; it shares nothing with caniload. A job that is done has
a file ``outputs``, one that failed has ``outputs.txt``; where the process dies, the next has none.
"""

import importlib
import inspect
import json
import runpy
import signal
import sys

import numpy as np

SECONDS = 300
"""So long one file may take: some versions follow the graph of a model in a model for ever."""

imports, listed = sys.argv[1:]
keras = importlib.import_module(imports)
if imports == "tensorflow.keras":
    from tensorflow import keras
with open(listed) as file:
    jobs = json.load(file)


def loaded(job, own):
    more = {"custom_objects": own} if own else {}
    if job.get("package"):  # the original, whose Lambda layers are ours
        allow = getattr(getattr(keras, "config", None), "enable_unsafe_deserialization", None)
        if allow is not None:
            allow()
        if "safe_mode" in inspect.signature(keras.models.load_model).parameters:
            more["safe_mode"] = False
    if job["format"] == "json":
        more.pop("safe_mode", None)
        with open(job["model"]) as text:
            model = keras.models.model_from_json(text.read(), **more)
        model.load_weights(job["model"][: -len(".json")] + ".weights.h5")
        return model.predict
    if job["format"] != "call":
        if job["format"] != "savedmodel":  # TensorFlow 1.15 looks for what was compiled
            more["compile"] = False
        return keras.models.load_model(job["model"], **more).predict
    import tensorflow as tf

    line = job["model"].partition("](")  # of a signature, which takes its inputs by name
    found = eval(line[0] + "]" if line[1] else line[0], {"keras": keras, "tf": tf})
    if not line[1]:
        return found
    return lambda given: found(**{name: tf.constant(one) for name, one in given.items()})


def answer(job):
    with np.load(job["inputs"], allow_pickle=False) as file:
        arrays = [file["input_%d" % n] for n in range(len(file.files))]
    own = runpy.run_path(job["custom"], {"keras": keras})["CUSTOM"] if job["custom"] else {}
    if job.get("package"):  # whoever saved it knows what it is registered under
        own.update({job["package"] + name: one for name, one in own.items()})
    ask = loaded(job, own)
    fed = [a.tolist() if a.dtype.kind in "US" else a for a in arrays]
    if any(a.dtype.kind in "US" for a in arrays):
        import tensorflow as tf

        fed = [tf.constant(a) if isinstance(a, list) else a for a in fed]
    names = job["names"]
    got = ask(dict(zip(names, fed)) if names else fed if len(fed) > 1 else fed[0])
    got = [got[key] for key in sorted(got)] if isinstance(got, dict) else got
    got = list(got) if isinstance(got, (list, tuple)) else [got]
    np.savez(job["outputs"], *[np.asarray(one) for one in got])


def late(*_):
    raise RuntimeError("did not end within %d s" % SECONDS)


signal.signal(signal.SIGALRM, late)
for job in jobs:
    signal.alarm(SECONDS)
    try:
        answer(job)
    except BaseException as error:
        with open(job["outputs"] + ".txt", "w") as file:
            file.write("%s: %s" % (type(error).__name__, str(error)[:300]))
    signal.alarm(0)
    if hasattr(keras.backend, "clear_session"):
        keras.backend.clear_session()
