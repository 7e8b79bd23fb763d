"""What remedies and saving anew gave for one model, on disk: an upgrade goes on where it was.

Beside what ``check`` keeps of the same content, a folder for each pair of environments. It is
written when a step is through; one that was interrupted is done again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from caniload.runner.checking.cases import Case
from caniload.runner.converting.outcome import Conversion, Verdict
from caniload.runner.converting.sources import sources_sha256
from caniload.runner.core.putting import put_text
from caniload.runner.evidence.keys import digest
from caniload.runner.matrix.schema import ConversionReaders

_CONVERSION = TypeAdapter(Conversion)


class Keeping:
    """The folder of one model in one upgrade."""

    def __init__(self, case: Case, before: str, after: str, readers: ConversionReaders) -> None:
        sides = [case.fingerprints.get(one) for one in (before, after)]
        chosen = readers.model_dump(mode="json")
        key = digest("upgrade", case.terms.key, sides, chosen, sources_sha256())
        self.folder = case.kept.folder(case.terms) / f"upgrade-{key[:16]}"

    def clear(self) -> None:
        """Forget all, also what was made of what is to be made again."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def converted(self, suffix: str) -> Path:
        return self.folder / f"converted{suffix}"

    def conversion(self, among: Sequence[str]) -> Conversion | None:
        """Return what came of the remedies, if it is known and the file is still there.

        ``among`` are the environments that may be used: with others a refusal might be none.
        """
        try:
            text = (self.folder / "conversion.json").read_text(encoding="utf-8")
            found = _CONVERSION.validate_json(text)
            refused_among = json.loads((self.folder / "among.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if found.verdict is not Verdict.DELIVERED and refused_among != sorted(among):
            return None
        return found if found.out is None or Path(found.out).exists() else None

    def put_conversion(self, conversion: Conversion, among: Sequence[str]) -> None:
        self._write("among.json", json.dumps(sorted(among)))
        self._write("conversion.json", _CONVERSION.dump_json(conversion).decode())

    def anew(self, name: str) -> Mapping[str, Any] | None:
        """Return the facts of saving the model anew under a name, if that is through."""
        try:
            found = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        whole = isinstance(found, dict) and (found["error"] or (self.folder / name).exists())
        return found if whole else None

    def put_anew(self, name: str, facts: Mapping[str, Any]) -> None:
        self._write(f"{name}.json", json.dumps(facts))

    def _write(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        put_text(self.folder / name, text)
