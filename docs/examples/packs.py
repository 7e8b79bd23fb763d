"""Write the two small packs of these pages: a few cells of the pack that comes with caniload.

python docs/examples/packs.py
"""

from pathlib import Path

from caniload.runner.packs.contents import Part
from caniload.runner.packs.pack import Contents, Pack
from caniload.runner.packs.shelf import SHIPPED

HERE = Path(__file__).parent
PART = "files/h5/tf-2.15"


def write(name: str, models: set[str]) -> None:
    shipped = Pack(SHIPPED)
    whole, rows = shipped.part(PART), shipped.tables.environments
    files = {key: row for key, row in whole.files.items() if row["model"] in models}
    cells = {
        cell: found
        for cell, found in whole.cells.items()
        if cell[0] in files and rows[cell[1]]["id"] in ("tf-2.15", "tf-2.21")
    }
    files = {key: files[key] for key, _ in cells}
    named = {row["saver"] for row in files.values()} | {reader for _, reader in cells}
    environments = {key: rows[key] for key in named}
    locks = {row["lock"]: shipped.locks()[row["lock"]] for row in environments.values()}
    named = {one["source"] for verdicts in cells.values() for one in verdicts}
    sources = {key: shipped.tables.sources[key] for key in named}
    made = Contents(environments=environments, sources=sources, locks=locks)
    made.parts[PART] = Part(files=files, cells=cells)
    made.write(HERE / name)


write("lstm.pack", {"lstm", "text_lstm", "lstm_backwards"})
write("dense.pack", {"dense", "conv_bn"})
