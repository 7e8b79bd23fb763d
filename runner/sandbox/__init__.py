"""The wall around whatever loads a stranger's file: what it may see, and what it may use up.

``levels`` has the words, ``policy``, ``containers`` and ``syscalls`` say what is allowed (pure),
``launcher`` puts the wall up and becomes the command, ``trying`` finds out what it really stops,
``walls`` chooses the first that holds and wraps command lines, ``watching`` ends what outgrows it
and reads what it leaves, ``blaming`` says when a failure may be the wall's doing, ``control`` has a
model of the environment's own pass first.

Comes in: a command line, what it has to read, and one folder that it may write. Goes out: another
command line, and what is stopped behind it, as was tried on this machine. Never: takes a wall for
given that nobody has run against, or lets what it stopped count as a file's own failure.
"""
