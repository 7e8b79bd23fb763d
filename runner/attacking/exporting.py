"""Write what was measured in a home as what comes with caniload.

python -m caniload.runner.attacking.exporting HOME
"""

from __future__ import annotations

import sys
from pathlib import Path

from caniload.runner.attacking import kept
from caniload.runner.core.putting import put_text
from caniload.runner.core.shipped import MATRIX
from caniload.runner.environments.home import Home
from caniload.runner.environments.opening import open_matrix


def export(root: Path, path: Path = kept.SHIPPED) -> int:
    """Write the rows that were measured in a home; return how many there are."""
    matrix = open_matrix(MATRIX)
    table = kept.table(matrix.environments, home=Home(root=root))
    rows = [one for one in table.environments if one.here]
    asked = {one.id: one.packages for one in matrix.environments}
    put_text(path, kept.written(rows, asked))
    return len(rows)


if __name__ == "__main__":
    print(export(Path(sys.argv[1])), "environments")
