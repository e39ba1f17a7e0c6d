"""What the stories share: crowds of visitors, pages and links."""

from __future__ import annotations

from .story import Crowd


def page(path: str, title: str, **more: str) -> dict[str, str]:
    """Return the parameters of an event on a page."""
    return {"pagePath": path, "pageTitle": title, **more}


def link(domain: str, url: str, **more: str) -> dict[str, str]:
    """Return the parameters of a click on a link that leaves the site."""
    return {
        "pagePath": "/",
        "linkDomain": domain,
        "linkUrl": url,
        "outbound": "true",
        **more,
    }


def scrolls(*shares: str) -> tuple[dict[str, str], ...]:
    """Return the parameters of scroll events, one row per depth in percent."""
    return tuple({"pagePath": "/", "percentScrolled": share} for share in shares)


PAID_CHANNELS = {
    "SEARCH": "Paid Search",
    "PERFORMANCE_MAX": "Cross-network",
    "DISPLAY": "Display",
    "DEMAND_GEN": "Paid Social",
}

DEVICES = (
    Crowd(name="mobile", weight=0.68, intent=-0.12),
    Crowd(name="desktop", weight=0.28, intent=0.25),
    Crowd(name="tablet", weight=0.04, intent=0.0),
)

CHANNELS = (
    Crowd(name="Organic Search", weight=0.26, intent=0.1),
    Crowd(name="Paid Search", weight=0.24, intent=0.15),
    Crowd(name="Direct", weight=0.19, intent=0.2),
    Crowd(name="Organic Social", weight=0.12, intent=-0.5),
    Crowd(name="Cross-network", weight=0.1, intent=-0.1),
    Crowd(name="Display", weight=0.05, intent=-0.9),
    Crowd(name="Referral", weight=0.03, intent=0.0),
    Crowd(name="Email", weight=0.01, intent=0.7),
)
