"""Two saved models beside each other: layers, settings, weights and training, without a framework.

``reading`` makes of each path a ``parts.Saved``: layers as a tree with settings in one dialect
(``architecture``, ``values``, both pure), and arrays that are read in pieces when they are asked
for (``hdf5arrays``, ``bundles``). ``placing`` says which layer an array belongs to and ``matching``
which layer of the one file is which of the other (pure), ``arrays`` compares numbers, ``judging``
puts it together as ``facts.Comparison``, ``apart`` does all that in a process of its own, and
``telling`` and ``page`` (pure) word it.

Comes in: two paths. Goes out: a frozen ``Comparison``. Never: unpickles, imports or runs what is in
a file, holds a whole array in memory, or calls equal what was not compared.
"""
