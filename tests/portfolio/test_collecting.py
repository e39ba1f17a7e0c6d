"""What was imported stays out of garbage collection while clients are at work."""

from __future__ import annotations

import gc

import pytest

from convbridge.collecting import Settled


@pytest.fixture
def thawed():
    """No objects are frozen, before and after."""
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_nothing_is_frozen_before_a_client_is_done_or_after_the_run():
    with Settled() as settled:
        before = gc.get_freeze_count()
        settled()
        during = gc.get_freeze_count()
        settled()

    assert (before, gc.get_freeze_count()) == (0, 0)
    assert during > 1000


@pytest.mark.usefixtures("thawed")
def test_what_somebody_else_froze_stays_frozen():
    gc.freeze()
    others = gc.get_freeze_count()

    with Settled() as settled:
        settled()

    assert gc.get_freeze_count() == pytest.approx(others, rel=0.01)


@pytest.mark.usefixtures("thawed")
def test_a_client_that_ends_after_the_run_freezes_nothing():
    with Settled() as settled:
        pass

    settled()

    assert gc.get_freeze_count() == 0
