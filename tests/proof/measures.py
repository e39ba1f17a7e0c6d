"""Totals, calibration, intervals and lag, measured on simulated shops."""

from __future__ import annotations

import numpy as np

from convbridge.model.policy import Anchor, Scheme
from convbridge.value import channels
from convbridge.value.rates import pool
from proof.line import Line, pushed, value_shop
from proof.worlds import HORIZON, SMALL, STEPS, WORLDS, draw, with_lag

LAWS = ("short", "exponential 5 d", "exponential 14 d", "heavy tail")


def conservation(seeds: int) -> list[Line]:
    ratios = {w.name: [] for w in WORLDS}
    for world in WORLDS:
        for seed in range(seeds):
            shop = draw(world, seed)
            valuation = value_shop(shop)
            ratios[world.name].append(
                pushed(valuation, shop.counts) / shop.counts.total_revenue
            )
    means = {name: float(np.mean(r)) for name, r in ratios.items()}
    worst = max(means, key=lambda n: abs(means[n] - 1))
    return [
        Line(
            test=f"conservation on the training window, {len(WORLDS)} worlds",
            target="1.00 +- 0.01",
            measured=f"{min(means.values()):.3f} to {max(means.values()):.3f} "
            f"(furthest: {worst})",
            is_met=all(abs(m - 1) <= 0.01 for m in means.values()),
        )
    ]


def held_out(seeds: int) -> list[Line]:
    ratios = []
    for world in WORLDS:
        for seed in range(seeds):
            shop = draw(world, seed)
            valuation = value_shop(shop)
            if shop.later.total_revenue > 0:
                ratios.append(pushed(valuation, shop.later) / shop.later.total_revenue)
    share = float(np.mean([0.9 <= r <= 1.1 for r in ratios]))
    middle = float(np.median(ratios))
    return [
        Line(
            test="held-out total ratio, median over worlds and seeds",
            target="0.9 - 1.1",
            measured=f"{middle:.3f}; {share:.0%} of single shops inside",
            is_met=0.9 <= middle <= 1.1,
        )
    ]


def calibration(seeds: int) -> list[Line]:
    channel, decile = ([], []), ([], [])
    for seed in range(seeds):
        shop = draw(WORLDS[0], 500 + seed)
        valuation = value_shop(shop)
        _by_channel(shop, valuation, channel)
        _by_decile(shop, valuation, decile)
    lines = []
    for name, (mine, real) in (("channel", channel), ("decile", decile)):
        slope = _slope(np.array(mine), np.array(real))
        lines.append(
            Line(
                test=f"calibration slope by {name}",
                target="0.8 - 1.2",
                measured=f"{slope:.2f}",
                is_met=0.8 <= slope <= 1.2,
            )
        )
    return lines


def _by_channel(shop, valuation, into):
    mine = {c.key: c.weighted.value for c in channels(shop.counts, valuation)}
    clicks = {r["channel"]: r["count_sum"] for r in _clicks(shop.counts, "channel")}
    real = {
        r["channel"]: r["revenue_sum"]
        for r in shop.later.revenue.group_by("channel")
        .aggregate([("revenue", "sum")])
        .to_pylist()
    }
    for key, many in clicks.items():
        into[0].append(mine[key] / many)
        into[1].append(real[key] / many)


def _by_decile(shop, valuation, into):
    report = channels(shop.counts, valuation, by="campaign")
    mine = np.array([c.weighted.value / c.cost for c in report])
    place = [int(c.key[1:]) for c in report]
    real = shop.per_click[place]
    order = np.argsort(mine)
    for part in np.array_split(order, 10):
        into[0].append(mine[part].mean())
        into[1].append(real[part].mean())


def _clicks(counts, column):
    starts = counts.filter(events=["session_start"]).events
    return starts.group_by(column).aggregate([("count", "sum")]).to_pylist()


def _slope(mine, real):
    apart = mine - mine.mean()
    return float(apart @ (real - real.mean()) / (apart @ apart))


def coverage(seeds: int) -> list[Line]:
    lines = []
    worlds = (WORLDS[0], WORLDS[1], WORLDS[2], WORLDS[8], WORLDS[11], SMALL)
    for world in worlds:
        inside = []
        for seed in range(seeds):
            shop = draw(world, 900 + seed)
            valuation = value_shop(shop, scheme=Scheme.STATIC, anchor=Anchor.PRIMARY)
            for event in STEPS:
                true = shop.rate[event] * shop.worth
                found = valuation[event]
                if found.low is not None:
                    inside.append(float(found.low) <= true <= float(found.high))
        share = float(np.mean(inside))
        lines.append(
            Line(
                test=f"90 % intervals of values, world `{world.name}`",
                target="85 - 97 %",
                measured=f"{share:.1%}",
                is_met=0.85 <= share <= 0.97,
            )
        )
    return lines


def segment_coverage(seeds: int) -> list[Line]:
    """Rates of 40 segments that lend each other strength."""
    cases = (
        ("few conversions, no differences", 0.02, 0.0, 60),
        ("many conversions, no differences", 0.2, 0.0, 200),
        ("segments differ (sd 0.25)", 0.05, 0.25, 300),
        ("segments differ (sd 0.6)", 0.05, 0.6, 80),
        ("segments differ (sd 1)", 0.1, 1.0, 300),
        ("hardly any conversions", 0.005, 0.5, 40),
    )
    return [_segments(*case, seeds) for case in cases]


def _segments(name, rate, spread, users, seeds):
    inside = []
    for seed in range(seeds):
        rng = np.random.default_rng(3000 + seed)
        many = rng.poisson(users * np.exp(rng.normal(-0.5, 1, 40))) + 1.0
        odds = np.log(rate / (1 - rate)) + spread * rng.normal(size=40)
        true = 1 / (1 + np.exp(-odds))
        converted = rng.binomial(many.astype(int), true).astype(float)
        found = pool(many, converted).segments
        inside += [e.low <= t <= e.high for e, t in zip(found, true, strict=True)]
    share = float(np.mean(inside))
    return Line(
        test=f"90 % intervals of 40 pooled segments, {name}",
        target="85 - 97 %",
        measured=f"{share:.1%}",
        is_met=0.85 <= share <= 0.97,
    )


def lag_bias(seeds: int) -> list[Line]:
    lines = []
    for law in LAWS:
        world, errors, naive = with_lag(WORLDS[0], law), [], []
        for seed in range(seeds):
            shop = draw(world, 100 + seed)
            valuation = value_shop(shop, scheme=Scheme.STATIC, funnels=shop.immature)
            for event in STEPS:
                rate = valuation[event].rate
                funnel = shop.immature.whole(event)
                errors.append(rate / shop.rate[event] - 1)
                naive.append(funnel.converted / funnel.users / shop.rate[event] - 1)
        bias = float(np.mean(errors))
        lines.append(
            Line(
                test=f"lag bias, {law}, window of 45 days, horizon {HORIZON}",
                target="within 5 %",
                measured=f"{bias:+.1%} (uncorrected {np.mean(naive):+.1%})",
                is_met=abs(bias) <= 0.05,
            )
        )
    return lines
