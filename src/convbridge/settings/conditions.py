"""The forms of `where:` in an event's settings, and what they mean."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from convbridge.model.rules import Condition, Match
from convbridge.settings.fields import fault, kind

_DIMENSION = re.compile(r"[a-z][A-Za-z0-9]*|custom(?:Event|User|Item):\w+")
_COMMON = (
    "contentType", "deviceCategory", "fileExtension", "fileName", "hostName",
    "itemName", "landingPage", "language", "linkClasses", "linkDomain", "linkId",
    "linkText", "linkUrl", "method", "outbound", "pageLocation", "pagePath",
    "pagePathPlusQueryString", "pageReferrer", "pageTitle", "percentScrolled",
    "platform", "searchTerm", "unifiedPagePathScreen", "videoProvider",
    "videoTitle", "videoUrl", "visible",
)  # fmt: skip
_FLAGS = ("case_sensitive", "not")
_SCALAR = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}
_VALUES = {
    "anyOf": [*_SCALAR["anyOf"], {"type": "array", "items": _SCALAR, "minItems": 1}]
}


def _conditions(value: Any) -> tuple[Condition, ...]:
    if isinstance(value, list) and value:
        return tuple(test for item in value for test in _conditions(item))
    if not isinstance(value, dict) or not value:
        raise fault(
            f"expected dimensions with values, found {kind(value)}",
            hint="write where: {linkDomain: line.me}",
        )
    return tuple(_condition(name, test) for name, test in value.items())


def _condition(dimension: str, test: Any) -> Condition:
    if not _DIMENSION.fullmatch(dimension):
        raise fault(
            f"{dimension!r} is not a GA4 dimension",
            hint=_dimension_hint(dimension),
            at=dimension,
        )
    if not isinstance(test, dict):
        many = isinstance(test, list)
        match = Match.IN_LIST if many else Match.EXACT
        values = _values(dimension, test, at=(dimension,))
        return Condition(dimension=dimension, match=match, values=values)
    return _long_form(dimension, test)


def _long_form(dimension: str, test: dict[str, Any]) -> Condition:
    matches = [key for key in test if key in set(Match)]
    allowed = [*map(str, Match), *_FLAGS]
    for key in test:
        if key not in allowed:
            raise fault(
                f"{key!r} is no way to compare; allowed: {', '.join(allowed)}",
                hint=near(key, allowed),
                at=(dimension, key),
            )
    if len(matches) != 1:
        raise fault(
            f"expected one way to compare, found {len(matches) or 'none'}",
            hint="write {contains: pricing}",
            at=dimension,
        )
    at = (dimension, matches[0])
    match = Match(matches[0])
    values = _values(dimension, test[matches[0]], at=at)
    if match in {Match.FULL_REGEXP, Match.PARTIAL_REGEXP}:
        _check_patterns(values, at)
    return Condition(
        dimension=dimension,
        match=match,
        values=values,
        case_sensitive=_flag(dimension, test, "case_sensitive"),
        negate=_flag(dimension, test, "not"),
    )


def _values(dimension: str, found: Any, *, at: tuple[str, ...]) -> tuple[str, ...]:
    items = found if isinstance(found, list) else [found]
    texts = [_text(item) for item in items]
    if not texts or None in texts:
        raise fault(
            "expected text or a list of texts",
            hint=f"write {dimension}: value",
            at=at,
        )
    return tuple(text for text in texts if text is not None)


def _text(item: Any) -> str | None:
    """Return a value as GA4 has it, where true is `true`; None for no scalar."""
    if isinstance(item, bool):
        return str(item).lower()
    return str(item) if isinstance(item, (str, int, float)) else None


def _flag(dimension: str, test: dict[str, Any], name: str) -> bool:
    found = test.get(name, False)
    if not isinstance(found, bool):
        raise fault("expected true or false", at=(dimension, name))
    return found


def _check_patterns(values: tuple[str, ...], at: tuple[str, ...]) -> None:
    for value in values:
        try:
            re.compile(value)
        except re.error as exc:
            message = f"{value!r} is not a regular expression: {exc}"
            raise fault(message, at=at) from exc


def _dimension_hint(found: str) -> str:
    words = re.split(r"[\W_]+", found)
    camel = words[0].lower() + "".join(word.capitalize() for word in words[1:])
    if camel in _COMMON:
        return f"did you mean {camel!r}?"
    return near(found, _COMMON) or "an event parameter is customEvent:its_name"


def near(found: str, known: Any) -> str | None:
    """Return `did you mean ...?` when something known is close to `found`."""
    by_lower = {str(name).lower(): str(name) for name in known}
    close = get_close_matches(found.lower(), by_lower, n=1, cutoff=0.7)
    return f"did you mean {by_lower[close[0]]!r}?" if close else None


_LONG_FORM = {
    "type": "object",
    "properties": {
        **{str(match): _VALUES for match in Match},
        **{flag: {"type": "boolean"} for flag in _FLAGS},
    },
    "additionalProperties": False,
}
_TESTS = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"anyOf": [*_VALUES["anyOf"], _LONG_FORM]},
    "examples": [{"linkDomain": "line.me"}],
}

Where = Annotated[
    tuple[Condition, ...],
    PlainValidator(_conditions),
    WithJsonSchema(
        {"anyOf": [_TESTS, {"type": "array", "items": _TESTS, "minItems": 1}]}
    ),
]
"""Tests on GA4 dimensions; all of them hold."""
