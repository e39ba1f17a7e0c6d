"""The public API as users type-check it; mypy reads this file, nobody runs it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, assert_type

from convbridge import Bridge, Portfolio
from convbridge.apply import Report
from convbridge.bridge import SyncResult
from convbridge.bridge.reporting import ReportData
from convbridge.model.adjustments import AdjustmentReport
from convbridge.model.backtest import Backtest
from convbridge.model.classes import Classification, ClassifiedEvent
from convbridge.model.conversions import DeliveryReport
from convbridge.model.counts import EventCounts
from convbridge.model.delivery_status import DeliveryStatus
from convbridge.model.insight import ChannelReport
from convbridge.model.readiness import Readiness
from convbridge.model.values import Valuation
from convbridge.plan import Plan
from convbridge.portfolio import ClientResult, PortfolioResult

if TYPE_CHECKING:
    from convbridge import ConvbridgeError


def the_whole_way(path: str) -> None:
    """Every step returns what its name says."""
    with Bridge.open(path, client="siam-coffee") as bridge:
        counts = assert_type(bridge.fetch_counts(), EventCounts)
        classes = assert_type(bridge.classify(counts), Classification)
        assert_type(classes["purchase"], ClassifiedEvent)
        values = assert_type(bridge.value(classes), Valuation)
        assert_type(values["add_to_cart"].value, Decimal | None)
        assert_type(bridge.explain("add_to_cart"), str)
        plan = assert_type(bridge.plan(values), Plan)
        report = assert_type(bridge.apply(plan), Report)
        assert_type(bridge.rollback(report.run), Plan)
        assert_type(bridge.sync(yes=True), SyncResult)
        assert_type(bridge.deliver("crm.csv"), DeliveryReport)
        assert_type(bridge.adjust("returns.csv"), AdjustmentReport)
        assert_type(bridge.delivery_status(days=7), DeliveryStatus)
        assert_type(bridge.channels(by="campaign"), ChannelReport)
        assert_type(bridge.readiness(), tuple[Readiness, ...])
        assert_type(bridge.backtest(), Backtest)
        assert_type(bridge.report(), ReportData)


def many_clients(path: str) -> None:
    """A portfolio answers with one result per client."""
    results = assert_type(Portfolio.from_config(path).sync(), PortfolioResult)
    assert_type(results.failed, tuple[ClientResult, ...])


def errors(error: ConvbridgeError) -> None:
    """Errors carry what the operator does next."""
    assert_type(error.exit_code, int)
    assert_type(error.hint, str | None)
