"""What the Admin API knows of a property: currency, links, retention, key events."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from convbridge.adapters.ga4.api import ADMIN
from convbridge.errors import AuthError, ConfigError, DataError, RejectedError
from convbridge.model.accounts import PropertyInfo
from convbridge.model.ids import CustomerId

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.adapters.ga4.api import Ga4Api

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_MONTHS = {
    "TWO_MONTHS": 2,
    "FOURTEEN_MONTHS": 14,
    "TWENTY_SIX_MONTHS": 26,
    "THIRTY_EIGHT_MONTHS": 38,
    "FIFTY_MONTHS": 50,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An optional read that GA4 refused, and its words."""

    operation: str
    message: str


def optional(read: Callable[[], _T]) -> _T | Refused:
    """
    Read something that counts can do without.

    Many service accounts may read reports and no settings; a missing method or
    permission is no reason to stop. Quota and outages are: they pass.
    """
    try:
        return read()
    except (AuthError, RejectedError) as exc:
        _log.info("admin.refused", extra={"operation": exc.operation})
        return Refused(operation=exc.operation, message=exc.message)


def fetch_property(api: Ga4Api) -> PropertyInfo:
    """
    Return the property with its links, retention and custom dimensions.

    Raises:
        AuthError: The login may not read the property's settings.
        DataError: The property is in the trash.
    """
    found = api.send(
        api.clients.admin.get_property,
        {"name": api.property_id.resource_name},
        family=ADMIN,
        operation="getProperty",
    )
    if found.HasField("delete_time"):
        since = found.delete_time.ToDatetime().date()
        raise DataError(
            f"property {api.property_id} ({found.display_name}) is in GA4's trash "
            f"since {since}",
            hint="restore it in GA4 under Admin > Account > Trash can",
        )
    retention = optional(lambda: _retention(api))
    links = optional(lambda: fetch_ads_links(api))
    custom = optional(lambda: _custom_dimensions(api))
    streams = optional(lambda: fetch_web_streams(api))
    return PropertyInfo(
        property_id=api.property_id,
        name=found.display_name,
        currency=found.currency_code,
        time_zone=found.time_zone,
        service_level=enum_name(found, "service_level"),
        google_ads_links=() if isinstance(links, Refused) else links,
        links_known=not isinstance(links, Refused),
        event_retention_months=None if isinstance(retention, Refused) else retention,
        custom_dimensions=() if isinstance(custom, Refused) else custom,
        web_streams=() if isinstance(streams, Refused) else streams,
    )


def fetch_ads_links(api: Ga4Api) -> tuple[CustomerId, ...]:
    """Return the Google Ads accounts that the property is linked to."""
    links = api.list_all(
        api.clients.admin.list_google_ads_links, operation="listGoogleAdsLinks"
    )
    return tuple(c for link in links if (c := _customer(link.customer_id)))


def fetch_key_events(api: Ga4Api) -> tuple[Any, ...]:
    """Return the property's key events, as the vendor's messages."""
    found = api.list_all(api.clients.admin.list_key_events, operation="listKeyEvents")
    return tuple(found)


def fetch_web_streams(api: Ga4Api) -> tuple[str, ...]:
    """Return the resource names of the property's web streams."""
    found = api.list_all(
        api.clients.admin.list_data_streams, operation="listDataStreams"
    )
    return tuple(s.name for s in found if enum_name(s, "type_") == "WEB_DATA_STREAM")


def enum_name(message: Any, field: str) -> str:
    """Return an enum's name; a number Google added since stays a number."""
    number = getattr(message, field)
    known = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(known[number].name) if number in known else str(number)


def _retention(api: Ga4Api) -> int | None:
    name = f"{api.property_id.resource_name}/dataRetentionSettings"
    found = api.send(
        api.clients.admin.get_data_retention_settings,
        {"name": name},
        family=ADMIN,
        operation="getDataRetentionSettings",
    )
    return _MONTHS.get(enum_name(found, "event_data_retention"))


def _custom_dimensions(api: Ga4Api) -> tuple[str, ...]:
    found = api.list_all(
        api.clients.admin.list_custom_dimensions, operation="listCustomDimensions"
    )
    return tuple(
        f"customEvent:{entry.parameter_name}"
        for entry in found
        if enum_name(entry, "scope") == "EVENT"
    )


def _customer(text: str) -> CustomerId | None:
    """Return the id in one form; the docs do not say whether it has dashes."""
    try:
        return CustomerId(re.sub(r"\D", "", text))
    except ConfigError:
        return None
