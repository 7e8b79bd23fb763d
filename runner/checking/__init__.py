"""A person's own model: the verdict from evidence at hand, and the truth by running it.

``subjects -> wanted -> origins -> measuring -> judging`` is the truth; ``features -> quick`` what
is known without it. ``answers`` is what both come to, ``describe`` how it is told.
"""
