"""Budget regret: where the values send the money, against an oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convbridge.model.policy import Anchor
from convbridge.value import channels
from proof.line import Line, value_shop
from proof.rivals import campaign_scores
from proof.worlds import SMALL, WORLDS, draw

if TYPE_CHECKING:
    from proof.worlds import World


def regret(seeds: int, worlds: tuple[World, ...] = (*WORLDS, SMALL)) -> list[Line]:
    """Budget regret against an oracle, clicks growing with the root of budget."""
    lines = []
    for world in worlds:
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
