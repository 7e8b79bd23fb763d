"""Where lies what ships with caniload; the same in a clone, an sdist and a wheel."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""Resolved: in a clone the package reaches the folders of the program through links."""
SOURCES = ("runner", "reports", "probes")
PROBES = ROOT / "probes"
LOCKS = ROOT / "runner" / "locks"
MATRIX = ROOT / "matrix.yaml"
