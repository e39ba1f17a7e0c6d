"""One client, wired: every step from counts to a bid, and the way back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from convbridge.adapters.clock import SystemClock
from convbridge.bridge import delivery, insight
from convbridge.bridge.applying import apply_to
from convbridge.bridge.connections import Connections
from convbridge.bridge.planning import plan_for, read_state
from convbridge.bridge.publishing import applied_values
from convbridge.bridge.reporting import gather_report
from convbridge.bridge.steps import Steps
from convbridge.bridge.sync import SyncResult
from convbridge.bridge.undo import rollback_plan
from convbridge.checking import check_client
from convbridge.model.dates import DateWindow
from convbridge.settings import load
from convbridge.value import channels, explain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from convbridge.apply import Report
    from convbridge.bridge.reporting import ReportData
    from convbridge.checks import CheckReport
    from convbridge.classify import Finding, Suggestion
    from convbridge.deliver import Source
    from convbridge.model.accounts import Account, PropertyInfo
    from convbridge.model.adjustments import AdjustmentReport
    from convbridge.model.backtest import Backtest
    from convbridge.model.classes import Classification
    from convbridge.model.conversions import DeliveryReport
    from convbridge.model.counts import EventCounts
    from convbridge.model.delivery_status import DeliveryStatus
    from convbridge.model.funnels import Funnels
    from convbridge.model.insight import ChannelReport
    from convbridge.model.journal import Entry
    from convbridge.model.readiness import Readiness
    from convbridge.model.resources import State
    from convbridge.model.values import PublishedValue, Valuation
    from convbridge.plan import Plan
    from convbridge.ports import Clock, Progress
    from convbridge.settings import ClientSettings


class Bridge:
    """
    One client's way from GA4 counts to values in Google Ads.

    Every step returns an object that shows itself, and may be called alone: what
    it needs and is not given is fetched first. Only `apply`, and `sync` with
    `yes=True`, change an account. Money is in the property's currency, days are its
    own; every step that asks Google may raise a `VendorError`.

        with Bridge.open("convbridge.yaml", client="siam-coffee") as bridge:
            plan = bridge.plan()
            bridge.apply(plan)
    """

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self._steps = Steps(connections)

    @classmethod
    def open(
        cls,
        config: str | Path | None = None,
        *,
        client: str | None = None,
        clock: Clock | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """
        Read the configuration and return the bridge of one client.

        Nothing is sent yet. Close the bridge, or use it in a `with` block.

        Args:
            config: The file; CONVBRIDGE_CONFIG or ./convbridge.yaml when left out.
            client: The client's name; may be left out when there is only one.
            clock: Tells the time; the computer's clock when left out.
            progress: Told of long work.

        Raises:
            ConfigError: The file is wrong, or has no such client.
        """
        settings = load(config)
        found = settings.client(client)
        return cls(
            Connections(
                settings, found, clock=clock or SystemClock(), progress=progress
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        ads = self.settings.google_ads
        account = f", account {ads.customer_id.dashed}" if ads else ""
        return (
            f"<Bridge {self.client}: property {self.settings.ga4.property_id}{account}>"
        )

    def close(self) -> None:
        """Close every connection."""
        self.connections.close()

    @property
    def client(self) -> str:
        """The client's name in the configuration."""
        return self.settings.name

    @property
    def settings(self) -> ClientSettings:
        """The client's part of the configuration."""
        return self.connections.client

    def fetch_property(self) -> PropertyInfo:
        """Return the GA4 property's currency, time zone and links."""
        return self.connections.ga4.fetch_property(fresh=True)

    def fetch_account(self) -> Account:
        """Return the Google Ads account and its conversion customer."""
        return self.connections.google_ads.fetch_account(fresh=True)

    def fetch_counts(
        self, window: DateWindow | None = None, *, refresh: bool = False
    ) -> EventCounts:
        """
        Return what happened on the site.

        Args:
            window: Days in the property's zone; the `values.window_days` that end
                yesterday when left out.
            refresh: Read every day again, kept or not.
        """
        return self._steps.fetch_counts(window, refresh=refresh)

    def classify(self, counts: EventCounts | None = None) -> Classification:
        """Return the class of each event, with the rule that gave it."""
        return self._steps.classify(self._steps.counts if counts is None else counts)

    def fetch_funnels(self, classification: Classification | None = None) -> Funnels:
        """Return how many of those who did each micro event did the primary."""
        return self._steps.fetch_funnels(classification or self._steps.classification)

    def value(
        self,
        classification: Classification | None = None,
        *,
        funnels: Funnels | None = None,
    ) -> Valuation:
        """
        Return what each event is worth per conversion, with a 90 % interval.

        Raises:
            DataError: The property's data cannot carry a value.
        """
        classification = classification or self._steps.classification
        return self._steps.value(classification, funnels or self._steps.funnels)

    def check(self) -> CheckReport:
        """Return what is wrong, and the next step for each thing missing."""
        return check_client(self, open_ledger=lambda: self.connections.ledger)

    def explain(self, event: str) -> str:
        """Return in one paragraph how an event's value came about."""
        return explain(self._valued(), event)

    def suggest(self) -> tuple[Suggestion, ...]:
        """Return a class for each event that no rule and no taxonomy knows."""
        return insight.suggestions(self._steps)

    def lint(self) -> tuple[Finding, ...]:
        """Return what about the events is likely a mistake."""
        return insight.findings(self.connections, self._steps)

    def channels(self, *, by: str = "channel") -> ChannelReport:
        """
        Return value and cost with and without micro conversions.

        Args:
            by: `channel` or `campaign`.
        """
        return channels(self._steps.counts, self._valued(), by=by)

    def readiness(self) -> tuple[Readiness, ...]:
        """Return whether each campaign has enough conversions to bid on value."""
        valuation = self._valued()
        return insight.campaign_readiness(self.connections, self._steps, valuation)

    def backtest(self) -> Backtest:
        """Return how values from the first days fit the revenue of the rest."""
        return insight.tested(self.connections, self._steps)

    def report(self) -> ReportData:
        """
        Return all that a person should know of the client, as a `ClientReport`.

        `convbridge.report.render_client` makes an HTML page of it.
        """
        return gather_report(self)

    def fetch_state(self) -> State:
        """Return every resource of GA4 and Google Ads that a plan looks at."""
        return read_state(self.connections)

    def plan(self, valuation: Valuation | None = None) -> Plan:
        """
        Return the changes that the values ask for; nothing is changed.

        Unknown outcomes of an earlier run are resolved first, by reading back.

        Raises:
            DataError: The data carry no value, or the currencies differ.
        """
        return plan_for(self.connections, self._steps, valuation or self._valued())

    def apply(
        self,
        plan: Plan,
        *,
        lifted: AbstractSet[str] = frozenset(),
        undoes: str | None = None,
    ) -> Report:
        """
        Make the changes of a plan, exactly those, if the world is still as it was.

        Args:
            plan: The plan, just made or read from a file.
            lifted: Limits that a person lifted, by name: `max_changes`,
                `max_value_ratio`, `primary_loss`, `unmanaged`, `unlinked`.
            undoes: The run that the plan rolls back.

        Raises:
            UnsafePlanError: The plan goes past a limit; nothing was sent.
            StalePlanError: The account moved since; nothing was sent.
            PlanError: The plan is for another client or account.
        """
        report = apply_to(self.connections, plan, lifted=lifted, undoes=undoes)
        if undoes is None:
            on = self._steps.today()
            self._keep(applied_values(report, self._steps.valuation, on=on))
        return report

    def sync(
        self, *, yes: bool = False, lifted: AbstractSet[str] = frozenset()
    ) -> SyncResult:
        """
        Go the whole way, for schedulers: fetch, classify, value, plan, apply.

        Args:
            yes: Apply the plan; without it the plan is all there is.
            lifted: Limits that a person lifted, by name.
        """
        valuation = self.value(self.classify(self.fetch_counts()))
        plan = self.plan(valuation)
        report = self.apply(plan, lifted=lifted) if yes and not plan.is_empty else None
        if yes and plan.is_empty:
            self._keep(valuation.published)
        return SyncResult.of(self.connections, valuation, plan, report)

    def fetch_conversions(self, *, days: int = 30) -> Source:
        """
        Return conversions that follow a Google Ads click, from GA4's BigQuery export.

        They are read while `deliver` sends them; windows may overlap.

        Args:
            days: Days in the property's zone to look back on, today included.

        Raises:
            ConfigError: The client has no `warehouse` section, or no event to deliver.
        """
        return delivery.export_conversions(self.connections, self._last_days(days))

    def deliver(
        self, source: Any = None, *, dead_letters: Path | None = None
    ) -> DeliveryReport:
        """
        Send conversions with click ids or user data, each exactly once.

        Args:
            source: A CSV, JSON Lines or Parquet file, a dataframe, or what
                `fetch_conversions` returns; None to send only what waits.
            dead_letters: Where to write rows that were refused, as they were.

        Raises:
            DataError: The source cannot be read.
            LedgerError: The outbox cannot be kept; nothing is sent without it.
        """
        return delivery.deliver_rows(
            self.connections, source, dead_letters=dead_letters
        )

    def preview(self, source: Any) -> DeliveryReport:
        """Return what `deliver` would do with a source; nothing is sent or kept."""
        return delivery.preview_rows(self.connections, source)

    def adjust(self, source: Any) -> AdjustmentReport:
        """Restate or retract delivered conversions, from a file or a dataframe."""
        return delivery.adjust_rows(self.connections, source)

    def delivery_status(
        self, *, days: int = 30, wait: timedelta = timedelta()
    ) -> DeliveryStatus:
        """
        Return what was sent, accepted, attributed and rejected, read from Google.

        Args:
            days: Days of Google Ads' metrics to look back on.
            wait: How long to wait for requests that Google still works on.
        """
        return delivery.read_status(self.connections, self._last_days(days), wait=wait)

    def rollback(self, run: str) -> Plan:
        """
        Return the plan back to what was before a run; `apply` it with `undoes`.

        Raises:
            PlanError: The ledger knows no such run of this client.
        """
        return rollback_plan(self.connections, run)

    def history(self) -> tuple[Entry, ...]:
        """Return every change that was intended, oldest first, with its outcome."""
        return self.connections.ledger.read_entries(self.client)

    def _last_days(self, days: int) -> DateWindow:
        today = self._steps.today()
        return DateWindow(start=today - timedelta(days=days), end=today)

    def _valued(self) -> Valuation:
        return self._steps.valuation or self.value()

    def _keep(self, published: Mapping[str, PublishedValue]) -> None:
        """Keep what the publisher needs next time."""
        if published:
            self.connections.ledger.record_published(
                self.client, published, at=self.connections.clock.now()
            )
