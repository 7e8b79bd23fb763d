"""Hand what JAX and PyTorch compiled for one batch on to the next: the same, for other weights.

A file is handed on when the child that wrote it has ended well: one that was killed leaves halves
behind, which PyTorch loads and calls too short. Of JAX a cell that runs alone has nothing: it
compiles what it needs itself, as a person's process does. PyTorch, which takes half a minute for a
small model (measured, 2.13), keeps what it compiled for a person, too, from one process to the
next. Where files cannot be linked, or this JAX has no such settings, everybody compiles for
himself.
"""

import os
import sys

FOLDER = "jax_compilation_cache_dir"
SETTINGS = {
    FOLDER: None,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": 0,
}
TORCH = "TORCHINDUCTOR_CACHE_DIR"
MOST = 4096  # files that are kept of each for a worker; of JAX about 10 KB each


def lend(shared, own, alone=False):
    """Let JAX or PyTorch find there and add what it compiles; in a child."""
    jax = sys.modules.get("jax")
    if jax is not None and not alone and all(hasattr(jax.config, name) for name in SETTINGS):
        folder = _lent(shared, own, "jax")
        for name, value in {**SETTINGS, FOLDER: folder}.items():
            jax.config.update(name, value)
    if "torch" in sys.modules:
        os.environ[TORCH] = _lent(shared, own, "torch")


def take(own, shared):
    """Keep what a child that ended well has added."""
    for kind in _names(own):
        known = set(_files(os.path.join(shared, kind)))
        new = sorted(set(_files(os.path.join(own, kind))) - known)
        room = max(0, MOST - len(known))
        _link(new[:room], os.path.join(own, kind), os.path.join(shared, kind))


def _lent(shared, own, kind):
    folder = os.path.join(own, kind)
    os.makedirs(folder)
    _link(_files(os.path.join(shared, kind)), os.path.join(shared, kind), folder)
    return folder


def _link(names, source, target):
    try:
        for name in names:
            os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
            os.link(os.path.join(source, name), os.path.join(target, name))
    except OSError:
        pass  # fewer are there; each is whole


def _files(folder):
    """Return the paths below a folder of all files but locks, which are held and not read."""
    return [
        os.path.relpath(os.path.join(here, name), folder)
        for here, _, names in os.walk(folder)
        for name in names
        if not name.endswith(".lock")
    ]


def _names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
