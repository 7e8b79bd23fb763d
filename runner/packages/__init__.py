"""What a package index lists: releases, their files, and which Python can have them.

Comes in: names of packages. Goes out: a ``Listing``. Never: downloads a package, or decides which
release is wanted.
"""
