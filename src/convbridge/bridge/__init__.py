"""One client, wired: the verbs of convbridge as methods."""

from __future__ import annotations

__all__ = ["Bridge", "Connections", "SyncResult"]

from convbridge.bridge.client import Bridge
from convbridge.bridge.connections import Connections
from convbridge.bridge.sync import SyncResult
