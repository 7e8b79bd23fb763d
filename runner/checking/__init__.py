"""A person's own model: the verdict from evidence at hand, and the truth by running it.

``subjects -> wanted -> origins -> measuring -> judging`` is the truth; ``features -> quick`` what
is known without it. ``answers`` is what both come to, ``describe`` how it is told.

Comes in: files of a person's, their code, and evidence. Goes out: a ``Checked`` for each file, an
answer for each environment, marked with where it comes from. Never: passes an expectation off as
measured, or runs a file with code in it that nobody trusts.
"""
