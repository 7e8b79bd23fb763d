"""Operations of a SavedModel's graphs -> what of them reaches out of the graph; pure.

Known are operations without effects, and those that keep state within the graph. Operations that
save, restore and read tables name files: they are what every SavedModel has, as long as whoever
loads it says which files. Field numbers are of TensorFlow's ``graph.proto``, ``node_def.proto``,
``function.proto``, ``saver.proto`` and ``meta_graph.proto``.
"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from caniload.runner.forensics.facts import Finding, danger, notice, unchecked
from caniload.runner.forensics.formats.wire import fields, message, messages, packed, text
from caniload.runner.forensics.places import is_far
from caniload.runner.forensics.reaching import operations

OPERATIONS = 400_000
"""Most operations whose names are looked at."""

_DOES = {
    "ReadFile": "reads files",
    "WriteFile": "writes files",
    "MatchingFiles": "lists files",
    "PyFunc": "calls Python",
    "PyFuncStateless": "calls Python",
    "EagerPyFunc": "calls Python",
    "PrintV2": "writes to a stream or file",
}
_BY_NAME = {
    "Save": (0,),
    "SaveSlices": (0,),
    "SaveV2": (0,),
    "Restore": (0,),
    "RestoreSlice": (0,),
    "RestoreV2": (0,),
    "MergeV2Checkpoints": (0, 1),
    "InitializeTableFromTextFile": (1,),
    "InitializeTableFromTextFileV2": (1,),
}
"""Operations that open files, and which of their inputs name these."""

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
"""Operations whose inputs are the arguments of the function that they call."""

_WAY = frozenset(
    {
        *("Const", "Identity", "Pack", "ConcatV2", "ExpandDims", "Reshape", "Select", "SelectV2"),
        *("StringJoin", "ShardedFilename", "StaticRegexFullMatch", "RegexFullMatch"),
        *("VarHandleOp", "ReadVariableOp", "PlaceholderWithDefault"),
    }
)
"""Operations by which TensorFlow's own graphs make the names of files."""

_PLACE = re.compile(r":.*")
_STEPS = 10_000
"""Most nodes that a name is followed through; one that is farther away is taken for fixed."""

_SHOWN = 5
_CONSTANT = 9
"""Field of a SavedObject that says that it is a constant: ``saved_object_graph.proto``."""

Given = frozenset[str]


@dataclass
class _Scope:
    """The whole graph, or one of its functions."""

    arguments: tuple[str, ...] = ()
    given: set[str] = field(default_factory=set)
    """Nodes that whoever loads it fills: placeholders, assets, the name of a checkpoint."""
    nodes: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    opens: list[tuple[str, str]] = field(default_factory=list)
    """Operation, and the input that names a file."""
    assigned: dict[str, list[str]] = field(default_factory=dict)
    """Variable to what is put into it: TensorFlow keeps the path of an asset in one."""
    elsewhere: set[str] = field(default_factory=set)
    """Constants that are, or lead to, places of their own."""
    calls: dict[str, list[str]] = field(default_factory=dict)
    """Node to the functions that it calls."""
    called: set[str] = field(default_factory=set)
    """All functions that its nodes name, whatever for; and operations, which may be functions."""

    def sources(self, start: str, inside: Given = frozenset()) -> set[str] | None:
        """Return the arguments that a file's name is made of; None if it is given from outside.

        An operation by which a loader makes no names, or a part of one that leads elsewhere, makes
        it a name of the graph's own. ``inside`` are variables that are being looked at.
        """
        pending, seen, given = [start], set[str](), False
        while pending:
            name = _node_of(pending.pop())
            if name in self.given:
                given = True
                continue
            if name in seen or name in self.arguments:
                seen.add(name)
                continue
            seen.add(name)
            operation, inputs = self.nodes.get(name, ("", []))
            if operation not in _WAY or name in self.elsewhere or len(seen) > _STEPS:
                return set()
            pending += inputs
            if operation == "VarHandleOp":
                values = self.assigned.get(name, [])
                more = inside | {name}
                if name in inside or any(self.sources(one, more) is not None for one in values):
                    return set()
                given = given or bool(values)
        return None if given else seen & set(self.arguments)


