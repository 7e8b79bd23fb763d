"""A worker for models that are a person's own: as probe.py, but it loads what it is pointed at.

    python own/worker.py CONFIG.json EVENTS_FD

Imports the framework once and forks a fresh child for every job; the protocol is probe.py's, the
jobs are those of ``load.py``. Python 3.6 to 3.13, standard library at the top.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    sys.path[0] = os.path.dirname(HERE)
    sys.path.insert(1, HERE)
    import jobs
    import load
    import probe

    jobs.KINDS["load"] = load.load  # what is heard, raised and timed around it stays the matrix's
    code = probe.main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as in probe.py: an exit handler of a framework must not run here
