"""The end of a simulation: what was made in pieces becomes sorted columns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from .events import NONE, Events, Recording, Sessions, Spend, last_clicks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .events import Bools, Floats, Ints
    from .story import Campaign, Story

SECOND = 1_000_000
DAY = 86_400 * SECOND


@dataclass(slots=True)
class Emitted:
    """Events as they are made, in pieces, with their names and parameter rows."""

    session: list[Ints] = field(default_factory=list)
    time: list[Ints] = field(default_factory=list)
    name: list[Ints] = field(default_factory=list)
    params: list[Ints] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    rows: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)

    def add(
        self, event: str, session: Ints, time: Ints, params: Ints, value: Floats | None
    ) -> None:
        """Append occurrences of one event."""
        size = len(session)
        code = self.names.setdefault(event, len(self.names))
        self.session.append(session)
        self.time.append(time)
        self.name.append(np.full(size, code, dtype=np.int16))
        self.params.append(params)
        self.value.append(np.full(size, np.nan) if value is None else value)

    def row(self, params: Mapping[str, str]) -> int:
        """Return the code of a row of parameters."""
        return self.rows.setdefault(tuple(sorted(params.items())), len(self.rows))


def keep_sessions(pieces: Mapping[str, list[Ints]]) -> Sessions:
    """Join the pieces of the sessions and find each one's latest paid click."""
    columns = {name: np.concatenate(parts) for name, parts in pieces.items()}
    return Sessions(
        user=columns["user"],
        time=columns["time"],
        channel=columns["channel"],
        campaign=columns["campaign"],
        device=columns["device"],
        country=columns["country"],
        is_first=columns["is_first"].astype(bool),
        click_kind=columns["click_kind"],
        last_click=last_clicks(
            columns["user"], columns["time"], columns["campaign"] != NONE
        ),
    )


def finish(
    story: Story,
    campaigns: Sequence[Campaign],
    *,
    emitted: Emitted,
    sessions: Sessions,
    denied: Bools,
    currency: str,
    day_starts: Ints,
    random: np.random.Generator,
) -> Recording:
    """Return the recording of everything that was made."""
    _refund(story, emitted, random)
    return Recording(
        sessions=replace(sessions, time=on_the_clock(sessions.time, day_starts)),
        events=_events(emitted, sessions, currency, day_starts),
        spend=_spend(campaigns, sessions, len(day_starts) - 1, random),
        denied=denied,
        day_starts=day_starts,
        channels=tuple(crowd.name for crowd in story.channels),
        devices=tuple(crowd.name for crowd in story.devices),
        countries=tuple(crowd.name for crowd in story.countries),
    )


def on_the_clock(time: Ints, day_starts: Ints) -> Ints:
    """Return times of 24-hour days as UTC, on days of 23 to 25 hours."""
    day = np.minimum(time // DAY, len(day_starts) - 2)
    share = (time - day * DAY) / DAY
    length = np.diff(day_starts)[day]
    return np.asarray(day_starts[day] + (share * length).astype(np.int64))


def _refund(story: Story, made: Emitted, random: np.random.Generator) -> None:
    """Send some orders back, three to twelve days later."""
    primary = made.names.get(story.steps[-1].event)
    if not story.refund_share or primary is None:
        return
    bought = np.concatenate(made.name) == primary
    draw = random.random(int(bought.sum())) < story.refund_share
    days = random.uniform(3, 12, int(draw.sum())) * DAY
    made.add(
        "refund",
        np.concatenate(made.session)[bought][draw],
        np.concatenate(made.time)[bought][draw] + days.astype(np.int64),
        np.full(len(days), made.row({})),
        np.concatenate(made.value)[bought][draw],
    )


def _events(
    made: Emitted, sessions: Sessions, currency: str, day_starts: Ints
) -> Events:
    time = np.concatenate(made.time)
    order = np.argsort(time, kind="stable")
    order = order[time[order] < DAY * (len(day_starts) - 1)]
    session = np.concatenate(made.session)[order]
    name = np.concatenate(made.name)[order]
    value = np.concatenate(made.value)[order]
    orders = [made.names.get(event, NONE) for event in ("purchase", "refund")]
    return Events(
        time=on_the_clock(time[order], day_starts),
        day=time[order] // DAY,
        session=session,
        user=sessions.user[session],
        name=name,
        params=np.concatenate(made.params)[order],
        value=value,
        currency=np.where(np.isnan(value), NONE, 0),
        transaction=np.where(np.isin(name, orders), session, NONE),
        names=tuple(made.names),
        param_rows=tuple(dict(row) for row in made.rows),
        currencies=(currency,),
    )


def _spend(
    campaigns: Sequence[Campaign],
    sessions: Sessions,
    days: int,
    random: np.random.Generator,
) -> Spend:
    shape = (days, len(campaigns))
    paid = sessions.campaign != NONE
    day = sessions.time[paid] // DAY
    visits = np.zeros(shape, dtype=np.int64)
    np.add.at(visits, (day, sessions.campaign[paid]), 1)
    # Some clicks never load the page, so Google Ads counts more than Analytics.
    clicks = visits + random.binomial(visits, 0.08)
    rates = np.array([each.click_through for each in campaigns])
    noise = np.exp(0.15 * random.normal(size=shape))
    cost = clicks * np.array([each.cpc for each in campaigns]) * noise
    return Spend(
        impressions=np.round(clicks / rates * noise).astype(np.int64),
        clicks=clicks,
        cost=np.round(cost, 2),
    )
