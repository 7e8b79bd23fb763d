"""Many files at once: what is in the folders, which is done already, the rest one by one.

``finding`` says what there is, ``naming`` (pure) where each result goes, ``keeping`` what is done,
``running`` has ladders climb with workers that they share, ``manifest`` (pure) is what came of it,
``telling`` (pure) its texts. ``asking`` is all of it.

Comes in: paths, a target, a folder for results. Goes out: results, receipts and a manifest, and
after a kill at any moment no half of any. Never: writes to an original, or over a file in that
folder that it did not put there.
"""
