"""Do jobs of the scripts beside it, each in a child of a process that imported the framework once.

    python across/serve.py CONFIG.json EVENTS_FD

Starting, forking and telling of it are probe.py's, whose protocol this is. A command has one job:
``{"kind": "across", "script": NAME, "config": PATH}``. The child does what ``NAME.py PATH`` does in
a process of its own: it writes ``facts.json`` beside that file, and ``output.log``. Python 3.6 to
3.13.
"""

import importlib
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ("endpoint", "extract", "prove", "rebuild", "wrapping")


def child(batch, jobs, keras, config, events):
    """Do the one job of a command in this freshly forked process, and end."""
    import crossing

    (one,) = jobs
    folder = os.path.dirname(one["config"])
    log = os.open(os.path.join(folder, "output.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.chdir(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    crossing.begin(importlib.import_module(one["script"]).main, one["config"])


def importing(importing_framework):
    """Return a function that imports the framework, and what the scripts need beside it."""

    def both(config):
        keras, messages = importing_framework(config)
        for name in SCRIPTS:
            importlib.import_module(name)
        return keras, messages

    return both


if __name__ == "__main__":
    sys.path[:1] = [os.path.dirname(HERE), HERE, os.path.join(os.path.dirname(HERE), "own")]
    import probe

    probe.child = child
    probe.import_framework = importing(probe.import_framework)
    code = probe.main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as in probe.py: an exit handler of a framework must not run here
