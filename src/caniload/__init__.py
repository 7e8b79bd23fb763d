"""Says whether a saved Keras or TensorFlow model can be loaded there, and is the same model then.

Questions about model files, as functions that return frozen results; ``caniload`` asks them on
the command line:

``inspect``
    What a file says of itself, without loading it.
``diff``
    What differs between two of them.
``check``
    Whether models load in other versions and stay the same.
``convert``
    A model brought to another version, and the proof.
``convert_all``
    The same of all models in folders.
``bisect``
    The release with which a model stops loading, or changes.
``upgrade``
    What becomes of models on the step from one version to another.

What cannot be asked raises ``CaniloadError``; what is wrong with a file never raises, the result
says it. Importing this package imports nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

TYPE_CHECKING = False  # checkers know the name; to import it takes as long as all else here
if TYPE_CHECKING:
    from typing import Any

    from caniload.runner.bisecting.answers import Bisection
    from caniload.runner.checking.answers import Checked
    from caniload.runner.comparing.facts import Comparison
    from caniload.runner.converting.many.manifest import Manifest
    from caniload.runner.converting.outcome import Conversion
    from caniload.runner.core.errors import CaniloadError, MatrixError, UsageError
    from caniload.runner.forensics.facts import Inspection
    from caniload.runner.upgrading.outcome import Upgrade

    __version__: str

__all__ = [
    "Bisection",
    "CaniloadError",
    "Checked",
    "Comparison",
    "Conversion",
    "Inspection",
    "Manifest",
    "MatrixError",
    "Upgrade",
    "UsageError",
    "__version__",
    "bisect",
    "check",
    "convert",
    "convert_all",
    "diff",
    "inspect",
    "upgrade",
]

_LIVES_IN = {
    "Bisection": "bisecting.answers",
    "CaniloadError": "core.errors",
    "Checked": "checking.answers",
    "Comparison": "comparing.facts",
    "Conversion": "converting.outcome",
    "Inspection": "forensics.facts",
    "Manifest": "converting.many.manifest",
    "MatrixError": "core.errors",
    "Upgrade": "upgrading.outcome",
    "UsageError": "core.errors",
}
"""The rooms of what is imported when it is first asked for."""


def __getattr__(name: str) -> Any:
    """Import a class of results or errors when it is asked for."""
    import importlib  # noqa: PLC0415 - whoever only imports this package pays for nothing

    if name == "__version__":
        return importlib.import_module("caniload.runner.core.version").version()
    if name in _LIVES_IN:
        return getattr(importlib.import_module(f"caniload.runner.{_LIVES_IN[name]}"), name)
    raise AttributeError(f"module 'caniload' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


def inspect(path: str | os.PathLike[str]) -> Inspection:
    """Return what a saved model says of itself, read in a process apart and without a framework.

    Never raises for what is wrong with the file: ``problem`` and ``findings`` say it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from caniload.runner.forensics.apart import inspect_all  # noqa: PLC0415

    return next(iter(inspect_all([Path(path)])))


