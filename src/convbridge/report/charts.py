"""Charts of what the steps return; Altair charts that users can change."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.model.counts import EventCounts
    from convbridge.model.insight import ChannelReport
    from convbridge.model.values import Valuation
    from convbridge.plan import Plan
    from convbridge.report.client_report import FunnelStep

_BAND = 26
"""Pixels per row of a chart."""
_MOST_LINES = 8
"""Events whose days are drawn; more would be a thicket."""
_VALUE_FIELDS = ("value_settings.default_value", "default_value.numeric_value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of a chart, as CSS writes them."""

    primary: str = "#0f766e"
    micro: str = "#2f5fa7"
    quiet: str = "#8a8f98"
    faint: str = "#d9dde3"


PALETTE = Palette()


def counts_chart(counts: EventCounts) -> Any:
    """Draw the days of the most frequent events, one line each."""
    alt = _altair()
    events = list(counts.counts())[:_MOST_LINES]
    rows = [
        {"date": day.isoformat(), "event": event, "count": count}
        for event in events
        for day, count in zip(counts.window, counts.daily(event), strict=True)
    ]
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_area(line={"strokeWidth": 1.5}, opacity=0.25, color=PALETTE.micro)
        .encode(
            x=alt.X("date:T", title=None),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickCount=2)),
            row=alt.Row(
                "event:N",
                sort=events,
                title=None,
                header=alt.Header(labelAngle=0, labelAlign="left"),
            ),
            tooltip=["date:T", "event:N", "count:Q"],
        )
        .properties(width=520, height=48, title=str(counts.window))
        .resolve_scale(y="independent")
    )


def valuation_chart(
    valuation: Valuation,
    *,
    say: Callable[[str], str] = str,
    palette: Palette = PALETTE,
) -> Any:
    """
    Draw each event's value with its 90 % interval, and what was published before.

    The axis is logarithmic from 1 on, and linear below it: 0 has a place.

    Args:
        valuation: Values of one client.
        say: Translates titles and legends.
        palette: Colours.
    """
    alt = _altair()
    before = {d.event: d.before for d in valuation.journal}
    valued = sorted(
        (e for e in valuation if e.value is not None), key=lambda e: -(e.value or 0)
    )
    rows: list[dict[str, Any]] = [
        {
            "event": e.event,
            "class": say(str(e.event_class)),
            "value": float(e.value or 0),
            "low": float(e.low if e.low is not None else e.value or 0),
            "high": float(e.high if e.high is not None else e.value or 0),
            "before": float(b) if (b := before.get(e.event)) is not None else None,
        }
        for e in valued
    ]
    highest = max((row["high"] for row in rows), default=1.0)
    names = [row["event"] for row in rows]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("event:N", sort=names, title=None)
    )
    scale = alt.Scale(type="symlog", constant=1, domain=[0, highest], nice=False)
    axis = alt.Axis(values=_powers(highest), format=",~f", tickSize=0)
    title = say("value per conversion, {currency}").format(currency=valuation.currency)
    colour = alt.Color(
        "class:N",
        title=None,
        scale=alt.Scale(
            domain=[say("primary"), say("micro")],
            range=[palette.primary, palette.micro],
        ),
        legend=alt.Legend(orient="top", symbolOpacity=1),
    )
    numbers = [
        alt.Tooltip("event:N", title=say("event")),
        alt.Tooltip("value:Q", title=say("value"), format=",.2f"),
        alt.Tooltip("low:Q", title=say("low"), format=",.2f"),
        alt.Tooltip("high:Q", title=say("high"), format=",.2f"),
        alt.Tooltip("before:Q", title=say("last published"), format=",.2f"),
    ]
    interval = base.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round").encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=axis),
        x2="high:Q",
        color=colour,
        tooltip=numbers,
    )
    published = base.mark_tick(thickness=2, size=16, color=palette.quiet).encode(
        x=alt.X("before:Q", scale=scale), tooltip=numbers
    )
    value = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("value:Q", scale=scale), color=colour, tooltip=numbers
    )
    drawn = alt.layer(interval, published, value)
    return drawn.properties(width=520, height=alt.Step(_BAND))


def plan_chart(plan: Plan) -> Any:
    """Draw the values that would move, from what they are to what they would be."""
    alt = _altair()
    rows: list[dict[str, Any]] = [
        {"name": change.name, "before": _float(f.before), "after": _float(f.after)}
        for change in plan.changes
        for f in change.fields
        if f.name in _VALUE_FIELDS
    ]
    rows.sort(key=lambda row: -row["after"])
    names = [row["name"] for row in rows]
    highest = max((max(r["before"], r["after"]) for r in rows), default=1.0)
    scale = alt.Scale(type="symlog", constant=1, domain=[0, highest], nice=False)
    axis = alt.Axis(values=_powers(highest), format=",~f", tickSize=0)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("name:N", sort=names, title=None),
        tooltip=["name:N", "before:Q", "after:Q"],
    )
    way = base.mark_rule(color=PALETTE.faint, strokeWidth=3).encode(
        x=alt.X("before:Q", title="from → to", scale=scale, axis=axis), x2="after:Q"
    )
    old = base.mark_point(filled=True, size=50, color=PALETTE.quiet, opacity=1)
    new = base.mark_point(filled=True, size=90, color=PALETTE.micro, opacity=1)
    drawn = alt.layer(way, old.encode(x="before:Q"), new.encode(x="after:Q"))
    return drawn.properties(width=520, height=alt.Step(_BAND), title=repr(plan)[1:-1])


