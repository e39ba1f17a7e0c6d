"""Charts of the model's nouns, where the user has a library to draw with."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def plot(chart: str, data: object) -> Any:
    """
    Return an Altair chart that the user can change.

    The model draws nothing itself: charts are made above it, by the report, which
    is why it is imported by name and only now.

    Args:
        chart: A function of `convbridge.report.charts`.
        data: What it draws.

    Raises:
        ConvbridgeError: The extra `report` is not installed.
    """
    return getattr(import_module("convbridge.report.charts"), chart)(data)
