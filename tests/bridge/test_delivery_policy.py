"""What a client's configuration asks of its deliveries."""

from __future__ import annotations

import pytest

from convbridge.adapters.clock import SystemClock
from convbridge.bridge.connections import Connections
from convbridge.bridge.delivery_policy import anti_events
from convbridge.settings import parse

CONFIG = """
version: 1
clients:
  shop:
    template: ecommerce
    ga4: {{property_id: "111111111"}}
    google_ads: {{customer_id: 123-456-7890}}
    events: {{changed_mind: {{class: anti}}, cart: {{class: micro}}}}
    delivery: {delivery}
"""
ASKED = {"changed_mind", "remove_from_cart", "cart", "purchase"}


@pytest.mark.parametrize(
    ("delivery", "actions", "expected"),
    [
        ("{}", (), {"changed_mind"}),
        ("{hold: 24h}", (), {"changed_mind", "remove_from_cart"}),
        ("{hold: 24h}", ("remove_from_cart",), {"changed_mind"}),
    ],
    ids=["nothing is held", "usual anti events count", "one with an action is sent"],
)
def test_events_that_drop_what_is_held(delivery, actions, expected, tmp_path):
    settings = parse(CONFIG.format(delivery=delivery), base=tmp_path, env={})

    with Connections(settings, settings.client(), clock=SystemClock()) as connections:
        found = anti_events(connections, actions)

    assert found & ASKED == expected
