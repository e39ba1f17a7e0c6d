"""The publisher over two years of weekly runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from convbridge.model.policy import PublishPolicy
from convbridge.value.intervals import log_normal
from convbridge.value.publish import Proposal, decide
from proof.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How a true value wanders, and how its weekly estimates are made."""

    name: str
    walk: float
    season: float
    noise: float
    weeks: int
    """Weeks in one estimate; more than one, and estimates overlap."""


DRIFTS = (
    Drift(name="a week's data each", walk=0.15, season=0.08, noise=0.12, weeks=1),
    Drift(name="90 days, noise 5 %", walk=0.1, season=0.05, noise=0.05, weeks=13),
    Drift(name="90 days, noise 8 %", walk=0.1, season=0.05, noise=0.08, weeks=13),
)


def publishing(seeds: int) -> list[Line]:
    return [line for drift in DRIFTS for line in _published(drift, seeds)]


def _published(drift: Drift, seeds: int, years: int = 2) -> list[Line]:
    changes, errors, always, loose = [], [], [], []
    for seed in range(seeds):
        seen, true = _drifting(drift, seed, 52 * years)
        moves, trail = _follow(seen, drift.noise)
        changes.append(moves / years)
        errors.append(trail - true)
        loose.append(seen - true)
        rounded = np.round(50 * np.exp(seen), 0)
        always.append((np.diff(rounded) != 0).sum() / years)
    rate, error = float(np.mean(changes)), _rms(errors)
    return [
        Line(
            test=f"published changes a year, estimates of {drift.name}",
            target="<= 6",
            measured=f"{rate:.1f} (publishing always: {np.mean(always):.0f})",
            is_met=rate <= 6,
        ),
        Line(
            test=f"tracking error (log RMSE), estimates of {drift.name}",
            target="<= .08",
            measured=f"{error:.3f} (publishing always: {_rms(loose):.3f})",
            is_met=error <= 0.08,
        ),
    ]


def _drifting(drift: Drift, seed: int, weeks: int):
    rng = np.random.default_rng(seed)
    size = weeks + drift.weeks
    walk = np.cumsum(rng.normal(0, drift.walk / np.sqrt(52), size))
    true = walk + drift.season * np.sin(np.arange(size) / 52 * 2 * np.pi)
    noisy = true + drift.noise * np.sqrt(drift.weeks) * rng.normal(size=size)
    window = np.ones(drift.weeks) / drift.weeks
    seen = np.convolve(noisy, window, "valid")[:weeks]
    return seen, true[drift.weeks - 1 :][:weeks]


def _follow(seen, noise):
    published, moves, trail = None, 0, []
    for week, log_value in enumerate(seen):
        amount = float(50 * np.exp(log_value))
        decision = decide(
            Proposal(event="e", estimate=log_normal(amount, noise), amount=amount),
            published,
            policy=PublishPolicy(),
            currency="EUR",
            on=date(2026, 1, 5) + timedelta(weeks=week),
        )
        published = decision.published
        moves += decision.action == "moved"
        trail.append(np.log(float(decision.after) / 50))
    return moves, np.array(trail)


def _rms(numbers):
    return float(np.sqrt(np.mean(np.array(numbers) ** 2)))
