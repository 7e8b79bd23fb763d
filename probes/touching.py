"""Note what a job reaches for beyond its own files, by Python's audit events; Python 3.6 to 3.13.

Only what goes through Python is seen: libraries written in C, TensorFlow and HDF5 among them, open
files without a word. Before Python 3.8 there are no audit events
(https://peps.python.org/pep-0578/), and nothing is noted.
"""

import os
import sys
import tempfile

MOST = 20  # of each kind; what a hostile file does may have no end
SHORT = 300  # characters of one thing

OPEN = "open"
UNPICKLED = "pickle.find_class"
KINDS = {
    "ran": ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"),
    "connected": ("socket.connect", "socket.getaddrinfo", "socket.bind", "urllib.Request"),
    "changed": (
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.link",
        "os.symlink",
        "os.chmod",
        "os.mkdir",
    ),
}
KIND = {event: kind for kind, events in KINDS.items() for event in events}
HEARD = frozenset([OPEN, UNPICKLED]).union(KIND)

_noting = []  # the one that notes now; a hook stays for ever once it is there
_hooked = []


class Touching(object):
    """Notes between ``__enter__``, which returns the notes, and ``__exit__``.

    Notes are ``None`` where Python has no audit events, else lists of texts: ``read`` and ``wrote``
    (paths), ``changed`` (paths removed, renamed, made), ``ran``, ``connected`` and ``unpickled``.
    Left out are reading the job's own files, what Python and its packages are made of, the kernel's
    files and the folder for temporary files.
    """

    def __init__(self, own, scratch):
        self._own = [os.path.realpath(one) + os.sep for one in own]
        places = [sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), scratch]
        places += ["/proc", "/sys", "/dev", "/etc", os.path.dirname(os.path.abspath(__file__))]
        places += [tempfile.gettempdir()]
        self._ours = tuple(os.path.realpath(one) + os.sep for one in places)
        self._notes = None

    def __enter__(self):
        add_hook = getattr(sys, "addaudithook", None)  # from Python 3.8
        if add_hook is None:
            return None
        if not _hooked:
            _hooked.append(True)
            add_hook(_hook)
        kinds = ("read", "wrote", "changed", "ran", "connected", "unpickled")
        self._notes = {kind: [] for kind in kinds}
        _noting.append(self)
        return self._notes

    def __exit__(self, *error):
        if self._notes is not None:
            _noting.remove(self)

    def note(self, event, args):
        if event == OPEN:
            path, mode, flags = args
            if isinstance(path, int):  # a descriptor that is open already
                return
            writes = (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND)
            self._path("wrote" if writes or set(mode or "") & set("wxa+") else "read", path)
        elif event == UNPICKLED:
            self._add("unpickled", "%s.%s" % (args[0], args[1]))
        elif KIND[event] == "changed":
            self._path("changed", args[0])
        else:
            told = [one for one in args if isinstance(one, (str, bytes, int, tuple, list))]
            self._add(KIND[event], "%s %s" % (event, told))

    def _path(self, kind, path):
        path = os.path.realpath(os.fsdecode(path))
        for own in self._own:
            if path.startswith(own):
                if kind != "read":
                    self._add(kind, "its own " + path[len(own) :])
                return
        if not (path + os.sep).startswith(self._ours):
            self._add(kind, path)

    def _add(self, kind, text):
        listed, text = self._notes[kind], text[:SHORT]
        if len(listed) < MOST and text not in listed:
            listed.append(text)


def _hook(event, args):
    """Hand what matters to the one that notes now; whatever goes wrong here is not the job's."""
    if event not in HEARD or not _noting:
        return
    one = _noting.pop()  # what noting itself opens is not the job's
    try:
        one.note(event, args)
    except Exception:
        pass
    finally:
        _noting.append(one)
