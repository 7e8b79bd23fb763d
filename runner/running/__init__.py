"""What happens: models are saved and cells loaded, in workers of one framework each.

Comes in: evidence with gaps in it, and built environments. Goes out: records in the store, and
progress while it lasts. Never: imports a framework, or alters what a probe recorded.
"""
