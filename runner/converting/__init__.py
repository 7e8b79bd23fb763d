"""Bring a saved model to another version: read it where it can be, rewrite, rebuild, prove.

``rules`` and ``graph`` -> ``rewriting`` (pure) make a recipe out of a configuration; ``readers``
(pure) says who is to read the original; ``launching`` runs probes/across in environments;
``ladder`` tries the remedies in order; ``telling`` says what came of it. ``asking`` is all of it.

Comes in: one file and a target. Goes out: a ``Conversion``, and a file only where its proof holds.
Never: writes to the original, or delivers what was not loaded and compared.
"""
