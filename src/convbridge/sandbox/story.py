"""What a simulated site is like: its visitors, their ways through it, its ads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A Google Ads campaign: `weight` shares out the clicks, `intent` their worth."""

    id: int
    name: str
    channel_type: str
    daily_budget: float
    cpc: float
    weight: float
    intent: float = 0.0
    click_through: float = 0.05
    bidding_strategy: str = "MAXIMIZE_CONVERSIONS"
    target_roas: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A share of the visitors and how keen they are (a shift in log odds)."""

    name: str
    weight: float
    intent: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    A stage of the way to the primary event.

    A visitor at the stage before takes it with log odds `base + slope * intent`.
    `basket` is the share of the visitor's basket the event carries as value;
    with `opens_page` a `page_view` of its page comes first.
    """

    event: str
    base: float
    slope: float
    seconds: float = 60.0
    params: tuple[Mapping[str, str], ...] = ({},)
    basket: float | None = None
    opens_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """Something done beside the way, by those who came at least `after` steps far."""

    event: str
    base: float
    slope: float
    after: int = 0
    params: tuple[Mapping[str, str], ...] = ({},)
    value: float | None = None
    once_per_user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    The simulator's script for one site.

    The last step is the primary event. `basket` is median and sigma of a
    log-normal order value; `rounding` its smallest step.
    """

    visitors_per_day: float
    weekly: tuple[float, float, float, float, float, float, float]
    channels: tuple[Crowd, ...]
    devices: tuple[Crowd, ...]
    countries: tuple[Crowd, ...]
    steps: tuple[Step, ...]
    extras: tuple[Extra, ...]
    pages: tuple[Mapping[str, str], ...]
    basket: tuple[float, float]
    rounding: float = 1.0
    growth_per_day: float = 0.001
    return_base: float = -1.5
    return_hours: float = 40.0
    repeat_share: float = 0.2
    denied_share: float = 0.06
    refund_share: float = 0.0
    history_days: int = 150
    future_days: int = 21
    paid_channels: Mapping[str, str] = field(default_factory=dict)
    """Channel of each campaign's `channel_type`."""
