"""The unmodified Google Analytics clients, pointed at a sandbox."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests
from google.analytics import admin_v1alpha, admin_v1beta, data_v1alpha, data_v1beta
from google.auth.credentials import AnonymousCredentials

from convbridge.sandbox import Clock, serve
from convbridge.sandbox.sites import coffee
from convbridge.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convbridge.sandbox import Google
    from convbridge.sandbox.site import Site

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 11:00 in Bangkok, 05:00 in Warsaw
COFFEE = "properties/111111111"
DENTAL = "properties/222222222"
LAST_90 = {"startDate": "90daysAgo", "endDate": "yesterday"}


@contextmanager
def served(
    change: Callable[[Site, Clock], Site] | None = None, **switches: Any
) -> Iterator[Google]:
    """Serve the coffee shop, changed and with switches set."""
    clock = Clock(NOW)
    site = coffee(seed=7, clock=clock)
    if change is not None:
        site = change(site, clock)
    for name, value in switches.items():
        setattr(site.ga4.switches, name, value)
    with serve(World([site], clock=clock)) as google:
        yield google


def _options(google: Google) -> dict[str, Any]:
    return {
        "credentials": AnonymousCredentials(),
        "transport": "rest",
        "client_options": {"api_endpoint": google.ga4_endpoint},
    }


def data_client(google: Google) -> data_v1beta.BetaAnalyticsDataClient:
    return data_v1beta.BetaAnalyticsDataClient(**_options(google))


def alpha_client(google: Google) -> data_v1alpha.AlphaAnalyticsDataClient:
    return data_v1alpha.AlphaAnalyticsDataClient(**_options(google))


def admin_client(google: Google) -> admin_v1beta.AnalyticsAdminServiceClient:
    return admin_v1beta.AnalyticsAdminServiceClient(**_options(google))


def admin_alpha_client(google: Google) -> admin_v1alpha.AnalyticsAdminServiceClient:
    return admin_v1alpha.AnalyticsAdminServiceClient(**_options(google))


def post(google: Google, body: Any, *, path: str = f"{COFFEE}:runReport") -> Any:
    """Send a body as it is; returns status and JSON."""
    version = "v1alpha" if "Funnel" in path else "v1beta"
    answer = requests.post(
        f"{google.ga4_endpoint}/{version}/{path}", json=body, timeout=10
    )
    return answer.status_code, answer.json()


def body(
    dimensions: str = "", metrics: str = "eventCount", **more: Any
) -> dict[str, Any]:
    """Return a runReport body for the last 90 days."""
    return {
        "dimensions": [{"name": name} for name in dimensions.split()],
        "metrics": [{"name": name} for name in metrics.split()],
        "dateRanges": [LAST_90],
        **more,
    }


def rows(answer: Any) -> list[tuple[str, ...]]:
    """Return the rows of a JSON answer as tuples of text."""
    return [
        tuple(
            cell["value"]
            for cell in (*row.get("dimensionValues", ()), *row.get("metricValues", ()))
        )
        for row in answer.get("rows", ())
    ]


def ask(google: Google, *args: str, **more: Any) -> list[tuple[str, ...]]:
    """Run a report and return its rows."""
    status, answer = post(google, body(*args, **more))
    assert status == 200, answer
    return rows(answer)


def refused(google: Google, sent: Any, **more: Any) -> str:
    """Return the message of a 400."""
    status, answer = post(google, sent, **more)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT"), answer
    return str(answer["error"]["message"])


def where(name: str, **single: Any) -> dict[str, Any]:
    """Return a filter on one field."""
    return {"filter": {"fieldName": name, **single}}
