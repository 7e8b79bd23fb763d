"""Hand what JAX compiled for one batch on to the next: the same programs, for other weights.

A file is handed on when the child that wrote it has ended well, for JAX writes it in place. A cell
that runs alone has nothing of this: it compiles what it needs itself, as a person's process does.
"""

import os
import sys

MOST = 4096  # programs that are kept for a worker; about 10 KB each


def lend(shared, own):
    """Let JAX, if Keras computes with it, find there and add what it compiles; in a child."""
    jax = sys.modules.get("jax")
    if jax is None:
        return
    os.mkdir(own)
    for name in _names(shared):
        os.link(os.path.join(shared, name), os.path.join(own, name))
    jax.config.update("jax_compilation_cache_dir", own)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def take(own, shared):
    """Keep what a child that ended well has added."""
    if not os.path.isdir(own):
        return
    os.makedirs(shared, exist_ok=True)
    known = set(_names(shared))
    for name in sorted(set(_names(own)) - known)[: max(0, MOST - len(known))]:
        os.link(os.path.join(own, name), os.path.join(shared, name))


def _names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
