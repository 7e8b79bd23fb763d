"""What it means: recorded facts become verdicts, and these the judged matrix, or one cell told.

Comes in: evidence, and the rules of ``catalogue.yaml``. Goes out: a ``JudgedMatrix``, the only
thing that ``reports`` reads; a cell as JSON, or as a script that repeats it. Never: runs anything;
a changed rule judges stored facts anew.
"""
