"""
Simulated shops whose true values are known in closed form.

A world draws campaigns with logit-normal step rates and log-normal order values.
Clicks go view -> cart -> checkout -> purchase, the purchase after a lag; beside
the way are a junk event and an anti event. Repeats, lost tags and refused
consent thin or swell the counts as they do in GA4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import FunnelCount, Funnels, LagPoint
from convbridge.model.ids import PropertyId
from convbridge.model.tables import COSTS, EVENTS, REVENUE, USERS

STEPS = ("view_item", "add_to_cart", "begin_checkout")
CHANNELS = ("Paid Search", "Paid Social", "Cross-network", "Display", "Organic Search")
HORIZON = 30
LAG_POINTS = (1 / 24, 0.25, 1.0, 3.0, 7.0, 14.0, 30.0)
START = date(2026, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How a shop and its traffic behave."""

    name: str
    campaigns: int = 40
    clicks: float = 600.0
    """Clicks per campaign and window."""
    skew: float = 0.5
    rates: tuple[float, ...] = (0.30, 0.22, 0.60, 0.45)
    spread: tuple[float, ...] = (0.35, 0.35, 0.25, 0.25)
    """Standard deviation of each step's log odds over campaigns."""
    order: float = 50.0
    order_sigma: float = 0.8
    order_spread: float = 0.0
    """Standard deviation of the log order value over campaigns."""
    lag: str = "short"
    junk: float = 0.3
    repeats: float = 0.3
    lost_tag: float = 0.0
    """Share of checkouts whose tag does not fire."""
    denied: float = 0.06
    bait: bool = False
    """A fifth of the campaigns draws looks and no buyers."""
    season: float = 0.0
    """How much the order value swings over the window."""
    days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One draw of a world: what GA4 would tell, and what is true."""

    counts: EventCounts
    later: EventCounts
    """The window after, for what was held out."""
    mature: Funnels
    """Funnels of users who had the whole horizon to convert."""
    immature: Funnels
    """Funnels of the whole window, with lag points."""
    rate: dict[str, float]
    """True P(primary within the horizon | event)."""
    worth: float
    """True revenue per buyer."""
    per_click: np.ndarray
    """True revenue per click of each campaign."""
    clicks: np.ndarray


WORLDS = (
    World(name="base"),
    World(name="quarter of the traffic", clicks=150),
    World(name="four times the traffic", clicks=2400),
    World(name="late quality differs", spread=(0.2, 0.2, 0.3, 0.8)),
    World(name="early quality differs", spread=(0.7, 0.3, 0.1, 0.1)),
    World(name="clickbait", bait=True),
    World(name="six campaigns", campaigns=6),
    World(name="order value differs", order_spread=0.4),
    World(name="a tenth of the traffic", clicks=60),
    World(name="one big campaign", skew=1.2),
    World(name="lost checkout tags", lost_tag=0.4),
    World(name="no differences", spread=(0.0, 0.0, 0.0, 0.0)),
)
SMALL = World(
    name="four purchases a month", campaigns=3, clicks=250, rates=(0.3, 0.2, 0.6, 0.45)
)


def draw(world: World, seed: int) -> Shop:
    """Return one shop of a world; the same seed gives the same shop."""
    rng = np.random.default_rng(seed)
    rates, orders, clicks = _campaigns(world, rng)
    first = _visits(world, rng, rates, clicks)
    second = _visits(world, rng, rates, clicks)
    survive = np.cumprod(rates, axis=1)
    reach = clicks @ survive
    worth = clicks * survive[:, 3] @ orders / reach[3]
    return Shop(
        counts=_counts(world, first, orders, rng, START),
        later=_counts(world, second, orders, rng, _after(world)),
        mature=_funnels(world, first, mature=True),
        immature=_funnels(world, first, mature=False),
        rate={e: float(reach[3] / reach[k]) for k, e in enumerate(STEPS)},
        worth=float(worth) * float(np.exp(world.order_sigma**2 / 2)),
        per_click=survive[:, 3] * orders * np.exp(world.order_sigma**2 / 2),
        clicks=clicks,
    )


def _after(world: World) -> date:
    return date.fromordinal(START.toordinal() + world.days)


def _campaigns(world, rng):
    size = world.campaigns
    clicks = world.clicks * np.exp(rng.normal(0, world.skew, size))
    odds = np.log(np.array(world.rates) / (1 - np.array(world.rates)))
    odds = odds + rng.normal(size=(size, 4)) * np.array(world.spread)
    if world.bait:
        baited = rng.random(size) < 0.2
        odds[baited, 0] += 1.5
        odds[baited, 3] -= 1.5
    orders = world.order * np.exp(rng.normal(0, world.order_spread, size))
    return 1 / (1 + np.exp(-odds)), orders, np.maximum(clicks, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visits:
    """Users of each campaign and day, step by step, and buyers by lag."""

    clicks: np.ndarray
    steps: tuple[np.ndarray, ...]
    buyer_campaign: np.ndarray
    buyer_day: np.ndarray
    lag: np.ndarray


def _visits(world, rng, rates, clicks):
    per_day = clicks[:, None] / world.days * (1 - world.denied)
    users = rng.poisson(np.broadcast_to(per_day, (world.campaigns, world.days)))
    steps, last = [], users
    for k in range(4):
        last = rng.binomial(last, rates[:, k][:, None])
        steps.append(last)
    campaign, day = np.indices(last.shape)
    many = last.ravel()
    return _Visits(
        clicks=users,
        steps=tuple(steps),
        buyer_campaign=np.repeat(campaign.ravel(), many),
        buyer_day=np.repeat(day.ravel(), many),
        lag=lags(world.lag, int(many.sum()), rng),
    )


def lags(law: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return days from event to purchase, all within the horizon."""
    match law:
        case "short":
            found = rng.exponential(0.3, size)
        case "exponential 5 d":
            found = rng.exponential(5.0, size)
        case "exponential 14 d":
            found = rng.exponential(14.0, size)
        case _:
            found = np.exp(rng.normal(0.5, 1.5, size))
    # A lag past the horizon is no conversion within it: drawn again, folded in
    return np.where(found > HORIZON, found % HORIZON, found)


