"""What is measured on simulated shops: one function per line of the proof."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from proof.rivals import campaign_scores
from proof.worlds import HORIZON, SMALL, STEPS, WORLDS, World, draw, with_lag

from convbridge.classify import classify
from convbridge.model.policy import Anchor, PublishPolicy, Scheme, ValuePolicy
from convbridge.model.rules import RuleSet
from convbridge.value import channels, value_events
from convbridge.value.intervals import log_normal
from convbridge.value.publish import Proposal, decide
from convbridge.value.rates import pool

RULES = RuleSet(template="ecommerce")
LAWS = ("short", "exponential 5 d", "exponential 14 d", "heavy tail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: what was measured against what was wanted."""

    test: str
    target: str
    measured: str
    is_met: bool


def value_shop(shop, *, scheme=Scheme.BLEND, anchor=Anchor.TOTAL, funnels=None):
    funnels = shop.mature if funnels is None else funnels
    classes = classify(shop.counts, client="shop", rules=RULES, funnels=funnels)
    policy = ValuePolicy(scheme=scheme, anchor=anchor)
    return value_events(shop.counts, classes, funnels, rules=RULES, policy=policy)


def estimate(valuation, event):
    """Return the value before rounding."""
    return valuation[event].detail["estimate"] or 0.0


def pushed(valuation, counts):
    """Return what the values add up to over a window, before rounding."""
    seen = counts.counts()
    total = 0.0
    for event in valuation:
        if event.value is None:
            continue
        detail = event.detail
        conversions = seen.get(event.event, 0)
        if "conversions" in detail and event.count and "kept" not in detail:
            conversions *= detail["conversions"] / event.count
        total += conversions * (detail["estimate"] or 0.0)
    return total


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
    for key in clicks:
        into[0].append(mine[key] / clicks[key])
        into[1].append(real[key] / clicks[key])


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
            valuation = value_shop(
                shop, scheme=Scheme.STATIC, funnels=shop.immature
            )
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


def regret(seeds: int) -> list[Line]:
    """Budget regret against an oracle, clicks growing with the root of budget."""
    lines = []
    for world in (*WORLDS, SMALL):
        found: dict[str, list[float]] = {}
        for seed in range(seeds):
            shop = draw(world, 7000 + seed)
            if shop.counts.total_revenue <= 0:
                continue
            for name, score in _scores(shop).items():
                found.setdefault(name, []).append(_regret(score, shop))
        lines.append(_regret_line(world, found))
    return lines


def _scores(shop):
    valuation = value_shop(shop, anchor=Anchor.PRIMARY)
    report = channels(shop.counts, valuation, by="campaign")
    score = np.zeros(len(shop.clicks))
    for channel in report:
        score[int(channel.key[1:])] = channel.weighted.value
    return {"convbridge": score, **campaign_scores(shop)}


def _regret(score, shop):
    per_click = np.maximum(score, 0) / shop.clicks
    budget = per_click**2 * shop.clicks
    if budget.sum() <= 0:
        budget = shop.clicks.copy()
    best = shop.per_click**2 * shop.clicks

    def won(money):
        return float(np.sqrt(money / money.sum() * shop.clicks) @ shop.per_click)

    return 100 * (1 - won(budget) / won(best))


def _regret_line(world: World, found):
    mine = np.array(found.pop("convbridge"))
    worst = -np.inf
    parts = [f"convbridge {mine.mean():.2f}"]
    for name, other in found.items():
        apart = mine - np.array(other)
        error = apart.std(ddof=1) / np.sqrt(len(apart))
        if name != "half-way blend":
            worst = max(worst, apart.mean() / max(error, 1e-12))
        parts.append(f"{name} {np.mean(other):.2f}")
    return Line(
        test=f"budget regret in %, world `{world.name}`, {len(mine)} seeds, paired",
        target="no rival better by 2 SE",
        measured=f"{', '.join(parts)}; worst difference {worst:+.1f} SE",
        is_met=bool(worst <= 2),
    )


def publishing(seeds: int, years: int = 2) -> list[Line]:
    """A value drifts by 20 % a year and with the season; estimates are weekly."""
    policy, changes, errors = PublishPolicy(), [], []
    always, loose = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        weeks = 52 * years
        walk = np.cumsum(rng.normal(0, 0.2 / np.sqrt(52), weeks + 13))
        true = walk + 0.08 * np.sin(np.arange(weeks + 13) / 52 * 2 * np.pi)
        noise = np.convolve(rng.normal(0, 1, weeks + 13), np.ones(13) / 13, "same")
        seen = [true[i : i + 13].mean() + 0.08 * np.sqrt(13) * noise[i] for i in range(weeks)]
        published, moves, trail, last = None, 0, [], None
        for week, log_value in enumerate(seen):
            amount = float(50 * np.exp(log_value))
            decision = decide(
                Proposal(event="e", estimate=log_normal(amount, 0.08), amount=amount),
                published,
                policy=policy,
                currency="EUR",
                on=date(2026, 1, 5) + timedelta(weeks=week),
            )
            published = decision.published
            moves += decision.action == "moved"
            trail.append(np.log(float(decision.after) / 50) - true[week + 12])
            loose.append(log_value - true[week + 12])
            always.append(last is not None and round(amount) != last)
            last = round(amount)
        changes.append(moves / years)
        errors.append(trail)
    rate, error = float(np.mean(changes)), _rms(errors)
    return [
        Line(
            test="published changes a year, weekly runs",
            target="<= 6",
            measured=f"{rate:.1f} (publishing always: {np.mean(always) * 52:.0f})",
            is_met=rate <= 6,
        ),
        Line(
            test="tracking error of the published value, log RMSE",
            target="<= .08",
            measured=f"{error:.3f} (publishing always: {_rms(loose):.3f})",
            is_met=error <= 0.08,
        ),
    ]


