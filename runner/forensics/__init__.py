"""What a saved model file says, read without any framework and without running anything in it.

``recognise`` names the format, one reader in ``formats`` collects what the file states,
``configuration`` (pure) makes sense of it, ``merging`` and ``reading`` put it together as
``facts.Inspection``, ``apart`` does all that in a process of its own, and ``describe`` (pure) words
it.

Comes in: a path. Goes out: a frozen ``Inspection``. Never: unpickles, imports or runs what is in a
file, reads its weights, or raises for what is wrong with it.
"""
