"""What a project and its surroundings say once, for every command: ``[tool.caniload]``, variables.

Comes in: the nearest pyproject.toml, environment variables. Goes out: what is said for a key, and
where. Never: knows a command, opens a model, or lets a file say what only a person may.
"""
