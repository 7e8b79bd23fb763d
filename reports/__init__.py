"""The last stage: a judged matrix becomes a table, a static site, files and feeds.

``text`` cleans everything once, ``table`` has the columns that all counting is done on, ``planes``
the arrays that questions are asked of, ``aspects`` both of them for each purpose, ``answers`` and
``eras`` the sentences; ``site`` writes pages (``trees`` those that there are for each purpose),
``exports`` and ``cellfiles`` the files beside them, ``shards`` the details that pages load when
somebody asks. Nothing holds an object for each cell, nor all files at once.

Comes in: a ``JudgedMatrix``. Goes out: a folder of pages and files. Never: starts a process, looks
at a store, or judges.
"""
