"""Google Ads messages as JSON and back, of any API version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict, ParseDict

if TYPE_CHECKING:
    from collections.abc import Callable


def message_factory(version: str) -> Callable[[str], Any]:
    """Return what makes an empty raw message by its short name."""
    from google.ads.googleads.client import GoogleAdsClient  # noqa: PLC0415 - slow

    client = GoogleAdsClient(credentials=None, version=version, use_proto_plus=False)
    make: Callable[[str], Any] = client.get_type
    return make


def to_json(message: Any) -> dict[str, Any]:
    """
    Return a message as Google's own JSON.

    A response's `field_mask` repeats the query, and protobuf cannot write one that
    names `google_analytics_4_settings`: it is left out.
    """
    if "field_mask" in message.DESCRIPTOR.fields_by_name:
        message = type(message).FromString(message.SerializeToString())
        message.ClearField("field_mask")
    found: dict[str, Any] = MessageToDict(message)
    return found


def from_json(data: dict[str, Any], message: Any) -> Any:
    """Fill an empty message from JSON."""
    return ParseDict(data, message)
