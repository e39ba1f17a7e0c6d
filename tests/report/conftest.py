"""One report of each client of the sandbox, gathered once for all tests here."""

from __future__ import annotations

import pytest

from convbridge.bridge import Bridge
from convbridge.cli.businesses import CLIENTS, mark_key_events, sandbox_config
from convbridge.report import gather
from convbridge.sandbox import serve


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
                found[client] = gather(bridge)
    return found
