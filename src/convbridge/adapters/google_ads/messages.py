"""
Fields of Google Ads messages, read and written by their field-mask paths.

Raw protobuf throughout: one generic pair of functions, so that 0, False and
cleared fields are written because the caller named them, never because of what
a comparison of messages noticed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from convbridge.errors import DataError

if TYPE_CHECKING:
    from convbridge.model.resources import Scalar

# Descriptors of raw google-ads messages say `type_` where queries, masks and
# documentation say `type` (google-ads 34).
_RESERVED = "_"
_MONEY = frozenset({"default_value"})
# Google Ads keeps values as doubles: six decimals are more than any currency
# has and fewer than a double can disturb.
_DECIMALS = 6


def get_field(message: Any, path: str) -> Scalar:
    """
    Return the field at a path; None when Google left it out.

    Enums come as their names, lists as tuples, `default_value` as Decimal.
    """
    *parents, last = path.split(".")
    for name in parents:
        found = _field(message, name)
        if found.has_presence and not message.HasField(found.name):
            return None
        message = getattr(message, found.name)
    return _read(message, _field(message, last))


def set_field(message: Any, path: str, value: Scalar) -> None:
    """
    Set the field at a path; None clears it, 0 and False are set as they are.

    The messages on the way are made present even when they stay empty, which is
    how a campaign is switched to a strategy without a target.

    Raises:
        DataError: The message has no such field, or the enum no such value.
    """
    *parents, last = path.split(".")
    for name in parents:
        message = getattr(message, _field(message, name).name)
        message.SetInParent()
    found = _field(message, last)
    message.ClearField(found.name)
    try:
        if isinstance(value, tuple):
            getattr(message, found.name).extend(_raw(found, item) for item in value)
        elif value is not None:
            setattr(message, found.name, _raw(found, value))
    except (TypeError, ValueError, AttributeError) as exc:
        raise DataError(f"{path} cannot be {value!r}: {exc}") from exc


def has_path(descriptor: Any, path: str) -> bool:
    """Tell whether this API version's message has a field at the path."""
    for name in path.split("."):
        fields = descriptor.fields_by_name if descriptor else {}
        found = fields.get(name) or fields.get(name + _RESERVED)
        if found is None:
            return False
        descriptor = found.message_type
    return True


def to_decimal(value: float) -> Decimal:
    """
    Return the decimal number that a double stands for.

    >>> to_decimal(0.1 + 0.2), to_decimal(52.5), to_decimal(100.0)
    (Decimal('0.3'), Decimal('52.5'), Decimal('100'))
    """
    rounded = Decimal(repr(round(value, _DECIMALS)))
    whole = rounded == rounded.to_integral_value()
    return rounded.quantize(Decimal(1)) if whole else rounded


def _field(message: Any, name: str) -> Any:
    fields = message.DESCRIPTOR.fields_by_name
    found = fields.get(name) or fields.get(name + _RESERVED)
    if found is None:
        raise DataError(f"{message.DESCRIPTOR.full_name} has no field {name!r}")
    return found


def _read(message: Any, field: Any) -> Scalar:
    value = getattr(message, field.name)
    if field.is_repeated:
        return tuple(_plain(field, item) for item in value)
    if field.has_presence and not message.HasField(field.name):
        return None
    if field.enum_type is not None and value == 0:  # UNSPECIFIED: not sent
        return None
    return _plain(field, value)


def _plain(field: Any, value: Any) -> Any:
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else f"UNKNOWN_{value}"
    if field.name in _MONEY:
        return to_decimal(value)
    return value


def _raw(field: Any, value: Any) -> Any:
    if field.enum_type is not None:
        known = field.enum_type.values_by_name.get(value)
        if known is None:
            allowed = ", ".join(list(field.enum_type.values_by_name)[2:])
            raise DataError(f"{field.name} cannot be {value!r}: one of {allowed}")
        return known.number
    return float(value) if isinstance(value, Decimal) else value
