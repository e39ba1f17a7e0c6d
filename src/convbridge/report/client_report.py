"""Everything a report on one client says, gathered once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from convbridge.model.delivery_status import DeliveryStatus
    from convbridge.model.ids import CustomerId
    from convbridge.model.insight import ChannelReport
    from convbridge.model.journal import Entry, Run
    from convbridge.model.quality import QualityFlag
    from convbridge.model.readiness import Readiness
    from convbridge.model.values import Valuation
    from convbridge.plan import Plan


class Level(StrEnum):
    """How soon a person should look."""

    NOW = "now"
    """Something is wrong, or stands still until a person decides."""
    SOON = "soon"
    """A decision that waits without harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that needs a person next."""

    level: Level
    text: str
    """A message of the catalogue, with `{names}` for what `values` holds; or a
    sentence of the core, which the phrase book translates."""
    values: Mapping[str, Any] = field(default_factory=dict)
    plural: str = ""
    """`text` for several, where `count` chooses the form."""
    count: int | None = None
    detail: str = ""
    """The reason or the next step, in the core's words."""
    command: str = ""
    """The command that does it."""

    def to_dict(self) -> dict[str, Any]:
        """Return the need as JSON-ready data, in English."""
        text = self.plural if self.plural and self.count != 1 else self.text
        if self.values or self.plural:  # a sentence of the core has its own braces
            text = text.format_map({**self.values, "n": self.count})
        return {
            "level": str(self.level),
            "text": text,
            "detail": self.detail,
            "command": self.command,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One step on the path to the primary, with what it is worth."""

    event: str
    stage: int | None
    """Position on the path, 1 first; None for everybody and for the primary."""
    users: int
    share: float
    """Of all users of the window, 0 to 1."""
    rate: float | None
    """P(primary within the horizon | event)."""
    value: Decimal | None
    is_primary: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the step as JSON-ready data."""
        return {
            "event": self.event,
            "stage": self.stage,
            "users": self.users,
            "share": self.share,
            "rate": self.rate,
            "value": None if self.value is None else float(self.value),
            "is_primary": self.is_primary,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last time the accounts were changed."""

    run: Run
    entries: tuple[Entry, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the run and its changes as JSON-ready data."""
        rows = [row for entry in self.entries for row in entry.rows()]
        return {**self.run.to_dict(), "changes": rows}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ClientReport:
    """
    One client's report as data; `render_client` makes the page of it.

    Money is in the property's currency, days are in its time zone. Nothing here
    is fetched again: two pages in two languages show the same numbers.
    """

    client: str
    made_at: datetime
    """In the property's time zone."""
    time_zone: str
    account: CustomerId | None
    """None where the client has no Google Ads account in the configuration."""
    users: int | None
    cost: float
    valuation: Valuation
    funnel: tuple[FunnelStep, ...]
    channels: ChannelReport
    campaigns: ChannelReport
    readiness: tuple[Readiness, ...]
    flags: tuple[QualityFlag, ...]
    plan: Plan | None
    last_run: LastRun | None
    deliveries: DeliveryStatus | None
    """None where nothing was ever delivered."""
    needs: tuple[Need, ...]

    @property
    def state(self) -> str:
        """`needs_attention`, `changed` (there is a plan) or `unchanged`."""
        if any(need.level is Level.NOW for need in self.needs):
            return "needs_attention"
        return "changed" if self.plan and not self.plan.is_empty else "unchanged"

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per event."""
        return self.valuation.rows()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "client": self.client,
            "made_at": self.made_at.isoformat(),
            "time_zone": self.time_zone,
            "account": self.account,
            "state": self.state,
            "users": self.users,
            "cost": self.cost,
            "valuation": self.valuation.to_dict(),
            "funnel": [step.to_dict() for step in self.funnel],
            "channels": self.channels.to_dict(),
            "campaigns": self.campaigns.to_dict(),
            "readiness": [found.to_dict() for found in self.readiness],
            "flags": [flag.to_dict() for flag in self.flags],
            "plan": self.plan.to_dict() if self.plan else None,
            "last_run": self.last_run.to_dict() if self.last_run else None,
            "deliveries": self.deliveries.to_dict() if self.deliveries else None,
            "needs": [need.to_dict() for need in self.needs],
        }

    def __repr__(self) -> str:
        window = self.valuation.window
        return f"<ClientReport {self.client}, {window}: {self.state}>"

    def _repr_html_(self) -> str:
        # A page inside a notebook: its styles and scripts stay in a frame.
        from html import escape  # noqa: PLC0415 - only for notebooks

        from convbridge.report.page import render_client  # noqa: PLC0415 - cycle

        page = escape(render_client(self), quote=True)
        frame = "width:100%;height:48rem;border:0"
        return f'<iframe srcdoc="{page}" style="{frame}" title="report"></iframe>'
