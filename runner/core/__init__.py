"""The words that every room uses: cells, outcomes, the judged matrix, errors, clean texts.

Comes in: nothing. Goes out: frozen classes and functions over them, and where lies what ships.
Never: reads a file of a person's, starts a process, or knows what a matrix.yaml is.
"""
