"""What many clients came to, as a person reads it."""

from __future__ import annotations

import convbridge
from convbridge.errors import AuthError
from convbridge.portfolio import ClientResult, Portfolio, PortfolioResult, Status

FAILED = AuthError(
    "No access to <b>coffee</b>.", vendor="ga4", operation="runReport", hint="Ask."
)
RESULTS = PortfolioResult(
    results=(
        ClientResult(client="coffee", error=FAILED, seconds=1.26),
        ClientResult(client="dental", left=Status.BUSY, reason="run 7 is on it"),
        ClientResult(client="shoes", value=object(), seconds=0.5),
    )
)


def test_a_portfolio_is_a_public_name():
    assert convbridge.Portfolio is Portfolio
    assert "Portfolio" in convbridge.__all__


def test_results_are_rows_in_the_clients_order():
    assert RESULTS.rows() == [
        {"client": "coffee", "status": "failed", "says": str(FAILED), "seconds": 1.3},
        {"client": "dental", "status": "busy", "says": "run 7 is on it", "seconds": 0},
        {"client": "shoes", "status": "unchanged", "says": "", "seconds": 0.5},
    ]


def test_results_show_themselves_and_escape_what_came_from_elsewhere():
    page = RESULTS._repr_html_()

    assert repr(RESULTS) == (
        "<PortfolioResult of 3 clients: 1 failed, 1 busy, 1 unchanged>"
    )
    assert "<b>" not in page
    assert "&lt;b&gt;coffee" in page
