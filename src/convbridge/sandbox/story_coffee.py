"""The script of the default shop: Thai coffee, much looked at, little bought."""

from __future__ import annotations

from .crowds import CHANNELS, DEVICES, PAID_CHANNELS, link, page, scrolls
from .story import Campaign, Crowd, Extra, Step, Story

_BEANS = (
    page("/products/doi-chang-250g", "Doi Chang 250 g | Siam Coffee"),
    page("/products/espresso-blend", "Espresso Blend | Siam Coffee"),
    page("/products/drip-bags", "Drip Bags | Siam Coffee"),
    page("/products/cold-brew-kit", "Cold Brew Kit | Siam Coffee"),
)
_CART = (page("/cart", "Cart | Siam Coffee"),)
_CHECKOUT = (page("/checkout", "Checkout | Siam Coffee"),)
_COFFEE_HOME = page("/", "Siam Coffee")

COFFEE = Story(
    visitors_per_day=52.0,
    weekly=(1.0, 0.94, 0.92, 0.97, 1.08, 1.2, 1.1),
    channels=CHANNELS,
    devices=DEVICES,
    countries=(
        Crowd(name="Thailand", weight=0.9, intent=0.05),
        Crowd(name="Japan", weight=0.05, intent=-0.4),
        Crowd(name="Germany", weight=0.05, intent=-0.4),
    ),
    steps=(
        Step(
            event="view_item",
            base=0.1,
            slope=0.5,
            params=_BEANS,
            basket=0.7,
            opens_page=True,
        ),
        Step(
            event="add_to_cart",
            base=-2.9,
            slope=0.85,
            seconds=80,
            params=_BEANS,
            basket=0.8,
        ),
        Step(
            event="begin_checkout",
            base=-1.65,
            slope=0.6,
            seconds=120,
            params=_CHECKOUT,
            basket=1.0,
            opens_page=True,
        ),
        Step(
            event="add_shipping_info",
            base=0.35,
            slope=0.45,
            params=_CHECKOUT,
            basket=1.0,
        ),
        Step(
            event="add_payment_info",
            base=0.5,
            slope=0.4,
            params=_CHECKOUT,
            basket=1.0,
        ),
        Step(
            event="purchase",
            base=0.55,
            slope=0.35,
            params=(page("/thank-you", "Thank you | Siam Coffee"),),
            basket=1.0,
            opens_page=True,
        ),
    ),
    extras=(
        Extra(
            event="scroll",
            base=-0.3,
            slope=0.15,
            params=scrolls("90"),
        ),
        Extra(
            event="click",
            base=-3.0,
            slope=0.8,
            params=(
                link("line.me", "https://line.me/R/ti/p/@siamcoffee"),
                link("lin.ee", "https://lin.ee/abc123"),
            ),
        ),
        Extra(
            event="click",
            base=-3.9,
            slope=0.4,
            params=(
                link("m.me", "https://m.me/siamcoffee"),
                link("facebook.com", "https://facebook.com/siamcoffee"),
                link("instagram.com", "https://instagram.com/siamcoffee"),
            ),
        ),
        Extra(
            event="phone_tap",
            base=-4.2,
            slope=0.6,
            params=(page("/contact", "Contact", linkUrl="tel:+6620000000"),),
        ),
        Extra(
            event="view_search_results",
            base=-2.5,
            slope=0.45,
            params=(
                page("/search", "Search", searchTerm="arabica", resultsCount="8"),
                page("/search", "Search", searchTerm="drip", resultsCount="3"),
                page("/search", "Search", searchTerm="matcha", resultsCount="0"),
            ),
        ),
        Extra(
            event="page_404",
            base=-3.8,
            slope=-0.4,
            params=(page("/old-menu", "Page not found"),),
        ),
        Extra(event="view_cart", base=0.4, slope=0.2, after=2, params=_CART),
        Extra(event="remove_from_cart", base=-1.7, slope=-0.5, after=2, params=_CART),
        Extra(event="add_to_wishlist", base=-3.4, slope=0.5, after=1, params=_BEANS),
        Extra(
            event="sign_up",
            base=-4.3,
            slope=0.7,
            params=(page("/account", "Account", method="email"),),
            once_per_user=True,
        ),
        Extra(
            event="newsletter_signup",
            base=-4.1,
            slope=0.5,
            params=(_COFFEE_HOME,),
            once_per_user=True,
        ),
    ),
    pages=(_COFFEE_HOME, *_BEANS, page("/blog/brewing", "Brewing | Siam Coffee")),
    basket=(890.0, 0.5),
    rounding=10.0,
    refund_share=0.04,
    paid_channels=PAID_CHANNELS,
)

COFFEE_CAMPAIGNS = (
    Campaign(
        id=7_000_001,
        name="Brand - Siam Coffee",
        channel_type="SEARCH",
        daily_budget=250.0,
        cpc=4.5,
        weight=0.3,
        intent=0.7,
        click_through=0.14,
    ),
    Campaign(
        id=7_000_002,
        name="Generic - Coffee Beans",
        channel_type="SEARCH",
        daily_budget=600.0,
        cpc=9.5,
        weight=0.5,
        intent=0.05,
        click_through=0.045,
        bidding_strategy="MAXIMIZE_CONVERSION_VALUE",
        target_roas=3.0,
    ),
    Campaign(
        id=7_000_003,
        name="Generic - Coffee Machines",
        channel_type="SEARCH",
        daily_budget=300.0,
        cpc=11.0,
        weight=0.2,
        intent=-0.6,
        click_through=0.04,
    ),
    Campaign(
        id=7_000_004,
        name="PMax - All products",
        channel_type="PERFORMANCE_MAX",
        daily_budget=500.0,
        cpc=6.0,
        weight=1.0,
        click_through=0.02,
        bidding_strategy="MAXIMIZE_CONVERSION_VALUE",
    ),
    Campaign(
        id=7_000_005,
        name="Display - Awareness",
        channel_type="DISPLAY",
        daily_budget=150.0,
        cpc=2.2,
        weight=1.0,
        click_through=0.006,
        bidding_strategy="TARGET_SPEND",
    ),
)
