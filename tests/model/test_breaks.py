"""Tracking breaks: found when they are there, not found in honest noise."""

from __future__ import annotations

import numpy as np
import pytest

from convbridge.model.breaks import Jump, Rename, find_jump, find_renames, find_stop

DAYS = 90
WEEK = np.array([1.0, 0.9, 0.9, 1.0, 1.2, 1.5, 1.4])


def site(rng, rate, *, days=DAYS, growth=1.0, spread=0.0):
    """Simulate daily counts with a weekly pattern, growth and overdispersion."""
    level = rate * WEEK[np.arange(days) % 7] * np.linspace(1, growth, days)
    if spread:
        level = level * rng.gamma(1 / spread, spread, days)
    return rng.poisson(level)


@pytest.mark.parametrize("rate", [0.3, 1, 3, 10, 50, 500])
@pytest.mark.parametrize(
    ("growth", "spread"),
    [
        pytest.param(1.0, 0.0, id="plain"),
        pytest.param(1.0, 0.1, id="overdispersed"),
        pytest.param(2.5, 0.0, id="growing"),
    ],
)
def test_honest_noise_is_no_break(rate, growth, spread):
    rng = np.random.default_rng(20261122)
    alarms = 0
    for _ in range(200):
        visits = site(rng, rate * 20, growth=growth)
        counts = site(rng, rate, growth=growth, spread=spread)
        alarms += find_stop(counts) is not None
        alarms += find_jump(counts, visits) is not None
        alarms += find_jump(counts) is not None and growth == 1.0

    assert alarms <= 2  # of 600: at most 0.3 %


@pytest.mark.parametrize("rate", [5, 20, 200])
@pytest.mark.parametrize("silence", [4, 10, 30])
def test_a_tag_that_stops_is_found_on_its_day(rate, silence):
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(50):
        counts = site(rng, rate)
        counts[-silence:] = 0
        stop = find_stop(counts)
        found += stop is not None and abs(stop.day - (DAYS - silence)) <= 1

    assert found >= 49


@pytest.mark.parametrize("rate", [30, 100, 500])
@pytest.mark.parametrize("day", [20, 60, 80])
def test_a_tag_that_doubles_is_found_near_its_day(rate, day):
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(50):
        visits = site(rng, rate * 20)
        counts = site(rng, rate)
        counts[day:] *= 2
        jump = find_jump(counts, visits)
        found += jump is not None and abs(jump.day - day) <= 3

    assert found >= 45


def test_the_factor_of_a_jump_is_about_two():
    rng = np.random.default_rng(3)
    counts = site(rng, 100)
    counts[45:] *= 2

    jump = find_jump(counts, [1000] * DAYS)

    assert jump == Jump(day=45, factor=pytest.approx(2, rel=0.15))


def test_a_busy_month_is_no_doubled_tag():
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(100):
        surge = np.where(np.arange(DAYS) >= 60, 2.5, 1.0)
        visits = rng.poisson(2000 * surge)
        counts = rng.poisson(100 * surge)
        alarms += find_jump(counts, visits) is not None

    assert alarms == 0


def test_a_rare_event_that_pauses_has_not_stopped():
    rng = np.random.default_rng(5)
    alarms = sum(find_stop(site(rng, 0.2)) is not None for _ in range(300))

    assert alarms <= 1


def test_a_rename_is_a_stop_and_a_start_of_the_same_size():
    old = [10] * 60 + [0] * 30
    series = {
        "old": old,
        "tiny": [0] * 60 + [1] * 30,
        "new": [0] * 60 + [11] * 30,
        "other": [50] * 90,
    }

    found = find_renames(series, {"old": find_stop(old)})

    assert found == (Rename(old="old", new="new", day=60),)


@pytest.mark.parametrize(
    "daily",
    [
        pytest.param([], id="no days"),
        pytest.param([0] * 90, id="never seen"),
        pytest.param([5] * 10 + [0] * 10, id="too short a history"),
        pytest.param([5] * 88 + [0] * 2, id="two silent days may be late"),
    ],
)
def test_without_a_history_nothing_has_stopped(daily):
    assert find_stop(daily) is None


def test_an_event_of_the_last_days_has_no_before_to_jump_from():
    assert find_jump([0] * 88 + [40, 40]) is None
