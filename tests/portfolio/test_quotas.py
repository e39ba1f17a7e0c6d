"""Quotas that end midway across clients: told, and gone on with when they are back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from convbridge.errors import QuotaError
from convbridge.portfolio import Portfolio, Status

VICTIM, VICTIMS_PROPERTY = "client-0000", "300000000"
FLOOR = 1_400  # a tenth of a project's 14,000 tokens an hour stays for other tools


@pytest.fixture
def begun():
    """Return clients in the order in which they were done."""
    return []


@pytest.fixture
def sync(agency, begun):
    """Sync an agency's clients one after the other, on the sandbox's clock."""

    def start(count):
        google, path = agency(count)

        def run():
            begun.clear()
            portfolio = Portfolio.from_config(path, clock=google.clock, workers=1)
            return portfolio.sync(yes=True, on_result=lambda r: begun.append(r.client))

        return google, run

    return start


def test_a_propertys_tokens_stop_its_client_and_no_other(sync, begun):
    google, run = sync(2)
    quota = google.quota(VICTIMS_PROPERTY)
    quota.set_remaining("tokens_per_project_per_hour", FLOOR + 5)

    first = run()
    refused = [c for c in google.calls if c.status not in {"OK", "200"}]
    google.clock.advance(hours=1.02)
    second = run()

    assert [r.status for r in first] == [Status.FAILED, Status.CHANGED]
    error = first.results[0].stopped_by
    assert isinstance(error, QuotaError)
    assert "tokens per project per hour are left" in error.message
    assert error.hint.startswith("resume after ")
    assert 0 < error.retry_after <= 3_600
    assert len(refused) <= 4  # those on their way together; no more were sent
    assert f"! {VICTIM} failed: property {VICTIMS_PROPERTY}: " in str(first.digest())
    assert (begun, second.results[0].status) == ([VICTIM, "client-0001"], "changed")


def test_the_projects_operations_stop_all_clients_until_they_are_back(sync, begun):
    google, run = sync(3)
    quota = google.ads.quota
    now = google.clock.now()
    quota.access_level = "explorer"  # 2,880 a day
    quota.used.append((now - timedelta(hours=22), 2_880 - 12))

    first = run()
    took = len(google.calls.where(service="google_ads"))
    google.clock.advance(hours=2.02)
    second = run()

    done, stopped, waiting = first
    assert [r.status for r in first] == ["changed", "failed", "not_begun"]
    assert stopped.stopped_by.code == "RESOURCE_EXHAUSTED"
    assert re.match(
        r"Google asks to wait 7,[12]\d\d seconds; ", stopped.stopped_by.hint
    )
    assert waiting.reason == ("the quota that client-0001 found used up is everybody's")
    assert took <= 13
    assert first.digest().operations >= 12  # what failed has spent, too
    assert first.exit_code == 1
    assert begun == ["client-0001", "client-0002", done.client]
    assert [r.status for r in second][1:] == ["changed", "changed"]
    assert (second.exit_code, quota.count < 2_880) == (0, True)
