"""What several test directories share: a sandbox, and a configuration for it."""

from __future__ import annotations

import pytest

from convbridge.sandbox import serve
from postgres import postgres_url  # noqa: F401 - a fixture for all

pytest_plugins = ["convbridge.testing.plugin"]

CONFIG = """\
version: 1
google:
  credentials: anonymous
  ga4_endpoint: {google.ga4_endpoint}
  google_ads_endpoint: {google.google_ads_endpoint}
  data_manager_endpoint: {google.data_manager_endpoint}
clients:
  siam-coffee:
    template: ecommerce
    ga4: {{property_id: "111111111"}}
    google_ads: {{customer_id: "123-456-7890", login_customer_id: "999-999-9999"}}
    events:
      line_click:
        class: micro
        from: click
        where: {{linkDomain: [line.me, lin.ee]}}
    goals: {{mode: custom, campaigns: ["Generic*"]}}
  krakow-dental:
    template: lead_gen
    ga4: {{property_id: "222222222"}}
    google_ads: {{customer_id: "234-567-8901", login_customer_id: "999-999-9999"}}
    events:
      generate_lead: {{class: primary, value: 400, close_rate: 0.25}}
    goals: {{mode: custom, campaigns: ["*"]}}
"""
MARKED = {
    "siam-coffee": ("view_item", "add_to_cart", "begin_checkout", "line_click"),
    "krakow-dental": ("form_start", "booking_start"),
}


@pytest.fixture
def google():
    """Google on loopback, with the key events of both businesses marked."""
    with serve(seed=7) as running:
        for site, events in MARKED.items():
            for event in events:
                running.world.mark_key_event(site, event)
        yield running


@pytest.fixture
def config(google, tmp_path):
    """A configuration file for the sandbox; the ledger lies beside it."""
    path = tmp_path / "convbridge.yaml"
    path.write_text(CONFIG.format(google=google))
    return path
