"""How long counts take to become values."""

from __future__ import annotations

import time

import numpy as np

from convbridge.model.policy import ValuePolicy
from convbridge.value import value_events
from proof.big import build
from proof.line import RULES, Line


def speed(clients: int) -> list[Line]:
    counts, classes, funnels = build(segments=40, events=20, rules=RULES)
    policy = ValuePolicy()
    value_events(counts, classes, funnels, rules=RULES, policy=policy)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        value_events(counts, classes, funnels, rules=RULES, policy=policy)
        took.append(time.perf_counter() - start)
    one = float(np.median(took))
    counts, classes, funnels = build(segments=8, events=20, rules=RULES)
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