def findings(graphs: Iterable[memoryview]) -> Iterator[Finding]:
    """Yield what the MetaGraphDefs of a SavedModel reach, each once."""
    met: dict[str, None] = {}
    fixed: dict[str, None] = {}
    left = OPERATIONS
    for graph in graphs:
        yield from _assets(graph)
        definition = message(graph, 2)
        scopes = {"": _Scope(given=set(map(_node_of, _given_names(graph))))}
        parts = [("", definition, 1)]
        for function in messages(message(definition, 2), 1):  # library.function
            signature = message(function, 1)
            arguments = tuple(text(one, 1) for one in messages(signature, 2))
            scopes[name := text(signature, 1)] = _Scope(arguments=arguments)
            parts.append((name, function, 3))
        for name, part, number in parts:
            for node in messages(part, number):
                left -= 1
                if left < 0:
                    words = f"more than {OPERATIONS:,} operations: the rest was not looked at"
                    yield unchecked("many-operations", words)
                    return
                met.update(dict.fromkeys(_note(node, scopes[name], scopes)))
        fixed.update(dict.fromkeys(_fixed(scopes, _constants(graph))))
        yield from _endless(scopes)
    yield from _told(met)
    for one in fixed:
        text_ = f"its graph opens a file that is named in it (operation {one})"
        yield danger("reaching-operation", text_)


def _note(node: memoryview, scope: _Scope, functions: Collection[str]) -> Iterator[str]:
    """Take a node into its scope; yield its operation if that is not known to be harmless.

    One of the graph's own functions may be called as an operation; what it does is looked at there.
    """
    name, operation = text(node, 1), text(node, 2)
    inputs = [bytes(one).decode("utf-8", "replace") for one in messages(node, 3)]
    inputs = [one for one in inputs if not one.startswith("^")]  # "^" says when, and gives nothing
    scope.nodes[name] = (operation, inputs)
    called = list(_functions(node))
    scope.calls[name] = called if operation not in operations()["graph"] else []
    scope.called.update((operation, *called))
    if operation in _BY_NAME:
        scope.opens += [(operation, inputs[at]) for at in _BY_NAME[operation] if at < len(inputs)]
    elif not any(operation in operations()[kind] for kind in ("graph", "state")) and (
        operation not in functions or operation in operations()["reaching"] or operation in _DOES
    ):
        yield operation
    if operation == "AssignVariableOp" and len(inputs) > 1:
        scope.assigned.setdefault(_node_of(inputs[0]), []).append(inputs[1])
    if operation == "Const" and any(map(is_far, _texts(node))):
        scope.elsewhere.add(name)
    if operation == "Placeholder":
        scope.given.add(name)


def _functions(node: memoryview) -> Iterator[str]:
    for entry in messages(node, 5):  # NodeDef.attr
        value = message(entry, 2)
        for one in (*messages(value, 10), *messages(message(value, 1), 9)):  # func, list.func
            yield text(one, 1)


def _texts(node: memoryview) -> Iterator[str]:
    for entry in messages(node, 5):
        for one in messages(message(message(entry, 2), 8), 8):  # AttrValue.tensor.string_val
            yield bytes(one).decode("utf-8", "replace")


def _fixed(scopes: Mapping[str, _Scope], constants: Mapping[str, Given]) -> Iterator[str]:
    """Yield operations that open a file which nobody outside of the graph names.

    What a function opens is followed into those that call it; one that only Python calls is given
    what the SavedModel binds to it.
    """
    callers: dict[str, list[tuple[str, str]]] = {}
    for name, scope in scopes.items():
        for node, called in scope.calls.items():
            for one in called:
                callers.setdefault(one, []).append((name, node))
    for name, scope in scopes.items():
        for operation, tensor in scope.opens:
            if not _from_outside(name, tensor, scopes, callers, constants):
                yield operation


