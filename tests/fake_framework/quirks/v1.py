"""1.0 reads whatever it is given."""

VERSION = "1.0"


def on_read(kind, content):
    pass
