"""Save these models with one version: what the interpreter that runs this has.

    ENVIRONMENT/bin/python tests/real/people/save.py ENVIRONMENT-ID FOLDER

Writes ``FOLDER/ENVIRONMENT-ID/MODEL.h5`` (or ``.keras``, or a folder) for each file that the
models' lists name of it. What this version cannot build or save is told in a line, and left out.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ENDINGS = {"h5": ".h5", "keras": ".keras", "savedmodel": ""}


def save(build, kind, path):
    import tensorflow as tf

    tf.keras.backend.clear_session()
    tf.random.set_seed(0)
    model, x, y = build()
    if y is not None:
        model.run_eagerly = True  # tracing takes longer than the one epoch
        model.fit(x, y, epochs=1, verbose=0)
        model.run_eagerly = False
    model.save(path, **({"save_format": "tf"} if kind == "savedmodel" else {}))


def main():
    environment, folder = sys.argv[1:]
    sys.path.insert(0, HERE)
    import made_up

    for module in ("images", "transfers", "texts", "tables", "series", "generative"):
        __import__(module)
    os.makedirs(os.path.join(folder, environment), exist_ok=True)
    for name, (build, files) in made_up.MODELS.items():
        for kind in [file.split()[1] for file in files if file.split()[0] == environment]:
            path = os.path.join(folder, environment, name + ENDINGS[kind])
            if os.path.exists(path):
                continue
            try:
                save(build, kind, path)
            except Exception as error:
                told = str(error).splitlines() or [""]
                print(
                    "%s %s %s: not saved: %s: %s"
                    % (environment, name, kind, type(error).__name__, told[0][:300]),
                    flush=True,
                )


if __name__ == "__main__":
    main()
