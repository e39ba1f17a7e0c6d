"""One report of each client of the sandbox, gathered once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from convbridge.bridge import Bridge
from convbridge.cli.businesses import CLIENTS, mark_key_events, sandbox_config
from convbridge.report import render_client
from convbridge.sandbox import serve
from report.browser import CHROMIUM, chromium


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Reports by client; the clinic's plan was applied before."""
    path = tmp_path_factory.mktemp("report") / "convbridge.yaml"
    found = {}
    with serve(seed=7) as google:
        mark_key_events(google)
        path.write_text(sandbox_config(google))
        for client in CLIENTS:
            with Bridge.open(path, client=client) as bridge:
                if client == "krakow-dental":
                    bridge.apply(bridge.plan())
                found[client] = bridge.report()
    return found


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium package (make test installs it)")
    with chromium() as running:
        yield running


@pytest.fixture
def page_of(reports, tmp_path):
    """Write a client's page into a file; returns its path."""

    def write(client="siam-coffee", *, locale="en", report=None):
        path = tmp_path / f"{client}-{locale}.html"
        path.write_text(render_client(report or reports[client], locale=locale))
        return path

    return write
