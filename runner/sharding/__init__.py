"""Many machines that share nothing but files: a run is divided, and put together again.

Comes in: a plan, and the homes in which parts of it were run. Goes out: shards, the note that each
leaves, and one store with all that was measured. Never: starts a machine, moves or alters what lies
in the homes it reads, or decides between results that contradict each other.
"""
