"""Identifiers of Google Ads accounts and GA4 properties, checked once when made."""

from __future__ import annotations

import re
from typing import Self

from convbridge.errors import ConfigError

_CUSTOMER = re.compile(r"\d{10}|\d{3}-\d{3}-\d{4}")
_PROPERTY = re.compile(r"(?:properties/)?([1-9]\d{0,18})")


class CustomerId(str):
    """
    A Google Ads account: ten digits, accepted with or without dashes.

    >>> CustomerId("123-456-7890")
    CustomerId('1234567890')
    >>> CustomerId("1234567890").dashed
    '123-456-7890'
    """

    __slots__ = ()

    def __new__(cls, text: str | int) -> Self:
        """Check the form and drop the dashes."""
        found = str(text).strip()
        if not _CUSTOMER.fullmatch(found):
            raise ConfigError(
                f"{found!r} is not a Google Ads customer id",
                hint="a customer id has ten digits: 123-456-7890",
            )
        return super().__new__(cls, found.replace("-", ""))

    @property
    def dashed(self) -> str:
        """The form people read: `123-456-7890`."""
        return f"{self[:3]}-{self[3:6]}-{self[6:]}"

    def __repr__(self) -> str:
        return f"CustomerId({str(self)!r})"


class PropertyId(str):
    """
    A GA4 property: digits, accepted with or without `properties/`.

    >>> PropertyId("properties/123").resource_name
    'properties/123'
    """

    __slots__ = ()

    def __new__(cls, text: str | int) -> Self:
        """Check the form and drop the `properties/` prefix."""
        found = _PROPERTY.fullmatch(str(text).strip())
        if not found:
            raise ConfigError(
                f"{str(text)!r} is not a GA4 property id",
                hint="a property id is a number such as 111111111, "
                "in GA4 under Admin > Property details; G-XXXX is a stream's id",
            )
        return super().__new__(cls, found.group(1))

    @property
    def resource_name(self) -> str:
        """The name in GA4's APIs: `properties/123`."""
        return f"properties/{self}"

    def __repr__(self) -> str:
        return f"PropertyId({str(self)!r})"
