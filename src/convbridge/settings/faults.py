"""Pydantic's errors in the words of convbridge, with a place in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel

from convbridge.errors import Fault
from convbridge.settings.conditions import near
from convbridge.settings.fields import kind
from convbridge.settings.file import FileSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from convbridge.settings.document import Document

Loc = tuple[str | int, ...]

_EXPECTED = {
    "model_type": "a mapping of keys and values",
    "model_attributes_type": "a mapping of keys and values",
    "dict_type": "a mapping of keys and values",
    "tuple_type": "a list",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "finite_number": "a finite number",
    "too_short": "at least one",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_SAMPLES = {
    "phone_region": "two capitals such as TH",
}
_MISSING = {
    "version": "write version: 1",
    "clients": "name at least one client",
    "template": "write template: ecommerce, lead_gen or service; "
    "in defaults it holds for every client",
    "ga4": "write ga4: {property_id: 111111111}",
    "property_id": "in GA4 under Admin > Property details",
    "customer_id": "ten digits, in Google Ads at the top right",
}


def faults_of(
    errors: Iterable[ErrorDetails],
    document: Document,
    variables: Mapping[Loc, str],
) -> list[Fault]:
    """
    Return one fault per error, in the order of the file.

    Args:
        errors: What pydantic found.
        document: The file, for the places.
        variables: Environment variables that stand above the file, by place.
    """
    faults: dict[tuple[str, str], Fault] = {}
    for error in errors:
        loc, at_key = _loc(error)
        where = variables.get(loc) or place(document, loc, key=at_key)
        message, hint = _words(error, loc)
        fault = Fault(where=where, message=message, hint=hint)
        faults.setdefault((where, message), fault)
    return ordered(faults.values())


def ordered(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults in the order of the file; variables come first."""
    return sorted(faults, key=_order)


def place(document: Document, loc: Loc, *, key: bool = False) -> str:
    """
    Return where `loc` stands, or the nearest part around it.

    What a client does not say itself stands in `defaults`.
    """
    if found := document.where(loc, key=key):
        return found
    if loc[:1] == ("clients",) and len(loc) > 2:
        inherited = document.where(("defaults", *loc[2:]), key=key)
        if inherited:
            return inherited
    return place(document, loc[:-1], key=True)


def _loc(error: ErrorDetails) -> tuple[Loc, bool]:
    """Return the place an error means, and whether its key is meant."""
    loc = tuple(step for step in error["loc"] if step != "[key]")
    if error["type"] == "convbridge":
        at = error["ctx"]["at"]
        return (*loc, *at), "[key]" in error["loc"]
    return loc, error["type"] == "extra_forbidden"


def _words(error: ErrorDetails, loc: Loc) -> tuple[str, str | None]:
    """Return the message and the hint."""
    name = _name(loc)
    match error["type"]:
        case "convbridge":
            context = error["ctx"]
            return f"{_subject(loc, context['text'])}{context['text']}", context["hint"]
        case "extra_forbidden":
            allowed = sorted(_keys(loc[:-1]))
            message = f"unknown key {name!r}; allowed: {', '.join(allowed)}"
            return message, near(name, allowed)
        case "missing":
            return f"{name!r} is missing", _MISSING.get(name)
        case "enum" | "literal_error":
            return _closed_set(error, loc)
        case _:
            expected = _expected(error, name)
            return f"{name}: expected {expected}, found {_shown(error, loc)}", None


def _expected(error: ErrorDetails, name: str) -> str:
    found = error["type"]
    if found in _BOUNDS:
        key, words = _BOUNDS[found]
        limit = error["ctx"][key]
        return f"{words} {int(limit) if limit == int(limit) else limit}"
    if found == "string_pattern_mismatch":
        return _SAMPLES[name]
    return _EXPECTED[found]


def _subject(loc: Loc, text: str) -> str:
    """Name the key, unless the message begins with what was found there."""
    return f"{_name(loc)}: " if text.startswith("expected") else ""


def _name(loc: Loc) -> str:
    """Return the key that is meant; for an item of a list, the list's."""
    return next((step for step in reversed(loc) if isinstance(step, str)), "the file")


def _closed_set(error: ErrorDetails, loc: Loc) -> tuple[str, str | None]:
    allowed = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    if not allowed:
        allowed = [error["ctx"]["expected"]]
    found = error["input"]
    hint = near(found, allowed) if isinstance(found, str) else None
    if loc == ("version",):
        hint = "this convbridge reads version 1"
    message = f"{_name(loc)}: expected {_either(allowed)}, found {_shown(error, loc)}"
    return message, hint


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _shown(error: ErrorDetails, loc: Loc) -> str:
    """Return what was found; nothing of what may be a secret."""
    value = error["input"]
    may_be_secret = "google" in loc and loc[-1:] != ("credentials",)
    if may_be_secret or not isinstance(value, (str, int, float)):
        return kind(value)
    if isinstance(value, bool):
        return kind(value)
    text = repr(value)
    return text if len(text) <= 42 else f"{text[:38]}...'"


def _keys(loc: Loc) -> set[str]:
    """Return the keys that the section at `loc` allows."""
    model: type[BaseModel] = FileSettings
    steps = iter(loc)
    for step in steps:
        annotation = _fields(model)[str(step)].annotation
        if get_origin(annotation) is dict:
            next(steps, None)  # a name of the user's choice
        model = _model_in(annotation) or model
    return set(_fields(model))


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(arg) for arg in get_args(annotation))
    return next((model for model in found if model), None)


def _order(fault: Fault) -> tuple[int, int, str]:
    numbers = re.search(r":(\d+):(\d+)$", fault.where)
    line, column = map(int, numbers.groups()) if numbers else (0, 0)
    return line, column, fault.where
