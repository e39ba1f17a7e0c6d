"""One client, wired: every step from counts to a bid, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from convbridge.bridge.connections import Connections
from convbridge.bridge.publishing import applied_values
from convbridge.bridge.steps import Steps
from convbridge.bridge.sync import SyncResult
from convbridge.bridge.wishes import wishes_for
from convbridge.errors import PlanError
from convbridge.model.resources import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from convbridge.apply import Report
    from convbridge.classify import Finding, Suggestion
    from convbridge.model.accounts import Account, PropertyInfo
    from convbridge.model.backtest import Backtest
    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.dates import DateWindow
    from convbridge.model.funnels import Funnels
    from convbridge.model.insight import ChannelReport
    from convbridge.model.journal import Entry
    from convbridge.model.readiness import Readiness
    from convbridge.model.values import PublishedValue, Valuation
    from convbridge.plan import Plan
    from convbridge.ports import Clock, Progress
    from convbridge.settings import ClientSettings


class Bridge:
    """
    One client's way from GA4 counts to values in Google Ads.

    Every step returns an object that shows itself, and may be called alone: what
    it needs and is not given is fetched first. Only `apply`, and `sync` with
    `yes=True`, change an account.

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
        from convbridge.adapters.clock import SystemClock  # noqa: PLC0415 - lazy
        from convbridge.settings import load  # noqa: PLC0415 - pydantic is heavy

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

    # Reading and computing: nothing below changes an account.

    def fetch_property(self) -> PropertyInfo:
        """Return the GA4 property's currency, time zone and links."""
        return self.connections.ga4.fetch_property()

    def fetch_account(self) -> Account:
        """Return the Google Ads account and its conversion customer."""
        return self.connections.google_ads.fetch_account()

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
        return self._steps.classify(counts or self._steps.counts)

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

    def explain(self, event: str) -> str:
        """Return in one paragraph how an event's value came about."""
        from convbridge.value import explain  # noqa: PLC0415 - scipy is heavy

        return explain(self._valued(), event)

    def suggest(self) -> tuple[Suggestion, ...]:
        """Return a class for each event that no rule and no taxonomy knows."""
        from convbridge.bridge.insight import suggestions  # noqa: PLC0415 - lazy

        return suggestions(self._steps)

    def lint(self) -> tuple[Finding, ...]:
        """Return what about the events is likely a mistake."""
        from convbridge.bridge.insight import findings  # noqa: PLC0415 - lazy

        return findings(self.connections, self._steps)

    def channels(self, *, by: str = "channel") -> ChannelReport:
        """
        Return value and cost with and without micro conversions.

        Args:
            by: `channel` or `campaign`.
        """
        from convbridge.value import channels  # noqa: PLC0415 - scipy is heavy

        return channels(self._steps.counts, self._valued(), by=by)

    def readiness(self) -> tuple[Readiness, ...]:
        """Return whether each campaign has enough conversions to bid on value."""
        from convbridge.bridge.insight import campaign_readiness  # noqa: PLC0415 - lazy

        valuation = self._valued()
        return campaign_readiness(self.connections, self._steps, valuation)

    def backtest(self) -> Backtest:
        """Return how values from the first days fit the revenue of the rest."""
        from convbridge.bridge.insight import tested  # noqa: PLC0415 - lazy

        return tested(self.connections, self._steps)

    def fetch_state(self) -> State:
        """Return every resource of GA4 and Google Ads that a plan looks at."""
        state = State()
        for target in self.connections.targets().values():
            state |= target.fetch_state()
        return state

    def plan(self, valuation: Valuation | None = None) -> Plan:
        """
        Return the changes that the values ask for; nothing is changed.

        Unknown outcomes of an earlier run are resolved first, by reading back.

        Raises:
            DataError: Values are absurd, or the currencies differ.
        """
        from convbridge.apply import resolve_unknown  # noqa: PLC0415 - lazy
        from convbridge.plan import make_plan  # noqa: PLC0415 - lazy

        valuation = valuation or self._valued()
        ledger = self.connections.ledger
        actual = self.fetch_state()
        resolve_unknown(ledger, self.client, actual, clock=self.connections.clock)
        wishes = wishes_for(
            self.connections,
            valuation,
            self._steps.classification,
            actual,
            today=self._steps.today(),
        )
        return make_plan(
            wishes,
            actual=actual,
            client=self.client,
            account=self.fetch_account(),
            made_at=self.connections.clock.now(),
            window=valuation.window,
        )

    # Changing: only what follows writes to an account.

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
        from convbridge.apply import apply_plan  # noqa: PLC0415 - lazy

        self._check_is_ours(plan)
        report = apply_plan(
            plan,
            targets=self.connections.targets(),
            ledger=self.connections.ledger,
            clock=self.connections.clock,
            limits=self.settings.limits(),
            lifted=lifted,
            actor=self.connections.actor,
            undoes=undoes,
            progress=self.connections.progress,
        )
        if undoes is None:
            self._remember_published(report)
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
        report = None
        if yes and not plan.is_empty:
            report = self.apply(plan, lifted=lifted)
        elif yes:
            self._keep(valuation.published)
        return SyncResult(
            client=self.client,
            valuation=valuation,
            plan=plan,
            report=report,
            operations=self.connections.operations(),
            tokens=self.connections.tokens(),
        )

    def rollback(self, run: str) -> Plan:
        """
        Return the plan back to what was before a run; `apply` it with `undoes`.

        Raises:
            PlanError: The ledger knows no such run of this client.
        """
        from convbridge.bridge.undo import rollback_plan  # noqa: PLC0415 - lazy

        return rollback_plan(self.connections, run, self.fetch_state())

    def history(self) -> tuple[Entry, ...]:
        """Return every change that was intended, oldest first, with its outcome."""
        return self.connections.ledger.read_entries(self.client)

    # Private: what the steps share.

    def _valued(self) -> Valuation:
        return self._steps.valuation or self.value()

    def _keep(self, published: Mapping[str, PublishedValue]) -> None:
        """Keep what the publisher needs next time."""
        if published:
            self.connections.ledger.record_published(
                self.client, published, at=self.connections.clock.now()
            )

    def _remember_published(self, report: Report) -> None:
        valuation = self._steps.valuation
        self._keep(applied_values(report, valuation, on=self._steps.today()))

    def _check_is_ours(self, plan: Plan) -> None:
        account = self.fetch_account().customer_id
        if (plan.client, plan.account) != (self.client, account):
            raise PlanError(
                f"the plan is for {plan.client!r}, account {plan.account.dashed}; "
                f"this is {self.client!r}, account {account.dashed}",
                hint="apply it with --client, or make a plan for this client",
            )
