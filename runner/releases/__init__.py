"""What matrix.yaml has not: an environment more, out of what was typed and what an index lists.

Comes in: requirements of a person, releases on a package index. Goes out: a locked environment
joined to the matrix, for one run or written down; what else could be added, and its price. Never:
edits a row that is there.
"""
