"""convbridge: the control plane for conversion values."""

from __future__ import annotations

__all__ = ["ConvbridgeError"]

from convbridge.errors import ConvbridgeError
