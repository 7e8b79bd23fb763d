"""Evidence that travels: what was measured, in one file that anybody can check and merge.

``frame`` is the file, ``columns`` how its parts are written, ``contents`` what they say, ``asking``
the part about constructors, ``joining`` what becomes of two that say the same, ``covering`` what is
covered (all pure but the first); ``pack`` reads and writes one, ``shelf`` knows where they lie,
``fetching`` takes one in.

Comes in: features and outcomes as plain data, or a file of somebody's. Goes out: a pack, the same
bytes whatever came first, or what one says as far as it holds here. Never: believes a byte that has
not been checked, carries code, or measures.
"""
