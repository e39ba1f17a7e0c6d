"""A sandbox that is shared, since nothing here changes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from convbridge.sandbox import serve

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def upstream():
    with serve(now=NOW) as google:
        yield google
