"""The unmodified Data Manager client, pointed at a sandbox over plain HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from google.ads import datamanager_v1
from google.ads.datamanager_v1.services.ingestion_service.transports import (
    IngestionServiceRestTransport,
)
from google.auth.credentials import AnonymousCredentials

from convbridge.sandbox.clicks import clicks_between
from sandbox.ads_client import CUSTOMER, MANAGER, NOW, fresh_google, open_ads

if TYPE_CHECKING:
    from convbridge.sandbox.server import Google

ADS, ANALYTICS = "GOOGLE_ADS", "GOOGLE_ANALYTICS_PROPERTY"


@contextmanager
def open_data_manager():
    """Run a sandbox with an action that is old enough, and the client to it."""
    google = fresh_google()
    with open_ads(google=google) as ads:
        name = ads.create_action("CRM sale")
        google.clock.advance(hours=6)
        transport = IngestionServiceRestTransport(
            host=google.data_manager_endpoint.removeprefix("http://"),
            url_scheme="http",
            credentials=AnonymousCredentials(),
        )
        client = datamanager_v1.IngestionServiceClient(transport=transport)
        yield DataManagerClient(google, client, ads, name)


@dataclass
class DataManagerClient:
    """A client, its sandbox, and the conversion action it sends to."""

    google: Google
    client: datamanager_v1.IngestionServiceClient
    ads: object
    action: str

    def destination(self, **fields):
        return {
            "operating_account": {"account_type": ADS, "account_id": CUSTOMER},
            "login_account": {"account_type": ADS, "account_id": MANAGER},
            "product_destination_id": self.action.rsplit("/", 1)[-1],
            **fields,
        }

    def analytics(self, **fields):
        return {
            "operating_account": {"account_type": ANALYTICS, "account_id": "111"},
            "product_destination_id": "G-111",
            **fields,
        }

    def clicks(self, days=10):
        return gclids(days)

    def event(self, at=0, **fields):
        click = self.clicks()[at]
        return {
            "transaction_id": f"t-{at}",
            "event_timestamp": click.time + timedelta(hours=2),
            "ad_identifiers": {"gclid": click.id},
            "conversion_value": 5.0,
            "currency": "THB",
            "event_source": "WEB",
            **fields,
        }

    def ingest(self, *events, destinations=None, **fields):
        request = datamanager_v1.IngestEventsRequest(
            destinations=destinations or [self.destination()], events=events, **fields
        )
        return self.client.ingest_events(request, retry=None).request_id

    def status(self, request_id):
        request = {"request_id": request_id}
        response = self.client.retrieve_request_status(request, retry=None)
        return list(response.request_status_per_destination)

    def kept(self):
        found = self.google.ads.book.recorded()
        return [(each.order_id, each.value) for each in found]


@cache
def gclids(days):
    """Return the clicks with a gclid; the recording is the same in every test."""
    with fresh_google() as google:
        site = google.world.site_of_customer(CUSTOMER)
        found = clicks_between(site, NOW - timedelta(days=days), NOW)
        return [each for each in found if each.kind == "gclid"]


def violations(error):
    """Return reason and field of every violation a refusal tells of."""
    return [
        (each["reason"], each["field"])
        for detail in error.details
        for each in detail.get("fieldViolations", ())
    ]
