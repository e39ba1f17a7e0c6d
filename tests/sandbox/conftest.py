"""A running sandbox, one per test: tests change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from convbridge.sandbox import serve
from sandbox.ga4_client import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.sandbox import Google


@pytest.fixture
def google() -> Iterator[Google]:
    """The two default sites at a fixed time."""
    with serve(now=NOW) as running:
        yield running
