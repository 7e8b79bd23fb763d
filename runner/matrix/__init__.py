"""What is asked: matrix.yaml, read, checked, and laid out as artifacts to save and cells to load.

Comes in: the text of matrix.yaml, what frameworks.yaml knows, the sources of the reference models,
and a selection. Goes out: a ``Matrix`` and a ``Plan``. Never: builds or runs anything, or knows
whether something was run.
"""
