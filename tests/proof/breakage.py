"""Faults in tracking: are they seen, and are values frozen?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from convbridge.classify import classify
from convbridge.model.policy import Anchor, ValuePolicy
from convbridge.value import value_events
from proof.line import RULES, Line, value_shop
from proof.worlds import SMALL, WORLDS, draw


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


_FAULTS = {
    "tag skipped for 10 days": lambda c: _changed(c, "add_to_cart", 0),
    "tag skipped on half of the pages": lambda c: _changed(c, "add_to_cart", 0.4, 21),
    "orders counted twice": lambda c: _changed(c, "purchase", 2.0, 21),
    "ids lost, every visit is a first one": _first_visits,
    "event renamed": lambda c: _changed(c, "add_to_cart", 1, 14, "add_to_basket_v2"),
}
