"""Many clients in one command: each in isolation, the results in a stable order."""

from __future__ import annotations

__all__ = ["ClientResult", "OnBusy", "Portfolio", "PortfolioResult", "Status"]

from convbridge.portfolio.portfolio import Portfolio
from convbridge.portfolio.results import ClientResult, PortfolioResult, Status
from convbridge.portfolio.terms import OnBusy
