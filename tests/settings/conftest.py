"""A file that is right, to be made wrong in one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from convbridge import settings
from convbridge.errors import ConfigError

FULL = """\
version: 1
defaults: {template: ecommerce}
clients:
  siam-coffee:
    ga4: {property_id: "111111111"}
    google_ads: {customer_id: "123-456-7890", login_customer_id: "999-999-9999"}
    events:
      purchase: {class: primary}
      add_to_cart: {class: micro}
      line_click: {class: micro, from: click, where: {linkDomain: [line.me, lin.ee]}}
      page_404: {class: anti}
    values: {scheme: blend, anchor: primary, window_days: 90, horizon_days: 30}
    goals: {mode: custom, campaigns: [7000001, "Brand *"]}
    bidding: {strategy: maximize_conversion_value, target_roas: keep}
    limits: {max_changes: 50, max_value_ratio: 3.0}
    delivery: {sink: data_manager, actions: {crm_sale: 5012}}
  krakow-dental:
    template: lead_gen
    ga4: {property_id: 222222222}
    events:
      generate_lead: {class: primary, value: 400, close_rate: 0.25}
"""
BASE = Path("/etc/convbridge")


def read(text: str, **env: str) -> settings.Settings:
    return settings.parse(text, base=BASE, env=env)


def faults(text: str, **env: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, **env)
    return [str(fault) for fault in caught.value.faults]


def one(*lines: str) -> str:
    """Return a file with one client and these lines below it, from line 5 on."""
    head = "version: 1\nclients:\n  shop:\n    template: ecommerce\n"
    return head + "".join(f"    {line}\n" for line in lines)


GA4 = "ga4: {property_id: 1}"
