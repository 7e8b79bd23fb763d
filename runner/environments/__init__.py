"""Lock -> virtualenv -> receipt: everything between matrix.yaml and a Python that probes run in."""
