"""What a client or an agency reads: one HTML file that needs no network."""

from __future__ import annotations

from convbridge.report.client_report import ClientReport, FunnelStep, LastRun, Need
from convbridge.report.files import INDEX, file_names
from convbridge.report.gather import gather
from convbridge.report.page import render_client, render_portfolio
from convbridge.report.portfolio_report import PortfolioReport, PortfolioRow
from convbridge.report.words import LANGUAGES

__all__ = [
    "INDEX",
    "LANGUAGES",
    "ClientReport",
    "FunnelStep",
    "LastRun",
    "Need",
    "PortfolioReport",
    "PortfolioRow",
    "file_names",
    "gather",
    "render_client",
    "render_portfolio",
]
