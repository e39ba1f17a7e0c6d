"""The simulator: turns a story and a seed into sessions, events and ad spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .events import NONE
from .visitors_record import DAY, SECOND, Emitted, finish, keep_sessions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .events import Floats, Ints, Recording
    from .story import Campaign, Crowd, Step, Story

MAX_SESSIONS = 6
_HOURS = np.array(
    [
        1,
        0.6,
        0.4,
        0.3,
        0.3,
        0.5,
        1.2,
        2.2,
        3,
        3.6,
        4,
        4.2,
        4.4,
        4,
        3.8,
        3.8,
        3.9,
        4,
        4.4,
        5,
        5.2,
        4.6,
        3.2,
        1.9,
    ]
)


def simulate(
    story: Story,
    campaigns: Sequence[Campaign],
    *,
    currency: str,
    seed: Sequence[int],
    day_starts: Ints,
) -> Recording:
    """
    Play the story once.

    Everything hangs on the seed and the number of the day, never on the date,
    so the same seed gives the same numbers whenever it is played.
    """
    return _Play(story, campaigns, currency, seed, day_starts).record()


class _Play:
    """One run of the simulator; lives only inside `simulate`."""

    def __init__(
        self,
        story: Story,
        campaigns: Sequence[Campaign],
        currency: str,
        seed: Sequence[int],
        day_starts: Ints,
    ) -> None:
        self.story = story
        self.campaigns = campaigns
        self.currency = currency
        self.day_starts = day_starts
        self.random = np.random.default_rng(list(seed))
        self.emitted = Emitted()
        self.sessions: dict[str, list[Ints]] = {}
        self.session_count = 0

    def record(self) -> Recording:
        self._arrive()
        self._crowd()
        for ordinal in range(MAX_SESSIONS):
            if len(self.active):
                self._visit(ordinal)
        return finish(
            self.story,
            self.campaigns,
            emitted=self.emitted,
            sessions=keep_sessions(self.sessions),
            denied=self.denied,
            currency=self.currency,
            day_starts=self.day_starts,
            random=self.random,
        )

    def _arrive(self) -> None:
        days = np.arange(self.story.history_days + self.story.future_days)
        weekly = np.asarray(self.story.weekly)[days % 7]
        growth = 1 + self.story.growth_per_day * days
        mean = self.story.visitors_per_day * weekly * growth
        day = np.repeat(days, self.random.poisson(mean))
        hour = self.random.choice(24, size=len(day), p=_HOURS / _HOURS.sum())
        share = (hour + self.random.random(len(day))) / 24
        # All days are 24 hours long until the end, so that the numbers of a seed
        # don't hang on when the clocks change.
        self.clock: Ints = ((day + share) * DAY).astype(np.int64)
        self.active: Ints = np.arange(len(day))

    def _crowd(self) -> None:
        size = len(self.active)
        story = self.story
        self.channel = self._pick(story.channels, size)
        self.device = self._pick(story.devices, size)
        self.country = self._pick(story.countries, size)
        self.campaign = self._campaign_of(self.channel)
        self.intent = (
            self.random.normal(size=size)
            + _intents(story.channels)[self.channel]
            + _intents(story.devices)[self.device]
            + np.r_[[each.intent for each in self.campaigns], 0.0][self.campaign]
        )
        median, sigma = story.basket
        basket = median * np.exp(sigma * self.random.normal(size=size))
        self.basket = np.maximum(basket // story.rounding, 1) * story.rounding
        self.denied = self.random.random(size) < story.denied_share
        self.depth = np.zeros(size, dtype=np.int8)
        self.bought = np.zeros(size, dtype=bool)
        self.done = np.zeros((len(story.extras), size), dtype=bool)

    def _pick(self, crowds: Sequence[Crowd], size: int) -> Ints:
        weights = np.array([crowd.weight for crowd in crowds])
        return self.random.choice(len(crowds), size=size, p=weights / weights.sum())

    def _campaign_of(self, channel: Ints) -> Ints:
        """Share a paid channel's sessions out among its campaigns."""
        campaign = np.full(len(channel), NONE)
        for index, crowd in enumerate(self.story.channels):
            members = [
                position
                for position, each in enumerate(self.campaigns)
                if self.story.paid_channels.get(each.channel_type) == crowd.name
            ]
            here = np.flatnonzero(channel == index)
            if members and len(here):
                weights = np.array([self.campaigns[each].weight for each in members])
                campaign[here] = self.random.choice(
                    members, size=len(here), p=weights / weights.sum()
                )
        return campaign

    def _visit(self, ordinal: int) -> None:
        """Play one session of every active user, then see who comes back."""
        user = self.active
        channel, campaign = self._source(user, ordinal)
        session = np.arange(self.session_count, self.session_count + len(user))
        self.session_count += len(user)
        self._keep_session(user, channel, campaign, ordinal)
        start = self.clock[user]
        self._open(session, start, ordinal)
        end = self._walk(user, session, start, ordinal)
        self._wander(user, session, start, end)
        self._return(user, end)

    def _source(self, user: Ints, ordinal: int) -> tuple[Ints, Ints]:
        if ordinal == 0:
            return self.channel[user], self.campaign[user]
        draw = self.random.random(len(user))
        names = [crowd.name for crowd in self.story.channels]
        channel = np.where(draw < 0.3, self.channel[user], names.index("Direct"))
        channel = np.where(
            (draw >= 0.3) & (draw < 0.5), names.index("Organic Search"), channel
        )
        fresh = self._campaign_of(channel)
        kept = np.where(draw < 0.3, self.campaign[user], fresh)
        return channel, kept

    def _keep_session(
        self, user: Ints, channel: Ints, campaign: Ints, ordinal: int
    ) -> None:
        draw = self.random.random(len(user))
        kind = np.where(draw < 0.93, 1, np.where(draw < 0.97, 2, 3))
        columns = {
            "user": user,
            "time": self.clock[user],
            "channel": channel,
            "campaign": campaign,
            "device": self.device[user],
            "country": self.country[user],
            "is_first": np.full(len(user), ordinal == 0),
            "click_kind": np.where(campaign >= 0, kind, 0),
        }
        for name, column in columns.items():
            self.sessions.setdefault(name, []).append(column)

    def _open(self, session: Ints, start: Ints, ordinal: int) -> None:
        landing = self._params(self.story.pages, len(session))
        self._emit("session_start", session, start, landing)
        if ordinal == 0:
            self._emit("first_visit", session, start, landing)
        self._emit("page_view", session, start + 1000, landing)
        stayed = self.random.random(len(session)) < 0.62
        later = start + (self.random.uniform(8, 90, len(session)) * SECOND).astype(int)
        self._emit("user_engagement", session[stayed], later[stayed], landing[stayed])

    def _walk(self, user: Ints, session: Ints, start: Ints, ordinal: int) -> Ints:
        """Play the steps; returns when each session's last step was."""
        now = start.copy()
        alive = np.ones(len(user), dtype=bool)
        for number, step in enumerate(self.story.steps, start=1):
            been = self.depth[user] >= number
            odds = step.base + step.slope * self.intent[user]
            odds = odds + 0.6 * been + 0.3 * (ordinal > 0)
            draw = self.random.random((2, len(user)))
            skipped = alive & been & (self.depth[user] > number) & (draw[0] < 0.5)
            taken = alive & ~skipped & (draw[1] < _logistic(odds))
            now = now + self._gaps(step, len(user)) * taken
            self._take(step, user[taken], session[taken], now[taken])
            self.depth[user[taken]] = np.maximum(self.depth[user[taken]], number)
            alive = taken | skipped
        self.bought[user[alive]] = True
        return now

    def _gaps(self, step: Step, size: int) -> Ints:
        gaps = self.random.exponential(step.seconds, size) + 2
        return (gaps * SECOND).astype(np.int64)

    def _take(self, step: Step, user: Ints, session: Ints, time: Ints) -> None:
        value = None
        if step.basket is not None:
            value = self._rounded(self.basket[user] * step.basket)
        params = self._params(step.params, len(user))
        if step.opens_page:
            self._emit("page_view", session, time - SECOND, params)
        self._emit(step.event, session, time, params, value)

    def _wander(self, user: Ints, session: Ints, start: Ints, end: Ints) -> None:
        for index, extra in enumerate(self.story.extras):
            odds = extra.base + extra.slope * self.intent[user]
            does = self.random.random(len(user)) < _logistic(odds)
            does &= self.depth[user] >= extra.after
            if extra.once_per_user:
                does &= ~self.done[index][user]
                self.done[index][user[does]] = True
            span = (end - start)[does] + 45 * SECOND
            share = self.random.random(len(span))
            time = start[does] + 5 * SECOND + (share * span).astype(np.int64)
            value = None if extra.value is None else np.full(len(span), extra.value)
            params = self._params(extra.params, len(span))
            self._emit(extra.event, session[does], time, params, value)

    def _return(self, user: Ints, end: Ints) -> None:
        """See who comes back, and when: hours for a full cart, weeks for a buyer."""
        story = self.story
        keen = 0.9 * (self.depth[user] >= 2) - 0.4 * self.bought[user]
        odds = story.return_base + 0.6 * self.intent[user] + keen
        repeat = self.random.random(len(user)) < story.repeat_share
        back = self.random.random(len(user)) < _logistic(odds)
        back = np.where(self.bought[user], repeat, back)
        median = np.where(self.depth[user] >= 2, story.return_hours * 0.6, 70.0)
        median = np.where(self.bought[user], 24 * 21.0, median)
        hours = median * np.exp(1.1 * self.random.normal(size=len(user)))
        hours = np.clip(hours, 0.7, np.where(self.bought[user], 24 * 60, 24 * 14))
        self.clock[user] = end + (hours * 3600 * SECOND).astype(np.int64)
        self.depth[user] = np.where(self.bought[user], 0, self.depth[user])
        self.bought[user] = False
        inside = self.clock[user] < DAY * (len(self.day_starts) - 1)
        self.active = user[back.astype(bool) & inside]

    def _params(self, rows: Sequence[Mapping[str, str]], size: int) -> Ints:
        """Draw parameter rows; earlier rows are likelier."""
        codes = np.array([self.emitted.row(row) for row in rows])
        weights = 1 / np.arange(1, len(codes) + 1)
        return self.random.choice(codes, size=size, p=weights / weights.sum())

    def _emit(
        self,
        event: str,
        session: Ints,
        time: Ints,
        params: Ints,
        value: Floats | None = None,
    ) -> None:
        self.emitted.add(event, session, time, params, value)

    def _rounded(self, value: Floats) -> Floats:
        step = self.story.rounding
        return np.maximum(np.round(value / step), 1) * step


def _intents(crowds: Sequence[Crowd]) -> Floats:
    return np.array([crowd.intent for crowd in crowds])


def _logistic(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-odds))
