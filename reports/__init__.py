"""The last stage: a judged matrix becomes a table, a static site, files and feeds.

``text`` cleans everything once, ``table`` makes the one data frame, ``planes`` the arrays that
questions are asked of, ``answers`` and ``eras`` the sentences; ``site`` writes pages and
``exports`` the files beside them.

Comes in: a ``JudgedMatrix``. Goes out: a folder of pages and files. Never: starts a process, looks
at a store, or judges.
"""
