"""What is new tonight: against a ledger of what is expected, and against the nights before.

``taking`` makes a ``Night`` of the judged matrix, ``keeping`` keeps nights in a folder of bounded
size, ``ledger`` reads what is expected and ``writing`` writes it, ``comparing`` says what is new
(``cells`` of cells, ``looking`` looks back), ``issues`` what becomes of a tracker's issues,
``past`` since which night something is as it is, ``proposing`` which releases to propose;
``telling`` and ``feed`` word it. All are pure but ``keeping``.

Comes in: the judged matrix, notes of runs, nights that were kept, a ledger. Goes out: findings,
each with the id of its cause, and plans as plain data. Never: runs a cell, asks a tracker, or takes
a night in which nothing ran for a good one.
"""
