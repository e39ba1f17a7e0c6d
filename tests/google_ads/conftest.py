from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from convbridge.adapters.auth import credentials
from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads import open_google_ads
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.model.ids import CustomerId
from convbridge.sandbox import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMER = CustomerId("1234567890")
LOGIN = CustomerId("9999999999")


@pytest.fixture
def google() -> Iterator:
    with serve() as served:
        yield served


@pytest.fixture
def open_target():
    """Open targets that never wait for real, and close them all."""
    opened = []

    def open_one(endpoint, **kwargs):
        access = GoogleAccess(
            credentials=CredentialsKind.ANONYMOUS, google_ads_endpoint=endpoint
        )
        kwargs = {"customer_id": CUSTOMER, "login_customer_id": LOGIN, **kwargs}
        kwargs.setdefault("policy", RetryPolicy(attempts=3, timeout=5))
        kwargs.setdefault("sleep", lambda _: None)
        target = open_google_ads(access, credentials(access, []), **kwargs)
        opened.append(target)
        return target

    yield open_one
    for target in opened:
        target.close()


@pytest.fixture
def target(google, open_target):
    return open_target(google.google_ads_endpoint)
