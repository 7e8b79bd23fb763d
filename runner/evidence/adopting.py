"""Results from when a cell had one key, not two halves: found again under the key of today.

Only those that the probe of today measured: what another did is not taken for what it would do.
"""

from __future__ import annotations

from caniload.runner.core.cells import Artifact
from caniload.runner.evidence import keys
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.log import Record


def adopt(evidence: Evidence) -> int:
    """Give the results that are in the log, and were measured by today's probe, their new keys.

    The store is open for writing. Return how many they were.
    """
    return evidence.store.rename(lambda key, record: _key(evidence, key, record))


def _key(evidence: Evidence, key: str, record: Record) -> str | None:
    """Return what a result is found by now; ``None`` where it stays as it is."""
    if record.get("kind") != "cell":
        return None
    place = record["cell"]
    artifact, reader = Artifact(**place["artifact"]), place["loaded_by"]
    fingerprint, saved = evidence.resolution.fingerprints.get(reader), evidence.saved(artifact)
    if fingerprint is None or saved is None:
        return None
    parts = evidence.key_parts(saved)
    order = ("artifact_sha256", "expected_sha256", "family_sha256", "form_sha256", "train")
    then = keys.digest("cell", fingerprint, *(parts[name] for name in order), keys.probe_sha256())
    return keys.cell_key(fingerprint, evidence.file_key(saved)) if then == key else None
