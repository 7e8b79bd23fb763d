"""Bring stored reference models to today's versions, and compare what comes of it by plain scripts.

    python tests/bench/up.py --out OUT [--home HOME] [--count 600] [--seed 1] [--only REGEX]
    python tests/bench/up.py --out OUT --told    # what is there already, told again

HOME has artifacts of `caniload matrix`: whole models as .h5, .keras, SavedModel and JSON beside
weights. Of these count the ones that a target does not load plainly, or loads as another model: the
pack that ships says so; with ``--try`` plain scripts try what it does not know. The order is
random, so that the first are a fair sample of all. bringing.py says how it is done, and how it is
compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import bringing
from bringing import FORMATS, Bench, Found

from caniload.runner.core.outcomes import CLEAN, Outcome
from caniload.runner.packs.pack import Pack
from caniload.runner.packs.shelf import SHIPPED

TARGETS = ("tf-2.21", "tf-2.21-keras-3.15")
IMPOSSIBLE = re.compile(r"does not compute with TensorFlow")
"""What is refused so cannot be had there by anybody."""

GENERATIONS = (
    ("Keras 2 multi-backend", r"keras-2\.|-keras-2\."),
    ("tf-keras", r"-tf-keras|-legacy"),
    ("Keras 3", r"keras-3\.|tf-2\.(1[6-9]|2)"),
    ("TF 1", r"tf-1\."),
    ("TF 2.0-2.5", r"tf-2\.[0-5]$"),
    ("TF 2.6-2.11", r"tf-2\.([6-9]|10|11)$"),
    ("TF 2.12-2.15", r"tf-2\.1[2-5]"),
)
"""Savers whose files are alike; the first that fits."""


def generation(saver: str) -> str:
    return next((name for name, ids in GENERATIONS if re.search(ids, saver)), saver)


def told(results: Sequence[Found]) -> Iterator[str]:
    """Yield what came of all of them: a table by target, format and generation."""
    yield (
        "| | files | delivered | for inference | refused | of what could be | equal | wrong"
        " | not compared | weak |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    groups: dict[str, list[Found]] = {"all": list(results)}
    for name in (*TARGETS, *FORMATS, *(one for one, _ in GENERATIONS)):
        groups[name] = [
            one
            for one in results
            if name in (one["target"], one["format"], generation(one["saver"]))
        ]
    for name, ours in groups.items():
        if ours:
            yield row(name, ours)
    for one in results:
        if one.get("gap", [True])[0] is not True:
            yield f"{one['key']}: {one['gap']} {one['remedy']} {one['changes']}"
    yield from bringing.by_reason(results, kind)
    seconds = sorted(one["seconds"] for one in results if "seconds" in one)
    if seconds:
        yield f"seconds for each: {seconds[len(seconds) // 2]} in the median, {seconds[-1]} at most"


def kind(reason: str) -> str:
    return "impossible" if IMPOSSIBLE.search(reason) else "ours"


def row(name: str, ours: Sequence[Found]) -> str:
    verdicts = [one["verdict"] for one in ours]
    whole, graphs = verdicts.count("delivered"), verdicts.count("inference only")
    refused = [one for one in ours if one["verdict"] in ("refused", "fault")]
    could = len(ours) - sum(kind(str(one["reason"])) == "impossible" for one in refused)
    gaps = [one["gap"][0] for one in ours if "gap" in one]
    share = f"{100 * (whole + graphs) / could:.1f} %" if could else "none"
    counts = [len(ours), whole, graphs, len(refused), share, gaps.count(True), gaps.count(False)]
    counts += [whole + graphs - sum(one is not None for one in gaps)]
    counts.append(sum(bool(one.get("weak")) for one in ours))
    return f"| {name} | " + " | ".join(map(str, counts)) + " |"


def measured() -> dict[tuple[str, ...], bool]:
    """Return what the pack that ships knows: whether a file stays the same where it is loaded.

    By saver, model, format and target.
    """
    pack = Pack(SHIPPED)
    found: dict[tuple[str, ...], bool] = {}
    environments = pack.tables.environments
    for said in pack.files():
        part = pack.part(said["name"])
        for (key, reader), (verdict, *_) in part.cells.items():
            file = part.files[key]
            if file["saver"] is not None:
                where = environments[file["saver"]]["id"], file["model"], said["format"]
                outcome = verdict.get("predicting", verdict)["outcome"]
                found[*where, environments[reader]["id"]] = outcome in {*CLEAN, Outcome.WARNING}
    return found


def not_plain(bench: Bench, files: Sequence[Found], *, trying: bool) -> list[Found]:
    """Return those that their target does not load plainly as the models that they are.

    What the pack does not know is left out, or tried by plain scripts.
    """
    known = measured()
    told = {one["key"]: known.get(_cell(one)) for one in files}
    if trying:
        open_ones = [bench.prepared(one) for one in files if told[one["key"]] is None]
        jobs: dict[str, list[Found]] = {}
        for one in open_ones:
            jobs.setdefault(one["saver"], []).append(bench.job(one, one["saver"], "was"))
            jobs.setdefault(one["target"], []).append(bench.job(one, one["target"], "plain"))
        bench.answered(jobs)
        told |= {one["key"]: bench.gap(one, "plain")[0] is True for one in open_ones}
    return [one for one in files if told[one["key"]] is False]


def _cell(one: Found) -> tuple[str, ...]:
    return one["saver"], one["model"], one["format"], one["target"]


def main() -> None:
    parser = bringing.parser(__doc__, count=600, targets=TARGETS)
    parser.add_argument("--try", dest="trying", action="store_true", help="what nobody knows, too")
    given = parser.parse_args()
    bench = Bench.at(given.out, given.home, given.jobs)
    files = []
    if not given.told:
        given.savers = given.savers or [one.id for one in bench.matrix.environments]
        every = bringing.sample(bench, given, FORMATS)
        files = not_plain(bench, every, trying=given.trying)
        print(f"of {len(every)} files {len(files)} are not loaded plainly", flush=True)
        files = files[: given.count]
    print("\n".join(told(bench.run(files, given))))


if __name__ == "__main__":
    main()
