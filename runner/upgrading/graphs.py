"""SavedModels that are no models of Keras: no version loads them as one, and their graph is called.

They are not measured as models are: what would be delivered for them is what there is to say.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from caniload.runner.checking.request import said_of
from caniload.runner.checking.subjects import Subject
from caniload.runner.converting.asking import bring_across
from caniload.runner.converting.endpoints import why
from caniload.runner.converting.original import Wish
from caniload.runner.core.errors import CaniloadError
from caniload.runner.forensics.facts import Holds
from caniload.runner.running.together import Together
from caniload.runner.upgrading.judging import fate_of_graph
from caniload.runner.upgrading.outcome import Fate, Model, Tried
from caniload.runner.upgrading.remedies import Pair


def is_graph(subject: Subject) -> bool:
    """Say whether there is no model in it that a version could load."""
    return subject.inspection.holds is Holds.GRAPH


def called_all(subjects: Sequence[Subject], pair: Pair, together: Together) -> list[Model]:
    """Return what becomes of each; nothing of it is kept, for the original is what is called."""
    if not subjects:
        return []
    found: dict[int, Tried] = {}

    def one(number: int, subject: Subject, inside: Pair, folder: Path) -> None:
        found[number] = _tried(subject, inside, folder, together)

    with pair.in_shop() as inside, tempfile.TemporaryDirectory() as folder:
        work = [
            functools.partial(one, number, subject, inside, Path(folder) / str(number))
            for number, subject in enumerate(subjects)
        ]
        together("graphs", work)
    return [_model(subject, found[number]) for number, subject in enumerate(subjects)]


def untried(subject: Subject) -> Model:
    """Return the answer where no remedy is asked for."""
    return _model(subject, None)


def _tried(subject: Subject, pair: Pair, folder: Path, together: Together) -> Tried:
    request = pair.request
    wish = Wish(
        path=subject.path,
        target=pair.after.id,
        out=folder / f"{subject.path.name.split('.')[0]}-converted.keras",
        packages=request.custom.packages,
        inputs=request.inputs,
        trusted=request.trust,
        stays=False,
        sandbox=request.sandbox,
    )
    try:
        conversion = bring_across(
            wish, pair.matrix_here, home=request.home, locks=request.locks, shop=pair.shop
        )
    except CaniloadError as error:
        together.check()
        return Tried(problem=str(error))
    together.check()
    out, place = conversion.out, wish.out.with_suffix("").name
    if out is not None and conversion.endpoint is not None:
        call = conversion.endpoint.call.replace(repr(out), repr(place))
        endpoint = replace(conversion.endpoint, call=call)
        conversion = replace(conversion, out=None, endpoint=endpoint)
    return Tried(conversion=conversion)


def _model(subject: Subject, tried: Tried | None) -> Model:
    return Model(
        path=str(subject.path),
        format=subject.inspection.format,
        saved_by=said_of(subject),
        fate=Fate.BROKEN if tried is None else fate_of_graph(tried),
        reason=(tried.problem if tried else None) or why(subject.inspection),
        tried=tried,
    )
