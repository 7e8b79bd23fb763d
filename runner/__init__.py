"""caniload runs saved Keras models through many framework versions and says what happened.

Data flows one way; a module knows only what stands before it::

    matrix.yaml -> plan -> environments -> probes -> results -> verdict -> table -> report

``matrixfile`` reads the file into the classes of ``matrix``, ``plan`` lists the cells (pure),
``environments`` builds virtualenvs from locks, ``workers`` and ``schedule`` run probes in them,
``store`` keeps what they recorded, ``verdict`` names it (pure), ``judged`` is the outcome of all
that and the only thing ``reports`` reads.

Beside the line, ``wishes -> inference -> joining`` make a matrix with one environment more out of
what a person typed and what a package index lists (pure); ``adding`` locks it, ``matrixtext``
writes it down, ``growth`` says what there would be to add. ``forensics`` says what a model file
states of itself; ``inspect`` is its front. ``checking`` asks what becomes of a person's own model
in other environments; ``check`` is its front. ``bisecting`` finds the release between two of them
with which that changes; ``bisect`` is its front. ``converting`` brings a file to another version;
``convert`` is its front. ``upgrading`` puts checking and converting together for a step from one
version to another; ``upgrade`` is its front.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.bisecting.answers import Bisection
    from runner.checking.answers import Checked
    from runner.converting.outcome import Conversion
    from runner.forensics.facts import Inspection
    from runner.upgrading.outcome import Upgrade


def inspect(path: str | os.PathLike[str]) -> Inspection:
    """Return what a saved model says of itself, read in a process apart and without a framework.

    Never raises for what is wrong with the file: ``problem`` and ``findings`` say it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from runner.forensics.apart import inspect_all  # noqa: PLC0415

    return next(iter(inspect_all([Path(path)])))


def check(
    *models: str | os.PathLike[str],
    to: Sequence[str] = (),
    envs: Sequence[str] = (),
    run: bool = False,
    trust: bool = False,
    custom: Sequence[str] = (),
    inputs: str | os.PathLike[str] | None = None,
) -> list[Checked]:
    """Return whether models of yours load in other environments and stay the same, as far as known.

    ``to`` are TensorFlow versions or ids, ``envs`` ids; by default those of the default profile.
    With ``run`` it is tried: every environment loads the file, and what it gives is compared with
    what the one gives that is nearest to where it was saved; ``trust`` lets files with code in them
    be loaded, ``custom`` names your own layers (``layers.py``, ``package.module:factory``),
    ``inputs`` is an .npz file to predict from. Raises ``runner.core.errors.CaniloadError`` for what
    cannot be asked; never for what is wrong with a file: ``problem`` says it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from runner.checking.asking import ask, wish  # noqa: PLC0415

    fed = Path(inputs) if inputs is not None else None
    return ask(models, wish(to=to, envs=envs, trust=trust, custom=custom, inputs=fed), run=run)


def bisect(
    path: str | os.PathLike[str],
    *,
    good: str,
    bad: str,
    having: Sequence[str] = (),
    trust: bool = False,
    custom: Sequence[str] = (),
    inputs: str | os.PathLike[str] | None = None,
) -> Bisection:
    """Return the release, and its package, with which a model stops loading or changes.

    ``good`` and ``bad`` are ids, TensorFlow versions or requirements such as ``keras==3.5.0``, and
    either may be the newer; ``having`` are requirements for every environment that is tried. The
    rest is as in ``check``. Environments are built where they are missing, and what they showed is
    kept. ``status`` says how far it came. Raises ``runner.core.errors.CaniloadError`` for what cannot be
    asked, or where an end cannot be had; never for what is wrong with the file.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from runner.commands.bisect import find  # noqa: PLC0415

    fed = Path(inputs) if inputs is not None else None
    return find(path, good=good, bad=bad, having=having, trust=trust, custom=custom, inputs=fed)


def convert(
    path: str | os.PathLike[str],
    *,
    to: str,
    out: str | os.PathLike[str],
    custom: Sequence[str | os.PathLike[str]] = (),
    inputs: str | os.PathLike[str] | None = None,
    trust: bool = False,
) -> Conversion:
    """Bring a saved model to the environment ``to``, such as ``tf-2.21``; the original stays.

    The file ``out`` is written only if the target loads it plainly and it computes what the
    original does; ``verdict`` says whether, ``reason`` why not. ``trust`` allows running code that
    the file brings. Raises ``runner.core.errors.UsageError`` for a file or an environment that is not
    there, ``CaniloadError`` where the target cannot be built.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from runner.commands.convert import bring_across, matrix_here  # noqa: PLC0415
    from runner.converting.original import Wish  # noqa: PLC0415

    wish = Wish(
        path=Path(path),
        target=to,
        out=Path(out),
        custom=tuple(map(Path, custom)),
        inputs=Path(inputs) if inputs is not None else None,
        trusted=trust,
    )
    return bring_across(wish, matrix_here())


def upgrade(
    before: str,
    after: str,
    *models: str | os.PathLike[str],
    trust: bool = False,
    custom: Sequence[str] = (),
    inputs: str | os.PathLike[str] | None = None,
    remedies: bool = True,
    rollback: bool = True,
    converted: str | os.PathLike[str] | None = None,
) -> Upgrade:
    """Return what becomes of models of yours on the step from one version to another, and back.

    ``before`` and ``after`` are such as ``"2.15"`` or ``"tf-2.21"``. Every model is run in both;
    ``remedies`` are tried where it does not stay the same, and their files copied to the folder
    ``converted`` if there is one; for the ``rollback`` it is saved anew by the one and loaded by
    the other. Without models it is what is stored of reference models. ``trust``, ``custom`` and
    ``inputs`` are as of ``check``. Raises ``runner.core.errors.CaniloadError`` for what cannot be asked;
    never for what is wrong with a file: ``fate`` and ``reason`` of its entry say it.
    """
    from pathlib import Path  # noqa: PLC0415 - whoever only imports this package pays for nothing

    from runner.upgrading.asking import ask  # noqa: PLC0415

    return ask(
        before,
        after,
        models,
        trust=trust,
        custom=custom,
        inputs=Path(inputs) if inputs is not None else None,
        remedies=remedies,
        rollback=rollback,
        converted=Path(converted) if converted is not None else None,
    )
