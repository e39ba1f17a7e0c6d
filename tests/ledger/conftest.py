from __future__ import annotations

import pytest

from convbridge.adapters.ledger import open_ledger
from postgres import POSTGRES, empty_schema


@pytest.fixture(params=["memory", "sqlite", POSTGRES])
def url(request, tmp_path):
    """Return the URL of an empty database: every behaviour holds in each."""
    if request.param == "memory":
        return "sqlite://"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return empty_schema(request.getfixturevalue("postgres_url"))


@pytest.fixture
def ledger(url):
    with open_ledger(url) as found:
        yield found
        if url != "sqlite://":  # one connection for good
            assert found.database.engine.pool.checkedout() == 0
