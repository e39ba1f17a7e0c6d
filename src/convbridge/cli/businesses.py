"""The two businesses of the sandbox, as an agency would have set them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convbridge.sandbox import Google

_KEY_EVENTS = {
    "siam-coffee": (
        "view_item",
        "sign_up",
        "add_to_wishlist",
        "add_to_cart",
        "view_cart",
        "begin_checkout",
        "add_shipping_info",
        "add_payment_info",
        "line_click",
        "phone_tap",
        "newsletter_signup",
    ),
    "krakow-dental": ("form_start", "booking_start", "phone_click"),
}
"""What the two marked as key events in GA4 long ago, beside their primaries."""

CLIENTS = tuple(_KEY_EVENTS)

_CONFIG = """\
version: 1
google:
  credentials: anonymous
  ga4_endpoint: {ga4}
  google_ads_endpoint: {google_ads}
  data_manager_endpoint: {data_manager}
clients:
  siam-coffee:                       # a coffee shop in Bangkok, sells online
    template: ecommerce
    ga4: {{property_id: "111111111"}}
    google_ads: {{customer_id: "123-456-7890", login_customer_id: "999-999-9999"}}
    events:
      purchase: {{class: primary}}     # value: its revenue, from GA4
      line_click:
        class: micro
        from: click
        where: {{linkDomain: [line.me, lin.ee]}}
      page_404: {{class: anti}}
    goals: {{mode: custom, campaigns: ["Generic*", "PMax*"]}}
  krakow-dental:                     # a dental clinic in Kraków, lives on leads
    template: lead_gen
    ga4: {{property_id: "222222222"}}
    google_ads: {{customer_id: "234-567-8901", login_customer_id: "999-999-9999"}}
    events:
      generate_lead: {{class: primary, value: 400, close_rate: 0.25}}
      form_submit: {{class: noise}}    # the same act as generate_lead
    goals: {{mode: custom, campaigns: ["*"]}}
"""


def mark_key_events(google: Google) -> None:
    """Mark the events as key events, so that Google Ads offers them for import."""
    for client, events in _KEY_EVENTS.items():
        for event in events:
            google.world.mark_key_event(client, event)


def sandbox_config(google: Google) -> str:
    """Return a convbridge.yaml for a running sandbox."""
    return _CONFIG.format(
        ga4=google.ga4_endpoint,
        google_ads=google.google_ads_endpoint,
        data_manager=google.data_manager_endpoint,
    )
