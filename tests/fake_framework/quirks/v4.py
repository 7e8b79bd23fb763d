"""4.0 does not import."""

VERSION = "4.0"

raise ImportError("libpretend.so.4: cannot open shared object file")
