"""What a bisection will cost at most, said before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caniload.runner.bisecting import ends, mixing
from caniload.runner.bisecting.bench import Bench
from caniload.runner.bisecting.ends import Place
from caniload.runner.bisecting.mixing import Locked
from caniload.runner.bisecting.search import most_steps
from caniload.runner.environments import disk
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.packages.listing import Listing


class Costs:
    """The bounds that follow from two ends and the releases between them."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def lines(
        self, between: Sequence[Place], listing: Listing, good: Locked, bad: Locked
    ) -> Iterator[str]:
        """Yield how many environments are tried at most, and what each that is built costs."""
        build = [one.id for one in (good, bad) if not self._bench.is_built(one)]
        inner = max(0, len(between) - 2)
        first = most_steps(inner) + 1 if inner else 0
        packages = 2 * len(list(mixing.parts(good, bad)))
        releases = max(
            (
                most_steps(len(ends.final(listing, name, good.version(name) or "0", version)))
                for name in frameworks().suspected
                if (version := bad.version(name)) is not None
            ),
            default=0,
        )
        most = 2 + first + packages + releases
        yield (
            f"at most {most} environments to try: the 2 ends, {first} of {inner} between them,"
            f" {packages} with packages exchanged, {releases} of a package's releases"
        )
        yield from self._bench.fetching((good, bad))
        price = disk.estimate(good.environment.model_copy(update={"id": "-"}), self._bench.locks)
        built = f"; to build for the ends: {', '.join(build)}" if build else ""
        yield (
            f"each that has to be built: about {price.seconds:.0f} s, up to"
            f" {price.download_bytes / 1e6:.0f} MB to download and"
            f" {price.disk_bytes / 1e6:.0f} MB of disk, less what is there already; those with"
            f" packages exchanged are removed once tried{built}"
        )