def _from_outside(
    name: str,
    tensor: str,
    scopes: Mapping[str, _Scope],
    callers: Mapping[str, list[tuple[str, str]]],
    constants: Mapping[str, Given],
) -> bool:
    pending, seen = [(name, tensor)], set[tuple[str, str]]()
    while pending:
        where, what = pending.pop()
        if (where, what) in seen:
            continue
        seen.add((where, what))
        sources = scopes[where].sources(what)
        if sources is None:
            continue
        if not sources or len(seen) > _STEPS or sources <= constants.get(where, frozenset()):
            return False
        for caller, node in callers.get(where, []):
            operation, inputs = scopes[caller].nodes[node]
            places = [scopes[where].arguments.index(one) for one in sources]
            given = [inputs[one] for one in places if one < len(inputs)]
            if operation not in _CALLS or not given:
                return False
            pending += [(caller, one) for one in given]
    return True


def _endless(scopes: Mapping[str, _Scope]) -> Iterator[Finding]:
    """Yield a function that comes to itself: TensorFlow writes none, and older ones crash of it."""
    order = graphlib.TopologicalSorter({name: one.called for name, one in scopes.items()})
    try:
        order.prepare()
    except graphlib.CycleError as error:
        names = " -> ".join(reversed(error.args[1]))
        yield danger("recursive-function", f"a function of its graph calls itself: {names}")


def _constants(graph: memoryview) -> dict[str, Given]:
    """Return the arguments of functions to which the SavedModel binds constants of its own."""
    objects = message(graph, 7)
    nodes = list(messages(objects, 1))
    arguments = {
        text(message(one, 1), 1): [text(each, 1) for each in messages(message(one, 1), 2)]
        for one in messages(message(message(graph, 2), 2), 1)
    }
    found = {}
    for entry in messages(objects, 2):  # concrete_functions, SavedConcreteFunction.bound_inputs
        name, bound = text(entry, 1), list(packed(message(entry, 2), 2))
        last = arguments.get(name, [])[-len(bound) :] if bound else []
        found[name] = frozenset(
            argument
            for argument, number in zip(last, bound, strict=False)
            if number < len(nodes) and any(kind == _CONSTANT for kind, _ in fields(nodes[number]))
        )
    return found


def _node_of(tensor: str) -> str:
    return _PLACE.sub("", tensor)


def _given_names(graph: memoryview) -> Iterator[str]:
    """Yield the tensors that a loader fills with the name of a file of its choice."""
    for entry in messages(graph, 6):  # MetaGraphDef.asset_file_def, AssetFileDef.tensor_info
        yield text(message(entry, 1), 1)
    yield text(message(graph, 3), 1)  # MetaGraphDef.saver_def, filename_tensor_name


def _assets(graph: memoryview) -> Iterator[Finding]:
    for entry in messages(graph, 6):
        name = text(entry, 2)  # AssetFileDef.filename
        if is_far(name):
            words = f"has an asset that lies outside of its folder: {name}; its graph reads it"
            yield danger("asset-elsewhere", words)


def _told(met: Iterable[str]) -> Iterator[Finding]:
    known: list[str] = []
    foreign: list[str] = []
    for one in met:
        if one in _DOES:
            text_ = f"its graph {_DOES[one]} when it runs (operation {one})"
            yield danger("reaching-operation", text_)
        else:
            (known if one in operations()["reaching"] else foreign).append(one or "without a name")
    if known:
        text_ = "its graph has operations that are not known to reach nothing outside of it"
        yield danger("reaching-operation", f"{text_}: {_some(known)}")
    if foreign:
        text_ = "its graph has operations that TensorFlow does not have"
        yield notice("foreign-operation", f"{text_}: {_some(foreign)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
