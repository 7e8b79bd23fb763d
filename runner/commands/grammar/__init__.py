"""The grammar of the command line.

``matrix`` has the commands about the matrix, ``models`` those about a person's own files; ``parts``
is what both are made of, ``parser`` puts them together.
"""
