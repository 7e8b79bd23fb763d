"""What is known: results and artifacts, kept under the hash of all that they depend on.

Comes in: a plan, and what probes recorded. Goes out: what is stored for a cell, and what is still
missing. Never: judges a result, changes one, or runs what is missing.
"""
