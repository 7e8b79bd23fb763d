"""Harmless files that attack: which version lets what through, as measured.

``attacks`` reads ``attacks.yaml``, what each file is; ``making`` makes them of ``configs`` (pure),
``layouts`` (HDF5) and ``archives``; ``measuring`` has an environment load them behind a wall, by
``probes/attacks/``; ``judging`` (pure) makes words of the facts, ``doors`` (pure) says what is open
for a format, ``kept`` keeps results and reads those that come with caniload, ``telling`` (pure)
shows them.

Comes in: environments that are built. Goes out: of each attack *refused*, *ignored*, *reached* or
*not tested*. Never: has a file do more than leave a mark in its own folder, takes a stranger's
file, or calls a file refused where the same one without the attack does not load either.
"""
