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
    return _library("pandas").DataFrame.from_records([dict(row) for row in rows])


def as_polars(table: Any) -> Any:
    """
    Return an Arrow table as a polars dataframe.

    Raises:
        ConvbridgeError: polars is not installed.
    """
    return _library("polars").from_arrow(table)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as exc:
        raise ConvbridgeError(
            f"{name} is not installed", hint=f'pip install "convbridge[{name}]"'
        ) from exc
