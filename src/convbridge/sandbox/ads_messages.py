"""
Protobuf messages of the Google Ads API, found by name and read by dotted path.

The vendor package takes about a second to import, so nothing is imported before
the first message is asked for: a sandbox that only serves GA4 never pays for it.
Raw protobuf is used throughout; proto-plus costs several times as much per field.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from google.protobuf import descriptor_pool, message_factory

VERSIONS = ("v26", "v25", "v24", "v23")
NEWEST = VERSIONS[0]

# A protobuf message or descriptor: the vendor publishes no types for them.
Message = Any


def type_name(name: str, version: str = NEWEST) -> str:
    """Return the full protobuf name of `services.X`, `resources.X` and so on."""
    return f"google.ads.googleads.{version}.{name}"


@cache
def message_class(name: str, version: str = NEWEST) -> Message:
    """Return the raw protobuf class of `name`, such as `services.GoogleAdsRow`."""
    _load(version)
    full_name = type_name(name, version)
    pool = descriptor_pool.Default()
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))


def new(name: str, /, **fields: Any) -> Message:
    """Build a message of the newest version from plain field values."""
    return message_class(name)(**fields)


@cache
def enum_values(name: str) -> dict[str, int]:
    """Return name -> number of an enum, such as `ConversionActionStatus`."""
    _load(NEWEST)
    full_name = type_name(f"enums.{name}Enum.{name}")
    descriptor = descriptor_pool.Default().FindEnumTypeByName(full_name)
    return {value.name: value.number for value in descriptor.values}


def number(enum: str, name: str) -> int:
    """Return the number of one enum value."""
    return enum_values(enum)[name]


@cache
def _names(enum: str) -> dict[int, str]:
    return {value: name for name, value in enum_values(enum).items()}


def name_of(enum: str, value: int) -> str:
    """Return the name of one enum value; `UNKNOWN` where there is none."""
    return _names(enum).get(value, "UNKNOWN")


def field_of(descriptor: Message, part: str) -> Message | None:
    """
    Return the field called `part` on the wire.

    The vendor's generated descriptors say `type_` where Google's own say `type`;
    queries and masks use Google's name.
    """
    fields = descriptor.fields_by_name
    return fields.get(part) or fields.get(f"{part}_")


def resolve(descriptor: Message, path: str) -> tuple[Message, ...] | None:
    """Return the chain of fields of a dotted path, or None where one is missing."""
    chain: list[Message] = []
    current: Message | None = descriptor
    for part in path.split("."):
        if current is None or (chain and chain[-1].is_repeated):
            return None
        field = field_of(current, part)
        if field is None:
            return None
        chain.append(field)
        current = field.message_type
    return tuple(chain)


def is_set(message: Message, chain: tuple[Message, ...]) -> bool:
    """Say whether the field at the end of the chain is present."""
    for field in chain[:-1]:
        if not message.HasField(field.name):
            return False
        message = getattr(message, field.name)
    last = chain[-1]
    if last.has_presence:
        return bool(message.HasField(last.name))
    return bool(getattr(message, last.name))


def read(message: Message, chain: tuple[Message, ...]) -> Any:
    """Return the value at the end of the chain, defaults where nothing is set."""
    for field in chain:
        message = getattr(message, field.name)
    return message


def copy_field(source: Message, target: Message, chain: tuple[Message, ...]) -> None:
    """
    Make one field of `target` equal to that of `source`, absence included.

    A parent message that is present in the source becomes present in the target,
    which is how an empty bidding scheme is chosen.
    """
    for field in chain[:-1]:
        if source.HasField(field.name):
            getattr(target, field.name).SetInParent()
        elif not target.HasField(field.name):
            return  # nothing to take over and nothing to reset
        source, target = getattr(source, field.name), getattr(target, field.name)
    _copy_last(source, target, chain[-1])


def _copy_last(source: Message, target: Message, field: Message) -> None:
    name = field.name
    if field.is_repeated:
        target.ClearField(name)
        getattr(target, name).extend(getattr(source, name))
    elif field.has_presence and not source.HasField(name):
        target.ClearField(name)
    elif field.message_type is not None:
        getattr(target, name).CopyFrom(getattr(source, name))
    else:
        setattr(target, name, getattr(source, name))


def clone(message: Message) -> Message:
    """Return a copy of a message."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


@cache
def _load(version: str) -> None:
    if version not in VERSIONS:
        raise KeyError(version)
    importlib.import_module(f"google.ads.googleads.{version}.services.types")
