"""The unmodified Google Ads client, pointed at a sandbox over plaintext."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  # read by people only
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib import import_module

import grpc
import pytest
from google.ads.googleads.errors import GoogleAdsException
from google.ads.googleads.interceptors import ExceptionInterceptor, MetadataInterceptor
from google.protobuf.field_mask_pb2 import FieldMask

from convbridge.sandbox.clock import Clock
from convbridge.sandbox.server import Google
from convbridge.sandbox.sites import build_site
from convbridge.sandbox.story_coffee import COFFEE, COFFEE_CAMPAIGNS
from convbridge.sandbox.world import World

MANAGER = "9999999999"
CUSTOMER = "1234567890"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@cache
def _model():
    clock = Clock(NOW)
    story = replace(COFFEE, visitors_per_day=60.0)
    return small_site(story, clock)


def small_site(story=COFFEE, clock=None, **changes):
    """Return a coffee shop with few visitors."""
    fields = {
        "key": "shop",
        "name": "Shop",
        "property_id": "111",
        "customer_id": CUSTOMER,
        "currency": "THB",
        "time_zone": "Asia/Bangkok",
        "campaigns": COFFEE_CAMPAIGNS,
        "seed": 7,
    }
    return build_site(**{**fields, **changes}, story=story, clock=clock or Clock(NOW))


def fresh_google(**changes):
    """Return a sandbox of its own; the recording is shared by all of them."""
    clock = Clock(NOW)
    site = replace(small_site(clock=clock, **changes), tape=_model().tape)
    return Google(world=World((site,), clock=clock), clock=clock)


@contextmanager
def open_ads(*, google=None, **options):
    """Run a sandbox (a small one of its own) and the client's channel to it."""
    with google or fresh_google() as running:
        address = running.google_ads_endpoint.removeprefix("http://")
        with grpc.insecure_channel(address) as channel:
            yield Ads(running, channel, **options)


@dataclass
class Ads:
    """The services of one API version against one sandbox."""

    google: Google
    channel: grpc.Channel
    version: str = "v26"
    login: str | None = MANAGER

    def service(self, name):
        channel = grpc.intercept_channel(
            self.channel,
            MetadataInterceptor(None, self.login),
            ExceptionInterceptor(self.version, use_proto_plus=True),
        )
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).strip("_")
        base = f"google.ads.googleads.{self.version}.services.services.{snake}"
        client = getattr(import_module(base), f"{name}Client")
        transport = client.get_transport_class("grpc")
        return client(transport=transport(channel=channel))

    def types(self, area, name):
        module = f"google.ads.googleads.{self.version}.{area}.types"
        return getattr(import_module(module), name)

    def rows(self, query, customer=CUSTOMER):
        service = self.service("GoogleAdsService")
        return [
            row
            for batch in service.search_stream(customer_id=customer, query=query)
            for row in batch.results
        ]

    def mutate(self, service, method, operations, customer=CUSTOMER, **flags):
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in method)
        kind = self.types("services", f"{method}Request")
        request = kind(customer_id=customer, operations=operations, **flags)
        return getattr(self.service(service), snake.strip("_"))(request)

    def actions(self, operations, customer=CUSTOMER, **flags):
        return self.mutate(
            "ConversionActionService",
            "MutateConversionActions",
            operations,
            customer,
            **flags,
        )

    def create_action(self, name="CRM sale", customer=CUSTOMER, **fields):
        response = self.actions([{"create": action(name, **fields)}], customer)
        return response.results[0].resource_name

    def update_action(self, resource_name, *paths, customer=CUSTOMER, **fields):
        return self.actions([update(resource_name, *paths, **fields)], customer)


def action(name, **fields):
    """Return an UPLOAD_CLICKS action to create."""
    return {"name": name, "type_": "UPLOAD_CLICKS", "category": "PURCHASE", **fields}


def update(resource_name, *paths, **fields):
    """Return an update operation with an explicit mask."""
    return {
        "update": {"resource_name": resource_name, **fields},
        "update_mask": FieldMask(paths=paths),
    }


def refusal(call: Callable[[], object]):
    """Return the errors with which a call is refused: category.CODE and where."""
    with pytest.raises(GoogleAdsException) as caught:
        call()
    return codes(caught.value.failure)


def codes(failure):
    """Return the errors of a failure: category.CODE and where, as text."""
    return [(_code(error), _place(error)) for error in failure.errors]


def _code(error):
    category = type(error.error_code).pb(error.error_code).WhichOneof("error_code")
    return f"{category}.{getattr(error.error_code, category).name}"


def _place(error):
    return ".".join(
        element.field_name + (f"[{element.index}]" if "index" in element else "")
        for element in error.location.field_path_elements
    )
