"""One client as big as the speed lines ask for."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from convbridge.classify import classify
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import FunnelCount, Funnels
from convbridge.model.ids import PropertyId
from convbridge.model.tables import COSTS, EVENTS, REVENUE, USERS
from proof.worlds import HORIZON

NAMES = (
    *("view_item_list", "view_item", "sign_up", "add_to_wishlist", "add_to_cart"),
    *("view_cart", "begin_checkout", "add_shipping_info", "add_payment_info"),
    *("scroll", "video_start", "file_download", "share", "search", "comment"),
    *("newsletter", "line_click", "phone_click", "route"),
)
DAYS = 90


def build(*, segments: int, events: int, rules):
    """Return counts, classes and funnels with every event in every segment."""
    rng = np.random.default_rng(1)
    window = DateWindow(start=date(2026, 1, 1), end=date(2026, 3, 31))
    names = (*NAMES[: events - 1], "purchase")
    volume = np.linspace(40, 4, len(names))
    tables = []
    first = (window.start - date(1970, 1, 1)).days
    for name, mean in zip(names, volume, strict=True):
        size = DAYS * 10
        day = np.arange(size) % DAYS + first
        columns = {
            "date": pa.array(day.astype(np.int32), pa.int32()).cast(pa.date32()),
            "event": [name] * size,
            "channel": ["Paid Search"] * size,
            "campaign_id": [f"c{i // DAYS}" for i in range(size)],
            "device": ["mobile"] * size,
            "count": rng.poisson(mean, size),
            "value": np.zeros(size),
        }
        tables.append(pa.table(columns, schema=EVENTS))
    table = pa.concat_tables(tables)
    bought = tables[-1]
    sales = bought["count"].to_numpy()
    revenue = {
        "date": bought["date"],
        "channel": bought["channel"],
        "campaign_id": bought["campaign_id"],
        "revenue": sales * rng.lognormal(4, 0.3, len(sales)),
        "transactions": sales,
        "purchasers": sales,
    }
    users = {e: int(v * DAYS * 9) for e, v in zip(names, volume, strict=True)}
    counts = EventCounts(
        property_id=PropertyId("1"),
        window=window,
        time_zone="UTC",
        currency="EUR",
        events=table,
        users=pa.table(
            {"event": [None, *users], "users": [60000, *users.values()]}, schema=USERS
        ),
        revenue=pa.table(revenue, schema=REVENUE),
        costs=COSTS.empty_table(),
    )
    funnels = _funnels(names[:-1], users, window, segments, rng)
    classes = classify(counts, client="big", rules=rules, funnels=funnels)
    return counts, classes, funnels


def _funnels(names, users, window, segments, rng):
    rows = []
    for name in names:
        whole = {"event": name, "primary": "purchase", "window": window}
        whole["horizon_days"] = HORIZON
        rows.append(FunnelCount(**whole, users=users[name], converted=users[name] // 9))
        many = rng.poisson(users[name] / segments, segments) + 1
        hits = rng.binomial(many, 0.1)
        rows += [
            FunnelCount(
                **whole,
                users=int(m),
                converted=int(c),
                dimension="sessionDefaultChannelGroup",
                segment=f"channel {i}",
            )
            for i, (m, c) in enumerate(zip(many, hits, strict=True))
        ]
    return Funnels(
        funnels=tuple(rows), total_users=60000, primary_users=users["view_item"] // 9
    )
