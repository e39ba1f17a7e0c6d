"""Rows as dataframes, where the user has a library for them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def to_pandas(rows: Sequence[Mapping[str, Any]]) -> Any:
    """
    Return rows as a pandas dataframe.

    Raises:
        ConvbridgeError: pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ImportError as exc:
        raise ConvbridgeError(
            "pandas is not installed", hint='pip install "convbridge[pandas]"'
        ) from exc
    return pandas.DataFrame.from_records([dict(row) for row in rows])
