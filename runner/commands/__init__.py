"""What a person types: arguments in, one question to a room below, its answer printed.

Comes in: the command line. Goes out: text, JSON or a report, and an exit code. Never: decides what
an answer is, or is imported by another room.
"""
