"""A person's own model, run: whether it loads elsewhere, and is the same model there.

``subjects -> wanted -> origins -> cases -> pricing -> measuring -> judging`` is its way;
``answers`` is what it comes to, ``describe`` how that is told, ``kept`` what is not measured again.

Comes in: files of a person's, and their code. Goes out: a ``Checked`` for each file, an answer for
each environment. Never: runs a file with code in it that nobody trusts, or holds against a version
what the file's own one does not repeat.
"""
