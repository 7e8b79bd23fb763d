"""The worker's other half: import one framework once, then fork a child for every batch of jobs.

    python probe.py CONFIG.json EVENTS_FD

Runs in an environment's own interpreter, Python 3.6 to 3.13. ``CONFIG.json`` holds ``imports``
(which keras), ``folder`` (scratch) and ``schema``. Commands come on standard input, one JSON object
a line: ``{"batch": N, "jobs": [...]}``; end of file means stop. Events leave on the descriptor
``EVENTS_FD``, one JSON object a line, each shorter than PIPE_BUF so that lines of several children
never mix:

    {"event": "ready", "pid", "versions", "messages_file"}  the framework is imported
    {"event": "unusable", "error": {...}}          it cannot be; the worker ends
    {"event": "forked", "batch", "pid"}
    {"event": "start", "batch", "job"}             the child begins job number ``job`` of its batch
    {"event": "phase", "batch", "job", "phase"}    ... and comes to this phase of it
    {"event": "facts", "batch", "job", "offset", "length"}   its facts, in ``folder``/batch-N.jsonl
    {"event": "exit", "batch", "status", "cpu", "rss_kb"}    the child has ended: wait status, usage

Forking after the import and before the first operation is safe in every version tried, after any
operation the child hangs. So the parent imports, freezes the garbage collector, forks and does
nothing else, ever.
"""

import ctypes
import gc
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time

import compiled

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_PDEATHSIG = 1
SHORT = 400  # characters of a text inside an event, well below PIPE_BUF


def send(events, **event):
    os.write(events, (json.dumps(event) + "\n").encode())


def import_framework(config):
    """Return (keras, messages heard meanwhile); raises what the import raises."""
    import framework
    from hearing import Hearing

    hearing = Hearing(config["folder"])
    with hearing:
        hearing.phase = "import"
        keras = framework.find(config["imports"])
        framework.pin_threads(config["imports"])
    return keras, hearing.messages


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file)


def child(batch, jobs, keras, config, events):
    """Run a batch in this freshly forked process, recording after each job, and end."""
    import forgetting
    import jobs as jobs_module
    from hearing import Hearing

    hearing = Hearing(config["folder"])
    with hearing:
        hearing.phase = "import"
        forgetting.use_up_what_is_said_once()
    remembered = forgetting.remember_keras(keras)

    def start_afresh():
        forgetting.reset_keras(keras, remembered)
        forgetting.forget_what_was_said()

    path = os.path.join(config["folder"], "batch-%d.jsonl" % batch)
    with open(path, "wb") as file:
        for index, job in enumerate(jobs):
            start_afresh()
            send(events, event="start", batch=batch, job=index)

            def on_phase(phase, index=index):
                send(events, event="phase", batch=batch, job=index, phase=phase)

            facts = jobs_module.run(job, keras, hearing, on_phase, start_afresh)
            line = json.dumps(facts).encode()
            offset = file.tell()
            file.write(line + b"\n")
            file.flush()
            send(events, event="facts", batch=batch, job=index, offset=offset, length=len(line))


def fork(command, keras, config, events):
    """Fork a child for one batch and return its process id."""
    pid = os.fork()
    if pid:
        send(events, event="forked", batch=command["batch"], pid=pid)
        return pid
    code = 70  # EX_SOFTWARE: our own fault
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        _die_with_parent()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.environ["TMPDIR"] = tempfile.tempdir = temporary(command["batch"], config)
        os.mkdir(tempfile.tempdir)
        alone = len(command["jobs"]) == 1 and command["jobs"][0]["kind"] != "save"
        compiled.lend(*_compiled(command["batch"], config), alone=alone)
        child(command["batch"], command["jobs"], keras, config, events)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def temporary(batch, config):
    """Return a batch's own folder for temporary files.

    AutoGraph writes one for every function that it rewrites, and removes them at an exit that a
    forked child does not come to; so whoever reaps the child removes its folder.
    """
    return os.path.join(config["folder"], "tmp-%d" % batch)


def _compiled(batch, config):
    """Return the folders of compiled programs: the worker's, and this batch's."""
    own = os.path.join(temporary(batch, config), "compiled")
    return os.path.join(config["folder"], "compiled"), own


def _die_with_parent():
    """Ask the kernel to end this process with its parent; other systems have no such thing."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError):
        pass


def reap(children, config, events):
    """Report every child that has ended."""
    for pid, batch in list(children.items()):
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            del children[pid]
            kill_group(pid)
            if status == 0:
                compiled.take(*reversed(_compiled(batch, config)))
            shutil.rmtree(temporary(batch, config), ignore_errors=True)
            cpu = round(usage.ru_utime + usage.ru_stime, 4)
            send(events, event="exit", batch=batch, status=status, cpu=cpu, rss_kb=usage.ru_maxrss)


def kill_group(pid):
    """End what a child may have left behind in its session."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass


def serve(keras, config, events):
    """Fork a child for every command until standard input ends, then end all children."""
    children, pending, open_input = {}, b"", True
    wake, poke = os.pipe()
    os.set_blocking(poke, False)
    signal.set_wakeup_fd(poke)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    while open_input:
        ready = select.select([0, wake], [], [], 1.0)[0]
        if wake in ready:
            os.read(wake, 4096)
        reap(children, config, events)
        if 0 in ready:
            received = os.read(0, 1 << 20)
            open_input = bool(received)
            lines = (pending + received).split(b"\n")
            pending = lines.pop()
            for line in lines:
                command = json.loads(line.decode())
                children[fork(command, keras, config, events)] = command["batch"]
    for pid in children:
        kill_group(pid)
    deadline = time.time() + 5
    while children and time.time() < deadline:
        reap(children, config, events)
        time.sleep(0.01)


def main():
    _die_with_parent()  # an import that hangs never sees its input end
    config_path, events = sys.argv[1], int(sys.argv[2])
    with open(config_path) as file:
        config = json.load(file)
    try:
        keras, messages = import_framework(config)
    except BaseException as error:
        import jobs

        facts = jobs.describe(error, "import")
        write_json(os.path.join(config["folder"], "import.json"), facts)
        send(events, event="unusable", type=facts["type"][:80], message=facts["message"][:SHORT])
        return 1
    import forgetting  # noqa: F401 - before the fork, so that children need not
    import framework
    import jobs

    write_json(os.path.join(config["folder"], "import.json"), messages)
    gc.collect()
    freeze = getattr(gc, "freeze", None)  # from Python 3.7
    if freeze is not None:
        freeze()  # nearly halves the CPU a child spends: its collector skips the framework
    send(events, event="ready", pid=os.getpid(), versions=framework.versions(keras))
    serve(keras, config, events)
    return 0


if __name__ == "__main__":
    sys.path[0] = HERE
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(
        code
    )  # an exit handler of a framework must not run here: children may still hang on it
