"""The Data Manager API: conversions in, results of requests out."""

from __future__ import annotations

__all__ = ["GoogleHasher", "open_data_manager"]

from convbridge.adapters.data_manager.hashing import GoogleHasher
from convbridge.adapters.data_manager.opening import open_data_manager
