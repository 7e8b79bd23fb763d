"""What a shard sent back -> this machine's store, by the merge that homes are put together with."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from caniload.runner.engines.carrying import put_folder
from caniload.runner.engines.orders import Returned
from caniload.runner.environments.home import Home
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.store import Store
from caniload.runner.sharding import notes
from caniload.runner.sharding.merging import Merged, Merging


class Arriving:
    """Takes in what workers return; the first to say something wins, as in any merge.

    Files are checked twice: each as it was sent, and each saved folder as its record says.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._merging = Merging(evidence.store, evidence.home)
        self._scratch = Home(root=evidence.home.root / "arrived")

    @property
    def merged(self) -> Merged:
        return self._merging.merged

    def __call__(self, returned: Returned) -> None:
        """Keep all of it; it survives this process from then on."""
        self._clear()
        for folder, files in _folders(returned.files).items():
            put_folder(self._scratch.artifacts, folder, files)
        with Store(self._scratch.results) as store:
            for key, record in returned.records.items():
                store.put(key, record)
        self._merging([self._scratch])
        if note := notes.parse(returned.reply.note or ""):
            notes.write(note, self._evidence.home)
        self._clear()

    def _clear(self) -> None:
        shutil.rmtree(self._scratch.root, ignore_errors=True)
        self._scratch.artifacts.mkdir(parents=True)


def _folders(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return the files of each saved folder, by the names that they travelled by."""
    found: dict[str, dict[str, bytes]] = {}
    for name, content in files.items():
        folder, _, file = name.removeprefix("artifacts/").partition("//")
        found.setdefault(folder, {})[file] = content
    return found