def channels_chart(
    report: ChannelReport,
    *,
    say: Callable[[str], str] = str,
    palette: Palette = PALETTE,
) -> Any:
    """
    Draw value per cost with micro conversions and without, with 90 % intervals.

    Where no cost is known, the value itself is drawn.
    """
    alt = _altair()
    per_cost = any(c.weighted_per_cost for c in report)
    both = (say("primaries alone"), say("with micro conversions"))
    rows = [
        {"name": c.name, "series": series, **amount.to_dict()}
        for c in report
        for series, amount in zip(both, _pair(c, per_cost=per_cost), strict=True)
        if amount
    ]
    title = say("value per cost") if per_cost else say("value")
    if not per_cost:
        title = f"{title}, {report.currency}"
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("name:N", sort=[c.name for c in report], title=None),
        yOffset=alt.YOffset("series:N", sort=list(both)),
        color=alt.Color(
            "series:N",
            title=None,
            scale=alt.Scale(domain=both, range=[palette.quiet, palette.micro]),
            legend=alt.Legend(orient="top", symbolOpacity=1),
        ),
        tooltip=[
            alt.Tooltip("name:N", title=say("name")),
            alt.Tooltip("series:N", title=say("counted")),
            alt.Tooltip("value:Q", title=say("value"), format=",.2f"),
            alt.Tooltip("low:Q", title=say("low"), format=",.2f"),
            alt.Tooltip("high:Q", title=say("high"), format=",.2f"),
        ],
    )
    axis = alt.Axis(tickCount=5, format=",~f", tickSize=0)
    interval = base.mark_rule(strokeWidth=4, opacity=0.35, strokeCap="round").encode(
        x=alt.X("low:Q", title=title, axis=axis), x2="high:Q"
    )
    value = base.mark_point(filled=True, size=60, opacity=1).encode(x="value:Q")
    drawn = alt.layer(interval, value)
    return drawn.properties(width=520, height=alt.Step(18, **{"for": "offset"}))


def funnel_chart(
    steps: Sequence[FunnelStep],
    *,
    say: Callable[[str], str] = str,
    palette: Palette = PALETTE,
    labels: Mapping[str, str] | None = None,
) -> Any:
    """Draw how many users did each step on the way to the primary."""
    alt = _altair()
    rows = [
        {
            "event": step.event,
            "users": step.users,
            "class": say("primary") if step.is_primary else say("micro"),
            "label": (labels or {}).get(step.event, f"{step.users:,}"),
        }
        for step in steps
    ]
    most = max((step.users for step in steps), default=1)
    # Numbers stand behind the bars: on a phone they need as much room again.
    room = alt.ExprRef(f"width < 320 ? {most * 2.2} : {most * 1.25}")
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("event:N", sort=[row["event"] for row in rows], title=None),
        x=alt.X("users:Q", title=None, axis=None, scale=alt.Scale(domainMax=room)),
        tooltip=[
            alt.Tooltip("event:N", title=say("event")),
            alt.Tooltip("users:Q", title=say("users"), format=","),
        ],
    )
    bars = base.mark_bar(height=14, cornerRadiusEnd=3).encode(
        color=alt.Color(
            "class:N",
            legend=None,
            scale=alt.Scale(
                domain=[say("primary"), say("micro")],
                range=[palette.primary, palette.micro],
            ),
        )
    )
    text = base.mark_text(align="left", dx=6).encode(text="label:N")
    drawn = alt.layer(bars, text)
    return drawn.properties(width=520, height=alt.Step(_BAND))


def _pair(channel: Any, *, per_cost: bool) -> tuple[Any, Any]:
    if per_cost:
        return channel.primary_per_cost, channel.weighted_per_cost
    return channel.primary, channel.weighted


def _float(value: Any) -> float:
    return float(value) if value is not None else 0.0


def _powers(highest: float) -> list[float]:
    """Return 0 and the powers of ten up to the highest value."""
    found = [0.0, 1.0]
    while found[-1] * 10 <= highest:
        found.append(found[-1] * 10)
    return found


def _altair() -> Any:
    try:
        return import_module("altair")
    except ImportError as exc:
        raise ConvbridgeError(
            "altair is not installed", hint='pip install "convbridge[report]"'
        ) from exc
