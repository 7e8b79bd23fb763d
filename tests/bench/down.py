"""Bring stored reference models to older versions, and compare what comes of it by plain scripts.

    python tests/bench/down.py --out OUT [--home HOME] [--count 400] [--seed 1] [--only REGEX]
    python tests/bench/down.py --out OUT --told    # what is there already, told again

HOME has artifacts of `caniload matrix`. OUT keeps what was converted, which is not made twice
(``--again`` names what is). The order is random, so that the first are a fair sample of all.
bringing.py says how it is done, and how it is compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import bringing
from bringing import Bench, Found

TARGETS = ("tf-2.21-tf-keras", "tf-2.15", "tf-2.10", "tf-2.4", "tf-1.15", "tf-1.15-keras-2.3")
SAVERS = (
    "tf-2.16",  # Keras 3.4
    "tf-2.18-keras-3.8",
    "tf-2.21",  # Keras 3.13
    "tf-2.21-keras-3.15",
)
ABSENT = re.compile(
    r"has no (layer|function)|came with Keras 3, and nothing|keeps no operations"
    r"|must override .get_config"
)
"""What is refused so has a layer, or an operation, that is not there: nobody could have it.

Nor does a version save what a class of somebody's own does not tell of itself.
"""


def told(results: Sequence[Found]) -> Iterator[str]:
    """Yield what came of all of them."""
    savers = sorted({one["saver"] for one in results})
    for name in ("all", *TARGETS, *savers, "h5", "keras"):
        ours = [
            one for one in results if name in ("all", one["target"], one["saver"], one["format"])
        ]
        if not ours:
            continue
        done = [one for one in ours if one["verdict"] == "delivered"]
        absent = [one for one in ours if one not in done and ABSENT.search(str(one["reason"]))]
        there = len(ours) - len(absent)
        equal = sum(one.get("gap", [None])[0] is True for one in done)
        wrong = sum(one.get("gap", [None])[0] is False for one in done)
        share = f"{100 * len(done) / there:.1f} %" if there else "none"
        yield (
            f"{name}: {len(ours)} files, {len(done)} delivered ({share} of the {there} whose layers"
            f" exist there); by plain scripts {equal} equal, {wrong} wrong,"
            f" {len(done) - equal - wrong} not compared"
        )
    for one in results:
        if one.get("gap", [True])[0] is not True:
            yield f"  {one['key']}: {one['gap']} {one['changes']}"
    yield from bringing.by_reason(
        results, lambda reason: "absent" if ABSENT.search(reason) else "ours"
    )
    seconds = sorted(one["seconds"] for one in results if "seconds" in one)
    if seconds:
        yield f"seconds for each: {seconds[len(seconds) // 2]} in the median, {seconds[-1]} at most"
    remedies = Counter(one["remedy"] for one in results if one["verdict"] == "delivered")
    yield ", ".join(f"{count} {remedy}" for remedy, count in remedies.most_common())


def main() -> None:
    parser = bringing.parser(__doc__, count=400, targets=TARGETS)
    parser.set_defaults(savers=list(SAVERS))
    given = parser.parse_args()
    bench = Bench.at(given.out, given.home, given.jobs)
    files = [] if given.told else bringing.sample(bench, given, ("h5", "keras"))[: given.count]
    print("\n".join(told(bench.run(files, given))))


if __name__ == "__main__":
    main()
