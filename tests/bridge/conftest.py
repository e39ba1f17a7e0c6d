"""Bridges of the sandbox's clients."""

from __future__ import annotations

import pytest

from convbridge.bridge import Bridge


@pytest.fixture
def opened(config):
    """Open bridges of the configured clients, all closed at the end."""
    bridges = []

    def open_bridge(client="siam-coffee"):
        bridges.append(Bridge.open(config, client=client))
        return bridges[-1]

    yield open_bridge
    for bridge in bridges:
        bridge.close()


@pytest.fixture
def say(config):
    """Write a line into the shop's part of the configuration."""

    def write(line):
        shop = "  siam-coffee:\n"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace(shop, f"{shop}    {line}\n"), encoding="utf-8")

    return write
