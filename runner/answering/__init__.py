"""A person's question about files: answered at once from what is known, or by checking them.

``features -> quick`` is what reference models let expect (pure), ``index`` and ``lookup`` where
those come from, ``rules`` what follows from a format alone, ``lineage`` which versions stand in for
one that was not measured. ``asking`` is all of it. ``exporting`` and ``blinding`` make a pack of
what is known here.

Comes in: files of a person's, and evidence. Goes out: a ``Checked`` for each file, each answer
marked with where it comes from. Never: passes an expectation off as measured.
"""
