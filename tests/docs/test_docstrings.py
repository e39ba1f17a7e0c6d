"""Public names explain themselves."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import convbridge

MODULES = [
    "convbridge.bridge",
    "convbridge.portfolio",
    "convbridge.sandbox",
    "convbridge.testing",
    "convbridge.settings",
    "convbridge.value",
    "convbridge.classify",
    "convbridge.deliver",
    "convbridge.report",
]


def public():
    """Yield each public object with its name, and its public methods."""
    found = {f"convbridge.{n}": getattr(convbridge, n) for n in convbridge.__all__}
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            found[f"{module.__name__}.{name}"] = getattr(module, name)
    for name, value in found.items():
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            continue
        yield name, value
        if inspect.isclass(value):
            yield from members(name, value)


def members(owner, cls):
    for name, value in vars(cls).items():
        if name.startswith("_"):
            continue
        inner = getattr(value, "__func__", value)
        if isinstance(value, property) or inspect.isfunction(inner):
            yield f"{owner}.{name}", inner


PUBLIC = dict(public())


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_begins_with_a_sentence(name):
    text = inspect.cleandoc(PUBLIC[name].__doc__ or "")
    first = text.split("\n\n")[0]

    assert first[:1].isupper() or first[:1] in "`0123456789", text
    assert first.endswith((".", ":")), text


SOURCES = Path(convbridge.__file__).parent
EXAMPLES = [
    ".".join(("convbridge", *path.relative_to(SOURCES).with_suffix("").parts))
    for path in sorted(SOURCES.rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_in_docstrings_are_true(module):
    ran = doctest.testmod(importlib.import_module(module))

    assert (ran.attempted > 0, ran.failed) == (True, 0)
