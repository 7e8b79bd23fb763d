"""Which environments are meant, by id and by rule: what gaps and profiles say alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)
from pydantic_core import PydanticCustomError

from caniload.runner.matrix.stacks import Imported, Stack

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+_-]*$", max_length=60)]


class Node(BaseModel):
    """Something that stands in matrix.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def specifier(text: str) -> str:
    """Check the versions that a rule asks for."""
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        message = "should be versions as pip writes them, such as >=3 or ==1.14.*"
        raise PydanticCustomError("specifier", message) from error
    return text


Specifier = Annotated[str, StringConstraints(min_length=2), AfterValidator(specifier)]


def _one_or_several(given: Any) -> str:
    """Name the alternative; a name in <> is no part of the place that a problem is told with."""
    return "<several>" if isinstance(given, list | tuple) else "<one>"


Stacks = Annotated[
    Annotated[Stack, Tag("<one>")] | Annotated[tuple[Stack, ...], Tag("<several>")],
    Discriminator(_one_or_several),
]
Modules = Annotated[
    Annotated[Imported, Tag("<one>")] | Annotated[tuple[Imported, ...], Tag("<several>")],
    Discriminator(_one_or_several),
]


class Where(Node):
    """A rule: the environments of which all of it is true, also those that are added later.

    Any further key is a package of theirs and what its version must be, such as `keras: ">=3"`. A
    pre-release counts as the release it leads to, `tensorflow-cpu` as tensorflow, and TensorFlow
    from 2.16 on brings Keras 3 where no Keras is stated.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Specifier]

    stack: Stacks | None = Field(default=None, description="One of these stacks.")
    imports: Modules | None = Field(default=None, description="Imported there as one of these.")
    newest: Literal["minor", "stack"] | None = Field(
        default=None,
        description="Of these only the newest with each minor version (minor) or of each stack "
        "(stack), for each backend. A release goes before a pre-release, and who has a twin "
        "before the twin.",
    )
    without: tuple[Identifier, ...] = Field(
        default=(), description="Exceptions: ids that it would take and is not to."
    )

    @property
    def versions(self) -> dict[str, str]:
        """What it asks of packages, by name."""
        return self.__pydantic_extra__


Rules = Annotated[
    Annotated[Where, Tag("<one>")]
    | Annotated[tuple[Where, ...], Field(min_length=1), Tag("<several>")],
    Discriminator(_one_or_several),
]


class Choice(Node):
    """Environments: those named by id, and those that a rule takes, or one of several rules."""

    environments: tuple[Identifier, ...] = Field(default=(), description="By id.")
    where: Rules | None = Field(
        default=None, description="By rule; of several, environments that any of them takes."
    )

    @property
    def rules(self) -> tuple[Where, ...]:
        """Every rule of it."""
        if self.where is None:
            return ()
        return self.where if isinstance(self.where, tuple) else (self.where,)

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return not self.environments and self.where is None


def _plainly(given: Any) -> Any:
    """Return lists as tuples; what a validator has touched is no JSON to pydantic any more."""
    if isinstance(given, list):
        return tuple(_plainly(one) for one in given)
    if isinstance(given, dict):
        return {name: _plainly(one) for name, one in given.items()}
    return given


def in_full(given: Any) -> Any:
    """Write a plain list of environments out."""
    plain = _plainly(given)
    return {"environments": plain} if isinstance(plain, tuple) else plain


Chosen = Annotated[
    Choice, BeforeValidator(in_full, json_schema_input_type=Choice | tuple[Identifier, ...])
]
"""A plain list is one of ids."""
