"""The exact release with which a model stops loading or changes: ``caniload bisect``.

``ends`` says which environments a person means, ``mixing`` makes one of two locks (pure),
``bench`` measures the model in them, ``search`` says which is next and what follows (pure),
``stages`` goes from environments to packages to releases, ``telling`` puts it into words (pure).
"""