def diff(before: str | os.PathLike[str], after: str | os.PathLike[str]) -> Comparison:
    """Return what differs between two saved models, of any formats, without a framework.

    Layers, their settings, weights, and how they were compiled; weights are read in pieces, in a
    process apart. ``same`` says whether all that both hold is the same. Never raises for what is
    wrong with a file: ``status`` says it, and ``problem`` of its side.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from caniload.runner.comparing.apart import compare  # noqa: PLC0415

    return compare(Path(before), Path(after))


def check(
    *models: str | os.PathLike[str],
    to: str | Sequence[str] = (),
    envs: str | Sequence[str] = (),
    run: bool = False,
    trust: bool = False,
    sandbox: str = "auto",
    custom: str | Sequence[str] = (),
    build: str | None = None,
    having: str | Sequence[str] = (),
    inputs: str | os.PathLike[str] | None = None,
    purpose: str = "predict",
) -> list[Checked]:
    """Return whether models of yours load in other environments and stay the same, as far as known.

    ``to`` are TensorFlow versions or ids, ``envs`` ids; by default those of the default profile.
    With ``run`` it is tried: every environment loads the file, and what it gives is compared with
    what the one gives that is nearest to where it was saved; ``trust`` lets files with code in them
    be loaded; ``sandbox`` is the wall that they are loaded behind (``"auto"``, ``"bwrap"``,
    ``"landlock"``, ``"container"``, ``"none"``), ``custom`` names your own layers
    (``layers.py``, ``package.module:factory``), ``build`` the function that builds the model of
    weights alone (``net.py:make``), ``having`` what your code imports beside the framework, as
    requirements (``scipy>=1.10``),
    ``inputs`` is an .npz file to predict from. ``purpose`` is what you want of them: to ``predict``
    or to ``train`` on. Raises ``CaniloadError`` for what cannot be asked; never for what is wrong
    with a file: ``problem`` says it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from caniload.runner.answering.asking import ask  # noqa: PLC0415
    from caniload.runner.checking.wanted import wish  # noqa: PLC0415

    fed = Path(inputs) if inputs is not None else None
    return ask(
        models,
        wish(
            to=_several(to),
            envs=_several(envs),
            trust=trust,
            sandbox=sandbox,
            custom=_several(custom),
            build=build,
            packages=_several(having),
            inputs=fed,
            purpose=purpose,
        ),
        run=run,
    )


def bisect(
    path: str | os.PathLike[str],
    *,
    good: str,
    bad: str,
    having: str | Sequence[str] = (),
    trust: bool = False,
    sandbox: str = "auto",
    custom: str | Sequence[str] = (),
    inputs: str | os.PathLike[str] | None = None,
    purpose: str = "predict",
) -> Bisection:
    """Return the release, and its package, with which a model stops loading or changes.

    ``good`` and ``bad`` are ids, TensorFlow versions or requirements such as ``keras==3.5.0``, and
    either may be the newer; ``having`` are requirements for every environment that is tried. The
    rest is as in ``check``. Environments are built where they are missing, and what they showed is
    kept. ``status`` says how far it came. Raises ``CaniloadError`` for what cannot be
    asked, or where an end cannot be had; never for what is wrong with the file.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from caniload.runner.bisecting.asking import find  # noqa: PLC0415

    fed = Path(inputs) if inputs is not None else None
    return find(
        path,
        good=good,
        bad=bad,
        having=_several(having),
        trust=trust,
        sandbox=sandbox,
        custom=_several(custom),
        inputs=fed,
        purpose=purpose,
    )


def convert(
    path: str | os.PathLike[str],
    *,
    to: str,
    out: str | os.PathLike[str],
    custom: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    build: str | None = None,
    having: str | Sequence[str] = (),
    written_by: str | None = None,
    endpoint: str | None = None,
    inputs: str | os.PathLike[str] | None = None,
    trust: bool = False,
    sandbox: str = "auto",
    receipt: bool = True,
) -> Conversion:
    """Bring a saved model to the environment ``to``, such as ``tf-2.21``; the original stays.

    The file ``out`` is written only if the target loads it plainly and it computes what the
    original does; ``verdict`` says whether, ``reason`` why not. ``trust`` allows running code that
    the file brings, ``sandbox``, ``build`` and ``having`` are as of ``check``; ``written_by`` is
    the backend of weights that do not say it, ``endpoint`` that of a SavedModel that can only be
    called. A ``receipt`` is written beside it: hashes and the proof. Raises ``UsageError`` for a
    file or an environment that is not there, ``CaniloadError`` where the target cannot be built or
    the original changed meanwhile.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from caniload.runner.checking.customs import read_custom  # noqa: PLC0415
    from caniload.runner.converting.asking import bring_across  # noqa: PLC0415
    from caniload.runner.converting.original import Wish  # noqa: PLC0415
    from caniload.runner.environments.opening import open_matrix  # noqa: PLC0415

    code = read_custom((), build=build, packages=_several(having))
    wish = Wish(
        path=Path(path),
        target=to,
        out=Path(out),
        custom=tuple(map(Path, _several(custom))),
        build=code.build,
        packages=code.packages,
        written_by=written_by,
        endpoint=endpoint,
        inputs=Path(inputs) if inputs is not None else None,
        trusted=trust,
        sandbox=sandbox,
    )
    return bring_across(wish, open_matrix(), receipts=receipt)


