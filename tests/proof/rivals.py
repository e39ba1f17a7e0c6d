"""Other ways to score campaigns, written apart from the package."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from proof.worlds import STEPS


def campaign_scores(shop):
    """Return each rival's worth of every campaign, up to a factor."""
    odd, even = _halves(shop)
    columns, money = odd[0] + even[0], odd[1] + even[1]
    total = money.sum()
    scaled = columns / np.maximum(columns.sum(1), 1)[:, None] * total
    scaled[-1] = money
    rates = np.minimum(columns[-1].sum() / np.maximum(columns.sum(1), 1), 1)[:-1]
    rates = np.maximum.accumulate(rates)
    steps = np.diff(np.r_[0.0, rates])
    each = total / max(columns[-1].sum(), 1)
    telescoped = steps @ columns[:-1] * each + (1 - rates[-1]) * money
    learnt = _cross_fitted(odd, even)
    half = (learnt + np.full(len(learnt), 1 / len(learnt))) / 2
    return {
        "purchase only": money,
        "equal blend": scaled.mean(0),
        "telescoped": telescoped,
        "half-way blend": half @ scaled,
    }


def _halves(shop):
    size = len(shop.clicks)
    start = shop.counts.window.start
    answer = []
    for parity in (0, 1):
        rows = []
        for event in (*STEPS, "purchase"):
            table = shop.counts.filter(events=[event]).events
            rows.append(_sum(table, "count", size, parity, start))
        money = _sum(shop.counts.revenue, "revenue", size, parity, start)
        answer.append((np.array(rows), money))
    return answer


def _sum(table, column, size, parity, start):
    days = (table["date"].to_numpy() - np.datetime64(start)).astype(int)
    campaign = np.array([int(c[1:]) for c in table["campaign_id"].to_pylist()], int)
    total = np.zeros(size)
    hit = days % 2 == parity
    np.add.at(total, campaign[hit], table[column].to_numpy()[hit])
    return total


def _cross_fitted(odd, even):
    """Non-negative weights that foretell the other half's money, halves swapped."""
    matrix = 0.0
    for (columns, own), (_, other) in ((odd, even), (even, odd)):
        scaled = columns / np.maximum(columns.sum(1), 1)[:, None] * other.sum()
        scaled[-1] = own * other.sum() / max(own.sum(), 1e-9)
        middle = np.maximum(scaled.mean(0), scaled.mean() * 0.05)
        apart = (scaled - other) / max(1e-9, 1.0) / np.maximum(middle, 1e-9)
        matrix = matrix + apart @ apart.T
    matrix = matrix / max(np.trace(matrix), 1e-12)
    root = np.linalg.cholesky(matrix + 1e-9 * np.eye(len(matrix))).T
    rows = np.vstack([root, np.full(len(matrix), 1e3)])
    found, _ = nnls(rows, np.r_[np.zeros(len(matrix)), 1e3])
    return found / found.sum()
