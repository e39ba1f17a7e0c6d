"""The unmodified Google Ads client, pointed at a sandbox over plaintext."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib import import_module

import grpc
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


@dataclass
class Ads:
    """The services of one API version against one sandbox."""

    google: Google
    version: str = "v26"
    login: str | None = MANAGER

    def service(self, name):
        address = self.google.google_ads_endpoint.removeprefix("http://")
        channel = grpc.intercept_channel(
            grpc.insecure_channel(address),
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

    def actions(self, operations, customer=CUSTOMER, **flags):
        kind = self.types("services", "MutateConversionActionsRequest")
        request = kind(customer_id=customer, operations=operations, **flags)
        return self.service("ConversionActionService").mutate_conversion_actions(
            request
        )

    def create_action(self, name="CRM sale", customer=CUSTOMER, **fields):
        response = self.actions([{"create": action(name, **fields)}], customer)
        return response.results[0].resource_name

    def update_action(self, resource_name, *paths, customer=CUSTOMER, **fields):
        update = {"resource_name": resource_name, **fields}
        return self.actions(
            [{"update": update, "update_mask": FieldMask(paths=paths)}], customer
        )


def action(name, **fields):
    """Return an UPLOAD_CLICKS action to create."""
    return {"name": name, "type_": "UPLOAD_CLICKS", "category": "PURCHASE", **fields}


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
