"""Strict reading of JSON requests: camelCase, enums as names or numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .http import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

# A JSON value, and a protobuf descriptor: neither has a type.
Json = Any
Descriptor = Any

_WHOLE = re.compile(r"-?\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """How one field is read; the reader gets the value and where it is."""

    name: str
    read: Callable[[Json, str], Json]
    is_repeated: bool


@cache
def schema(message: str) -> dict[str, Field]:
    """Return the fields of a Data Manager message by their JSON names."""
    return _fields(_descriptor(message))


@cache
def _enum(kind: str) -> dict[str, int]:
    status = _descriptor("RetrieveRequestStatusResponse")
    per_destination = status.fields_by_name[
        "request_status_per_destination"
    ].message_type
    enums = {"RequestStatus": per_destination.fields_by_name["request_status"]}
    error_info = per_destination.fields_by_name["error_info"].message_type
    counts = error_info.fields_by_name["error_counts"].message_type
    enums["ProcessingErrorReason"] = counts.fields_by_name["reason"]
    return {value.name: value.number for value in enums[kind].enum_type.values}


def enum_number(kind: str, name: str) -> int:
    """Return the number of a RequestStatus or ProcessingErrorReason."""
    return _enum(kind)[name]


def read_message(fields: dict[str, Field], value: Json, path: str = "") -> Json:
    """
    Return a JSON object under snake_case names; anything unknown is a 400.

    Messages are not built: at 2,000 events a request that would be the server's
    whole time.
    """
    if not isinstance(value, dict):
        raise _bad(path, f'Invalid value at "{path}": an object is expected.')
    found: dict[str, Json] = {}
    for key, item in value.items():
        field = fields.get(key)
        if field is None:
            raise _bad(
                path,
                "Invalid JSON payload received. Unknown name "
                f'"{key}"{f" at {path!r}" if path else ""}: Cannot find field.',
            )
        place = f"{path}.{field.name}" if path else field.name
        found[field.name] = _read(field, item, place)
    return found


def _read(field: Field, value: Json, place: str) -> Json:
    if not field.is_repeated:
        return field.read(value, place)
    if not isinstance(value, list):
        raise _bad(place, f'Invalid value at "{place}": a list is expected.')
    return [field.read(item, f"{place}[{at}]") for at, item in enumerate(value)]


@cache
def _descriptor(message: str) -> Descriptor:
    kind = getattr(import_module("google.ads.datamanager_v1.types"), message)
    return kind.pb(kind()).DESCRIPTOR


@cache
def _fields(descriptor: Descriptor) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for field in descriptor.fields:
        name = field.name.rstrip("_")
        read = Field(name=name, read=_reader(field), is_repeated=field.is_repeated)
        found[name] = read
        found[field.json_name.rstrip("_")] = read
    return found


def _reader(field: Descriptor) -> Callable[[Json, str], Json]:
    if field.message_type is not None:
        message = field.message_type
        if message.full_name == "google.protobuf.Timestamp":
            return _text
        return lambda value, path: read_message(_fields(message), value, path)
    if field.enum_type is not None:
        return _enum_reader(field.enum_type)
    readers = {
        field.TYPE_STRING: _text,
        field.TYPE_BOOL: _truth,
        field.TYPE_DOUBLE: _number,
        field.TYPE_INT64: _whole,
        field.TYPE_INT32: _whole,
    }
    return readers[field.type]


def _enum_reader(enum: Descriptor) -> Callable[[Json, str], Json]:
    names = {value.name: value.name for value in enum.values}
    known: dict[Json, str] = {**names, **{v.number: v.name for v in enum.values}}

    def read(value: Json, path: str) -> str:
        if isinstance(value, bool) or value not in known:
            raise _bad(path, f"Invalid value at '{path}' ({enum.name}), {value!r}")
        return known[value]

    return read


def _text(value: Json, path: str) -> str:
    if isinstance(value, str):
        return value
    raise _bad(path, f"Invalid value at '{path}' (TYPE_STRING), {value!r}")


def _truth(value: Json, path: str) -> bool:
    if isinstance(value, bool):
        return value
    raise _bad(path, f"Invalid value at '{path}' (TYPE_BOOL), {value!r}")


def _number(value: Json, path: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if value in {"NaN", "Infinity", "-Infinity"}:
        return float(value)
    raise _bad(path, f"Invalid value at '{path}' (TYPE_DOUBLE), {value!r}")


def _whole(value: Json, path: str) -> int:
    if not isinstance(value, bool) and _WHOLE.fullmatch(str(value)):
        return int(value)
    raise _bad(path, f"Invalid value at '{path}' (TYPE_INT64), {value!r}")


def _bad(path: str, message: str) -> ApiError:
    violation = {"field": path, "description": message}
    kind = "type.googleapis.com/google.rpc.BadRequest"
    return ApiError(
        400, message, details=[{"@type": kind, "fieldViolations": [violation]}]
    )
