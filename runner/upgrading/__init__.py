"""What an upgrade does to models of a person's own, and whether there is a way back.

``asking`` measures the models as ``checking`` does, in the version that is left and in the one that
is gone to; ``remedies`` has ``converting`` bring across what does not stay the same; ``returning``
saves models anew there and loads the files here. ``judging`` names what came of each (pure), and
``telling`` writes it as Markdown (pure).

Comes in: two versions, and files of a person's. Goes out: an ``Upgrade``, what becomes of each file
and what to do. Never: calls a remedy one that was not measured.
"""
