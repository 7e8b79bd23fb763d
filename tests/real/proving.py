"""Bring stored reference models across, and count what their proofs would have noticed.

    python tests/real/proving.py ARTIFACTS --out OUT [--to tf-2.21] [--savers tf-2.4 …] [--count 60]
        [--largest KB]

ARTIFACTS is the folder ``artifacts`` of a home in which the matrix was run. The order is random, so
that the first of them are a fair sample; models with classes of their own are left out. What was
done is kept in OUT and not done twice. Frameworks are imported once for each environment.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from caniload.runner.converting import asking
from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.original import Wish
from caniload.runner.converting.telling import as_json
from caniload.runner.environments.home import Home
from caniload.runner.forensics.apart import inspect_all
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.reference import read_family
from caniload.runner.matrix.schema import Matrix
from caniload.runner.sandbox.words import Level

ROOT = Path(__file__).parents[2]
Found = Mapping[str, Any]


def stored(artifacts: Path, savers: Sequence[str], matrix: Matrix) -> list[Path]:
    """Return all models in one file that no code of one's own is needed for."""
    plain = {one.id for one in matrix.models if not read_family(one.family).definer(one.id)} - {
        "control"
    }
    files = [*artifacts.glob("*/*/h5-*/model.h5"), *artifacts.glob("*/*/keras-*/model.keras")]
    return sorted(
        path
        for path in files
        if path.parts[-3] in plain and (not savers or path.parts[-4] in savers)
    )


def told(found: Sequence[Found]) -> Iterator[str]:
    """Yield what came of all of them."""
    verdicts = Counter(one["verdict"] for one in found)
    yield f"{len(found)} files: " + ", ".join(f"{n} {word}" for word, n in verdicts.most_common())
    proofs = [one["proof"] for one in found if one["proof"]]
    powers = [one["power"] for one in proofs if one["power"]]
    for name, of in (("noticed", "changed"), ("weights_noticed", "weights"), ("changed", "layers")):
        some, every = (sum(one[key] for one in powers) for key in (name, of))
        yield f"{name}: {some} of {every} {of} ({some / max(1, every):.1%})"
    seconds = sorted(one["seconds"] for one in powers)
    if seconds:
        yield f"seconds: {seconds[len(seconds) // 2]} in the median, {seconds[-1]} at most"
    yield f"weak: {sum(bool(one['weak']) for one in proofs)} of {len(proofs)}"
    for one in found:
        if one["proof"] and one["proof"]["weak"]:
            yield f"  {one['file']}: {one['proof']['weak']}"
    for one in found:
        if not one["proof"]:
            yield f"  {one['file']}: {one['verdict']}: {one['reason']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("artifacts", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--to", default="tf-2.21")
    parser.add_argument("--savers", nargs="*", default=[])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=100_000, metavar="KB")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    book = given.out / "results.jsonl"
    lines = book.read_text(encoding="utf-8").splitlines() if book.exists() else []
    known = {one["file"]: one for one in map(json.loads, lines)}
    matrix, home = read_matrix(ROOT / "matrix.yaml"), Home.default()
    paths = stored(given.artifacts, given.savers, matrix)
    paths = [one for one in paths if one.stat().st_size <= 1000 * given.largest]
    print(f"{len(paths)} files", flush=True)
    random.Random(given.seed).shuffle(paths)
    paths = paths[: given.count]
    with asking.open_shop_of_many(matrix, home, sandbox=Level.NONE) as workshop:
        for number, path in enumerate(paths):
            name = "/".join(path.parts[-4:-1])
            if name in known:
                continue
            started = time.monotonic()
            (inspection,) = inspect_all([path])
            wish = Wish(path=path, target=given.to, out=workshop.scratch / f"{number}.keras")
            ladder = Ladder(wish=wish, inspection=inspection, workshop=workshop)
            one = as_json(ladder.climb())
            one |= {"file": name, "took": round(time.monotonic() - started, 1)}
            known[name] = one
            with book.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")
            weak = one["proof"] and one["proof"]["weak"]
            print(name, one["verdict"], weak, f"{one['took']} s", flush=True)
    names = ["/".join(path.parts[-4:-1]) for path in paths]
    print("\n".join(told([known[name] for name in names if name in known])))


if __name__ == "__main__":
    main()
