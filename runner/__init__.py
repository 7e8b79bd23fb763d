"""The rooms of caniload, in the order in which data flows; each imports only from rooms before it.

``core``, ``project``, ``sandbox``, ``forensics``, ``matrix``, ``environments``, ``packages``,
``packs``, ``evidence``, ``judging``, ``running``, ``attacking``, ``sharding``, ``engines``,
``releases``, then one room a question:
``checking``, ``answering``, ``converting``, ``comparing``, ``bisecting``, ``upgrading``,
``nightly``; ``ci`` asks some of them at once; last ``commands``.
Comes in: matrix.yaml, and a person's files. Goes out: the judged matrix, which ``reports`` draws,
and answers. Never: imports a framework; that happens in ``probes`` alone.
"""
