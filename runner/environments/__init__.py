"""Where it runs: one locked virtualenv for each environment of the matrix, built and checked.

Comes in: an ``Environment`` of the matrix, its lock, Pythons of this machine, a package index.
Goes out: an interpreter with a receipt of what was found inside, or the reason why there is none.
Never: loads a model, or takes a row that cannot be built for one that fails.
"""
