"""What comparisons look like on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.cli.render import Column, heading, lines, money, number, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from convbridge.model.backtest import Backtest
    from convbridge.model.insight import ChannelReport


def _amount(found: dict[str, float]) -> str:
    return f"{money(found['value'])} ({money(found['low'])} to {money(found['high'])})"


def _ratio(found: float) -> str:
    return f"{found:.3f}"


_CHANNELS = (
    Column(key="name", title="name"),
    Column(key="cost", title="cost", write=money, is_number=True),
    Column(key="primary", title="primary value", write=_amount, is_number=True),
    Column(key="weighted", title="with micro", write=_amount, is_number=True),
    Column(
        key="weighted_per_cost",
        title="per cost",
        write=_amount,
        is_number=True,
        is_extra=True,
    ),
    Column(key="rank", title="rank"),
)
_READINESS = (
    Column(key="name", title="campaign"),
    Column(key="verdict", title="verdict"),
    Column(key="primaries", title="primaries", write=number, is_number=True),
    Column(key="with_micro", title="with micro", write=number, is_number=True),
    Column(key="needed", title="needed", write=number, is_number=True),
    Column(key="roas", title="target ROAS", is_extra=True),
    Column(key="reason", title="reason", is_long=True),
)
_BACKTEST = (
    Column(key="scheme", title="scheme"),
    Column(key="total_ratio", title="value / revenue", write=_ratio, is_number=True),
    Column(key="error", title="error of shares", write=_ratio, is_number=True),
    Column(key="correlation", title="correlation", write=_ratio, is_number=True),
)


def show_channels(console: Console, client: str, found: ChannelReport) -> None:
    """Print value and cost by channel or campaign."""
    heading(console, f"{client}   by {found.by}   {found.currency}, 90 % intervals")
    print_table(console, _CHANNELS, [_ranked(row) for row in found.rows()])
    lines(console, "!", found.rank_changes)


def show_readiness(console: Console, client: str, rows: list[dict[str, Any]]) -> None:
    """Print the verdict on each campaign."""
    heading(console, f"{client}   readiness to bid on value")
    print_table(console, _READINESS, [_targeted(row) for row in rows])


def show_backtest(console: Console, client: str, found: Backtest) -> None:
    """Print how each way of valuing foretold the campaigns' revenue."""
    heading(
        console,
        f"{client}   fitted on {found.train}, compared with {found.test}: "
        f"{found.campaigns} campaigns, revenue {money(found.revenue)}",
    )
    print_table(console, _BACKTEST, found.rows())
    lines(console, "!", found.warnings)


def _ranked(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "rank": f"{row['rank_primary']} → {row['rank_weighted']}"}


def _targeted(row: dict[str, Any]) -> dict[str, Any]:
    old, new = row["target_roas"], row["new_target_roas"]
    steps = " → ".join(f"{step:.2f}" for step in row["target_steps"])
    return {**row, "roas": f"{old:.2f} → {steps or f'{new:.2f}'}" if old else None}
