"""The exact release with which a model stops loading or changes: ``caniload bisect``.

``ends`` says which environments a person means, ``mixing`` makes one of two locks (pure),
``bench`` measures the model in them, ``search`` says which is next and what follows (pure),
``stages`` goes from environments to packages to releases, ``telling`` puts it into words (pure).

Comes in: one file, a good end and a bad one. Goes out: a ``Bisection``, a release of one package
or what it could be narrowed to. Never: holds what cannot be built against a release.
"""
