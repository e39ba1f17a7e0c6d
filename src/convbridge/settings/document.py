"""A YAML file as plain data, with the line and column of every part of it."""

from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from convbridge.errors import ConfigError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MOST_NODES = 2_000_000
"""Aliases can make a small file huge; 4,000 long clients are 200,000 nodes."""
_PLAIN_TAGS = {
    "!",
    "tag:yaml.org,2002:map",
    "tag:yaml.org,2002:seq",
    "tag:yaml.org,2002:str",
}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_GLUED = re.compile(r"\s*[\w-]+:[^\s/]")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    One YAML file: its data, and where each part of it stands.

    Scalars follow YAML 1.2: `yes` and `2026-01-01` are text, `012` too.
    """

    source: str
    data: Any
    """Dicts, lists and scalars; whatever the file holds."""
    root: yaml.Node

    def where(self, loc: Sequence[str | int], *, key: bool = False) -> str | None:
        """
        Return `file:line:column` of the part at `loc`, or None without such part.

        Args:
            loc: Keys and list indexes from the top.
            key: Point at the key instead of its value.
        """
        name: yaml.Node | None = self.root
        value = self.root
        for step in loc:
            pair = _child(value, step)
            if pair is None:
                return None
            name, value = pair
        mark = (name if key and name is not None else value).start_mark
        return _place(self.source, mark)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """
    Keep the collector still while many nodes are made that all stay alive.

    It would walk them again and again: 2.3 s instead of 0.8 s for 4,000 clients.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_text(path: Path) -> str:
    """
    Return the text of a configuration file.

    Raises:
        ConfigError: The file is missing, unreadable, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as exc:
        hint = "write one with `convbridge init`, or name it with --config"
        raise ConfigError(f"{path} does not exist", hint=hint) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(
            f"{path} is not UTF-8 text: byte {exc.start} cannot be read",
            hint="save the file as UTF-8",
        ) from exc
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}") from exc


def parse(text: str, *, source: str) -> Document:
    """
    Return the YAML text as a document.

    Raises:
        ConfigError: It is not YAML, has duplicate keys, tags, or nothing in it.
    """
    try:
        root = _compose(text, source)
        builder = _Builder(source)
        data = builder.build(root)
    except RecursionError as exc:
        fault = Fault(where=source, message="it is nested too deeply")
        raise _unusable(source, [fault]) from exc
    if builder.faults:
        raise _unusable(source, builder.faults)
    return Document(source=source, data=data, root=root)


def _unusable(source: str, faults: Sequence[Fault]) -> ConfigError:
    return ConfigError(f"{source} is not a usable YAML file:", faults=faults)


def _compose(text: str, source: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as exc:
        raise _unusable(source, [_syntax_fault(exc, text, source)]) from exc
    except yaml.YAMLError as exc:
        reason = str(getattr(exc, "reason", "it cannot be read"))
        raise _unusable(source, [Fault(where=source, message=reason)]) from exc
    if root is None:
        raise ConfigError(
            f"{source} is empty", hint="`convbridge init` writes one to start from"
        )
    return root


def _syntax_fault(exc: yaml.MarkedYAMLError, text: str, source: str) -> Fault:
    mark = exc.problem_mark or exc.context_mark
    message = exc.problem or "it cannot be read"
    assert mark is not None  # a problem with its place is what the type says
    lines = ["", *text.splitlines(), ""][mark.line : mark.line + 2]
    return Fault(
        where=_place(source, mark), message=message, hint=_syntax_hint(message, lines)
    )


def _syntax_hint(message: str, lines: Sequence[str]) -> str | None:
    """Name the two slips that YAML's own words do not tell, from nearby lines."""
    if any(re.match(r" *\t", line) for line in lines):
        return "YAML is indented with spaces; this line begins with a tab"
    if "mapping values" in message and any(_GLUED.match(line) for line in lines):
        return "a space is needed after the colon"
    return None


class _Builder:
    """Turns nodes into data, once, and collects what cannot be data."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self._open: set[int] = set()
        self._nodes = 0

    def build(self, node: yaml.Node) -> Any:
        """Return the node's data."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._nodes += len(node.value) + 1
        if self._nodes > _MOST_NODES or id(node) in self._open:
            return self._fault(node, "an alias (*) repeats its own content endlessly")
        self._open.add(id(node))
        try:
            return self._collection(node)
        finally:
            self._open.discard(id(node))

    def _collection(self, node: yaml.Node) -> Any:
        if node.tag not in _PLAIN_TAGS:
            return self._fault(node, f"the YAML tag {node.tag!r} is not allowed here")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        return [self.build(item) for item in node.value]

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a key must be text, not a list or a mapping")
                continue
            name = key.value
            if name in first:
                line = first[name].start_mark.line + 1
                self._fault(key, f"the key {name!r} is already on line {line}")
                continue
            first[name] = key
            if _is_merge(key):
                self._merge(value, merged)
            else:
                found[name] = self.build(value)
        return {**merged, **found}

    def _merge(self, node: yaml.Node, into: dict[str, Any]) -> None:
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for item in items:
            data = self.build(item)
            if not isinstance(data, dict):
                self._fault(item, "`<<` merges mappings only")
                continue
            for key, value in data.items():
                into.setdefault(key, value)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = node.value
        if node.tag not in _PLAIN_TAGS:
            return self._fault(node, f"the YAML tag {node.tag!r} is not allowed here")
        if node.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] in "-+.0123456789":
            if _INT.fullmatch(text):
                return int(text)
            if _FLOAT.fullmatch(text) and not re.match(r"[-+]?0\d", text):
                return _float(text)
        return text

    def _fault(self, node: yaml.Node, message: str) -> None:
        fault = Fault(where=_place(self.source, node.start_mark), message=message)
        if fault not in self.faults:
            self.faults.append(fault)


def _float(text: str) -> float | str:
    """Return a number; a run of 19 digits or more stays text."""
    return text if text.lstrip("-+").isdigit() else float(text)


def _child(
    node: yaml.Node, step: str | int
) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode):
        if isinstance(step, int) and step < len(node.value):
            return None, node.value[step]
        return None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == str(step) and not _is_merge(key):
            return key, value
    merges = (value for key, value in node.value if _is_merge(key))
    for value in merges:
        items = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for item in items:
            if found := _child(item, step):
                return found
    return None


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == "<<" and not key.style


def _place(source: str, mark: yaml.Mark) -> str:
    return f"{source}:{mark.line + 1}:{mark.column + 1}"
