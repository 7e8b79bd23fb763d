"""The last stage: a judged matrix becomes a table, a static site, files and feeds.

``text`` cleans everything once, ``table`` makes the one data frame, ``planes`` the arrays that
questions are asked of, ``answers`` and ``eras`` the sentences; ``site`` writes pages and
``exports`` the files beside them. Nothing here starts a process or looks at a store.
"""