def _rms(numbers):
    return float(np.sqrt(np.mean(np.array(numbers) ** 2)))


def faults(seeds: int) -> list[Line]:
    lines = []
    for name, break_it in _FAULTS.items():
        frozen = 0
        for seed in range(seeds):
            shop = draw(WORLDS[0], 40 + seed)
            before = value_shop(shop)
            broken = replace(shop, counts=break_it(shop.counts))
            after = _again(broken, before)
            frozen += after == "frozen"
        lines.append(
            Line(
                test=f"fault: {name}",
                target="detected, value frozen",
                measured=f"{frozen} of {seeds} frozen",
                is_met=frozen >= 0.95 * seeds,
            )
        )
    clean = 0
    for seed in range(seeds):
        for world in (WORLDS[0], WORLDS[8], SMALL):
            shop = draw(world, 60 + seed)
            clean += bool(value_shop(shop).flags)
    lines.append(
        Line(
            test="false alarms in sound shops",
            target="<= 5 %",
            measured=f"{clean} of {3 * seeds}",
            is_met=clean <= 0.05 * 3 * seeds,
        )
    )
    return lines


def _again(shop, before):
    classes = classify(shop.counts, client="shop", rules=RULES, funnels=shop.mature)
    valuation = value_events(
        shop.counts,
        classes,
        shop.mature,
        rules=RULES,
        policy=ValuePolicy(anchor=Anchor.TOTAL),
        previous=before.published,
    )
    found = [str(e.status) for e in valuation if e.event == "add_to_cart"]
    return found[0] if found else "lost"


def _changed(counts, event, factor, days=10, name=None):
    """Multiply an event's counts of the last days; a name moves them to another."""
    table = counts.events
    first = counts.window.end - timedelta(days=days - 1)
    names = np.array(table["event"].to_pylist())
    dates = table["date"].to_numpy()
    hit = (names == event) & (dates >= np.datetime64(first))
    number = table["count"].to_numpy().copy()
    number[hit] = np.round(number[hit] * factor)
    if name is not None:
        names[hit] = name
    columns = {c: table[c] for c in table.schema.names}
    columns["event"] = pa.array(list(names), pa.string())
    columns["count"] = pa.array(number)
    kept = pa.table(columns, schema=table.schema)
    return replace(counts, events=kept.filter(pa.array(number > 0)))


_FAULTS = {
    "tag skipped for 10 days": lambda c: _changed(c, "add_to_cart", 0),
    "tag skipped on half of the pages": lambda c: _changed(c, "add_to_cart", 0.4, 21),
    "orders counted twice": lambda c: _changed(c, "purchase", 2.0, 21),
    "ids lost, every visit is a first one": lambda c: _first_visits(c),
    "event renamed": lambda c: _changed(c, "add_to_cart", 1, 14, "add_to_basket_v2"),
}


def _first_visits(counts):
    """Add first visits: 60 % of sessions, all of them in the last days."""
    starts = counts.filter(events=["session_start"]).events
    dates = starts["date"].to_numpy()
    late = dates >= np.datetime64(counts.window.end - timedelta(days=13))
    number = starts["count"].to_numpy()
    rng = np.random.default_rng(5)
    firsts = np.where(late, number, rng.binomial(number, 0.6))
    columns = {c: starts[c] for c in starts.schema.names}
    columns["event"] = pa.array(["first_visit"] * starts.num_rows)
    columns["count"] = pa.array(firsts)
    added = pa.table(columns, schema=starts.schema)
    return replace(counts, events=pa.concat_tables([counts.events, added]))


def speed(clients: int) -> list[Line]:
    counts, classes, funnels = big_case(segments=40, events=20)
    policy = ValuePolicy()
    value_events(counts, classes, funnels, rules=RULES, policy=policy)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        value_events(counts, classes, funnels, rules=RULES, policy=policy)
        took.append(time.perf_counter() - start)
    one = float(np.median(took))
    counts, classes, funnels = big_case(segments=8, events=20)
    start = time.process_time()
    for _ in range(clients):
        value_events(counts, classes, funnels, rules=RULES, policy=policy)
    all_of = (time.process_time() - start) / clients * 1000
    return [
        Line(
            test="counts to values, 40 segments x 20 events",
            target="< 200 ms",
            measured=f"{one * 1000:.0f} ms",
            is_met=one < 0.2,
        ),
        Line(
            test=f"1,000 clients x 20 events, 90 days, one core ({clients} timed)",
            target="< 60 s",
            measured=f"{all_of:.0f} s",
            is_met=all_of < 60,
        ),
    ]


def big_case(*, segments: int, events: int):
    """Return one client with many events and segments."""
    from proof.big import build

    return build(segments=segments, events=events, rules=RULES)
