"""What a host of continuous integration shows of a project's models: one comment, one page, files.

Comes in: models, and what ``inspect``, ``check`` and ``upgrade`` say of them. Goes out: a page, a
comment that is updated and never multiplied, SARIF, JUnit, an exit code. Never: loads a model, or
decides what is good: the rooms that answer do.
"""
