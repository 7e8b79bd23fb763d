"""Hand what JAX compiled for one batch on to the next: the same programs, for other weights.

A file is handed on when the child that wrote it has ended well, for JAX writes it in place. A cell
that runs alone has nothing of this: it compiles what it needs itself, as a person's process does.
Where files cannot be linked, or this JAX has no such settings, everybody compiles for himself.
"""

import os
import sys

FOLDER = "jax_compilation_cache_dir"
SETTINGS = {
    FOLDER: None,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": 0,
}
MOST = 4096  # programs that are kept for a worker; about 10 KB each


def lend(shared, own):
    """Let JAX, if Keras computes with it, find there and add what it compiles; in a child."""
    jax = sys.modules.get("jax")
    if jax is None or not all(hasattr(jax.config, name) for name in SETTINGS):
        return
    os.mkdir(own)
    _link(_names(shared), shared, own)
    for name, value in {**SETTINGS, FOLDER: own}.items():
        jax.config.update(name, value)


def take(own, shared):
    """Keep what a child that ended well has added."""
    if not os.path.isdir(own):
        return
    os.makedirs(shared, exist_ok=True)
    known = set(_names(shared))
    _link(sorted(set(_names(own)) - known)[: max(0, MOST - len(known))], own, shared)


def _link(names, source, target):
    try:
        for name in names:
            os.link(os.path.join(source, name), os.path.join(target, name))
    except OSError:
        pass  # fewer are there; each is whole


def _names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
