"""Settings: convbridge.yaml and the environment, checked all at once."""

from __future__ import annotations

from convbridge.settings.client import ClientSettings
from convbridge.settings.load import DEFAULT_PATH, load, parse
from convbridge.settings.settings import Settings

__all__ = ["DEFAULT_PATH", "ClientSettings", "Settings", "load", "parse"]