def _counts(world, visits, orders, rng, start):
    window = DateWindow(
        start=start, end=date.fromordinal(start.toordinal() + world.days - 1)
    )
    seen = [_swollen(s, world.repeats, rng) for s in visits.steps[:3]]
    seen[2] = rng.binomial(seen[2], 1 - world.lost_tag)
    junk = rng.binomial(visits.clicks, world.junk)
    anti = rng.binomial(visits.steps[1], 0.2)
    bought = np.floor(visits.buyer_day + rng.random(len(visits.lag)) + visits.lag)
    inside = bought < world.days
    place = (visits.buyer_campaign[inside], bought[inside].astype(int))
    sales, money = np.zeros(visits.clicks.shape), np.zeros(visits.clicks.shape)
    value = orders[place[0]] * np.exp(rng.normal(0, world.order_sigma, inside.sum()))
    value *= 1 + world.season * np.sin(place[1] / world.days * 2 * np.pi)
    np.add.at(sales, place, 1)
    np.add.at(money, place, value)
    names = ("session_start", *STEPS, "purchase", "scroll", "remove_from_cart")
    grids = (visits.clicks, *seen, sales, junk, anti)
    lost = int(visits.steps[2].sum() * (1 - world.lost_tag))
    users = {
        None: int(visits.clicks.sum()),
        "view_item": int(visits.steps[0].sum()),
        "add_to_cart": int(visits.steps[1].sum()),
        "begin_checkout": lost,
        "purchase": int(inside.sum()),
        "scroll": int(junk.sum()),
        "remove_from_cart": int(anti.sum()),
    }
    return EventCounts(
        property_id=PropertyId("1"),
        window=window,
        time_zone="UTC",
        currency="EUR",
        events=_events(names, grids, start),
        users=pa.table(
            {"event": list(users), "users": list(users.values())}, schema=USERS
        ),
        revenue=_revenue(money, sales, start),
        costs=_costs(visits.clicks, start),
    )


def _swollen(users, repeats, rng):
    return users + rng.poisson(users * repeats)


def _axes(shape, start):
    campaign, day = np.indices(shape)
    days = (day.ravel() + (start - date(1970, 1, 1)).days).astype(np.int32)
    ids = np.array([f"c{i}" for i in range(shape[0])])[campaign.ravel()]
    return pa.array(days, pa.int32()).cast(pa.date32()), ids, campaign.ravel()


def _events(names, grids, start):
    tables = []
    for name, grid in zip(names, grids, strict=True):
        days, ids, campaign = _axes(grid.shape, start)
        size = grid.size
        channel = np.array(CHANNELS)[campaign % len(CHANNELS)]
        columns = {
            "date": days,
            "event": [name] * size,
            "channel": channel,
            "campaign_id": ids,
            "device": ["desktop"] * size,
            "count": grid.ravel().astype(np.int64),
            "value": np.zeros(size),
        }
        tables.append(pa.table(columns, schema=EVENTS))
    return pa.concat_tables(tables)


def _revenue(money, sales, start):
    days, ids, campaign = _axes(money.shape, start)
    columns = {
        "date": days,
        "channel": np.array(CHANNELS)[campaign % len(CHANNELS)],
        "campaign_id": ids,
        "revenue": money.ravel(),
        "transactions": sales.ravel().astype(np.int64),
        "purchasers": sales.ravel().astype(np.int64),
    }
    return pa.table(columns, schema=REVENUE)


def _costs(clicks, start):
    days, ids, _ = _axes(clicks.shape, start)
    columns = {
        "date": days,
        "campaign_id": ids,
        "campaign_name": ids,
        "cost": clicks.ravel().astype(float),
        "clicks": clicks.ravel().astype(np.int64),
        "impressions": clicks.ravel().astype(np.int64) * 20,
    }
    return pa.table(columns, schema=COSTS)


def _funnels(world, visits, *, mature):
    last = world.days - HORIZON if mature else world.days
    window = DateWindow(start=START, end=date.fromordinal(START.toordinal() + last - 1))
    bought = visits.buyer_day + 0.5 + visits.lag
    entered = visits.buyer_day < last
    # Everybody in a mature window has had the whole horizon
    seen = entered & ((bought < world.days) | mature)
    rows = tuple(
        FunnelCount(
            event=e,
            primary="purchase",
            window=window,
            horizon_days=HORIZON,
            users=int(visits.steps[k][:, :last].sum()),
            converted=int(seen.sum()),
            mature=mature,
        )
        for k, e in enumerate(STEPS)
    )
    matured = visits.lag[visits.buyer_day < world.days - HORIZON]
    lag = tuple(
        LagPoint(event=e, days=d, converted=int((matured <= d).sum()), users=0)
        for e in STEPS
        for d in LAG_POINTS
    )
    inside = int((bought < world.days).sum())
    return Funnels(
        funnels=rows,
        lag=() if mature else lag,
        total_users=int(visits.clicks.sum()),
        primary_users=inside,
    )


def with_lag(world: World, law: str, days: int = 45) -> World:
    """Return a world with another lag law and a window too short to mature."""
    return replace(world, lag=law, days=days, name=law)
