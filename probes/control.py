"""Have a framework save a small model of its own and load it: ``control.py IMPORTS FOLDER``.

Tells whether what surrounds the process (a sandbox, its limits) lets a framework work at all.
Writes ``control.json`` to FOLDER: ``{"error": null or {"type", "message"}, "same": bool}``. Python
3.6 to 3.13; the framework is imported inside.
"""

import json
import os
import sys


def main():
    imports, folder = sys.argv[1:3]
    found = {"error": None, "same": False}
    try:
        found["same"] = same(imports, folder)
    except BaseException as error:
        found["error"] = {"type": type(error).__name__, "message": str(error)[:2000]}
    path = os.path.join(folder, "control.json")
    with open(path + ".part", "w") as file:
        json.dump(found, file)
    os.replace(path + ".part", path)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # exit handlers of frameworks may hang, and everything is written


def same(imports, folder):
    import framework
    from models import plain

    keras = framework.find(imports)
    framework.pin_threads(imports)
    import numpy as np

    model = plain.control(keras)
    path = os.path.join(folder, "control.h5")
    model.save(path)
    fed = np.linspace(-1.0, 1.0, 8).reshape(2, 4).astype("float32")
    before, after = model.predict(fed), keras.models.load_model(path).predict(fed)
    return bool(np.allclose(before, after))


if __name__ == "__main__":
    main()
