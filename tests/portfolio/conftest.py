"""An agency in the sandbox: clients with look-alike ids, names and events."""

from __future__ import annotations

import pytest

from convbridge.sandbox import serve
from convbridge.sandbox.clock import Clock
from convbridge.sandbox.sites import agency_world

HEAD = """\
version: 1
google:
  credentials: anonymous
  ga4_endpoint: {google.ga4_endpoint}
  google_ads_endpoint: {google.google_ads_endpoint}
defaults:
  values: {{window_days: 30, horizon_days: 7}}
  goals: {{mode: custom, campaigns: ["*"]}}
clients:
"""
CLIENT = """\
  {site.key}:
    template: {template}
    tags: [{tag}]
    ga4: {{property_id: "{site.property_id}"}}
    google_ads: {{customer_id: "{site.customer_id}", login_customer_id: "9999999999"}}
    events:
      {site.primary}: {{class: primary{value}}}
      {micro}: {{class: micro}}
"""


def agency_config(google, *, base=1000) -> str:
    """Return a configuration file for every site; leads are worth base + number."""
    text = HEAD.format(google=google)
    for number, site in enumerate(google.world.sites.values()):
        is_shop = site.primary == "purchase"
        text += CLIENT.format(
            site=site,
            template="ecommerce" if is_shop else "lead_gen",
            tag="shop" if is_shop else "clinic",
            # Values that tell the clients apart wherever they turn up.
            micro="add_to_cart" if is_shop else "booking_start",
            value="" if is_shop else f", value: {base + number}",
        )
    return text


@pytest.fixture
def agency(tmp_path):
    """Start an agency of so many clients; returns the sandbox and its file."""
    running = []

    def start(count):
        google = serve(world=agency_world(count, clock=Clock(None)))
        running.append(google)
        path = tmp_path / "convbridge.yaml"
        path.write_text(agency_config(google))
        return google, path

    yield start
    for google in running:
        google.close()