def convert_all(
    *paths: str | os.PathLike[str],
    to: str,
    into: str | os.PathLike[str],
    custom: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    build: str | None = None,
    having: str | Sequence[str] = (),
    written_by: str | None = None,
    endpoint: str | None = None,
    inputs: str | os.PathLike[str] | None = None,
    trust: bool = False,
    sandbox: str = "auto",
    receipt: bool = True,
    rerun: bool = False,
    jobs: int | None = None,
) -> Manifest:
    """Bring all models that the paths name, also in folders, to the environment ``to``.

    Results are written to the folder ``into``, below it where the originals lie, with a manifest;
    what an earlier call did there is not done again but with ``rerun``. ``jobs`` is how many are
    worked on at a time, by default as many as there are processors. The rest is as in ``convert``.
    Raises ``CaniloadError`` for what cannot be asked; never for what is wrong with a file:
    ``verdict`` and ``reason`` of its entry say it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from caniload.runner.checking.customs import read_custom  # noqa: PLC0415
    from caniload.runner.converting.many.asking import bring_all_across  # noqa: PLC0415
    from caniload.runner.converting.many.running import Order  # noqa: PLC0415
    from caniload.runner.environments.opening import open_matrix  # noqa: PLC0415

    code = read_custom((), build=build, packages=_several(having))
    order = Order(
        target=to,
        custom=tuple(map(Path, _several(custom))),
        build=code.build,
        packages=code.packages,
        written_by=written_by,
        endpoint=endpoint,
        inputs=Path(inputs) if inputs is not None else None,
        trusted=trust,
        sandbox=sandbox,
        receipts=receipt,
        rerun=rerun,
    )
    return bring_all_across(
        [Path(one) for one in paths], order, Path(into), open_matrix(), jobs=jobs
    )


def upgrade(
    before: str,
    after: str,
    *models: str | os.PathLike[str],
    trust: bool = False,
    sandbox: str = "auto",
    custom: str | Sequence[str] = (),
    build: str | None = None,
    having: str | Sequence[str] = (),
    inputs: str | os.PathLike[str] | None = None,
    remedies: bool = True,
    rollback: bool = True,
    converted: str | os.PathLike[str] | None = None,
    purpose: str = "predict",
) -> Upgrade:
    """Return what becomes of models of yours on the step from one version to another, and back.

    ``before`` and ``after`` are such as ``"2.15"`` or ``"tf-2.21"``. Every model is run in both;
    ``remedies`` are tried where it does not stay the same, and their files copied to the folder
    ``converted`` if there is one; for the ``rollback`` it is saved anew by the one and loaded by
    the other. Without models it is what is stored of reference models. ``trust``, ``sandbox``,
    ``custom``, ``build``, ``having``, ``inputs`` and ``purpose`` are as of ``check``. Raises
    ``CaniloadError`` for what cannot be asked; never for what is wrong with a file: ``fate`` and
    ``reason`` of its entry say it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from caniload.runner.upgrading.asking import ask  # noqa: PLC0415

    return ask(
        before,
        after,
        models,
        trust=trust,
        sandbox=sandbox,
        custom=_several(custom),
        build=build,
        packages=_several(having),
        inputs=Path(inputs) if inputs is not None else None,
        remedies=remedies,
        rollback=rollback,
        converted=Path(converted) if converted is not None else None,
        purpose=purpose,
    )


def _several(given: Any) -> Any:
    """Take a text or a path alone for a list of one: a text is a sequence, too, of its letters."""
    return (given,) if isinstance(given, str | os.PathLike) else tuple(given)
