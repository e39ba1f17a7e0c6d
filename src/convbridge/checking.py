"""The checks of one client in order; what depends on a failure is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from convbridge.checks import (
    Check,
    CheckReport,
    CheckStatus,
    check_account,
    check_classes,
    check_counts,
    check_goals,
    check_pair,
    check_property,
    failed,
)
from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from convbridge.model.accounts import Account, PropertyInfo
    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.resources import State
    from convbridge.settings import ClientSettings

T = TypeVar("T")


class Checkable(Protocol):
    """What the checks ask of a client; a Bridge does all of it."""

    @property
    def settings(self) -> ClientSettings:
        """The client's part of the configuration."""
        ...

    def fetch_property(self) -> PropertyInfo:
        """Return the GA4 property."""
        ...

    def fetch_account(self) -> Account:
        """Return the Google Ads account."""
        ...

    def fetch_counts(self) -> EventCounts:
        """Return the counts of the configured window."""
        ...

    def classify(self, counts: EventCounts) -> Classification:
        """Return the class of each event."""
        ...

    def fetch_state(self) -> State:
        """Return every resource of GA4 and Google Ads."""
        ...


def check_client(client: Checkable, *, open_ledger: Callable[[], Any]) -> CheckReport:
    """
    Look at everything that values and their way to Google Ads need.

    Args:
        client: The client, usually a Bridge.
        open_ledger: Opens the ledger for writing.
    """
    return _Checking(client).run(open_ledger)


class _Checking:
    def __init__(self, client: Checkable) -> None:
        self.client = client
        self.settings = client.settings
        self.checks: list[Check] = []

    def run(self, open_ledger: Callable[[], Any]) -> CheckReport:
        self._ledger(open_ledger)
        info = self._read("property", self.client.fetch_property)
        if info:
            window = self.settings.values.window_days
            self._add(check_property(info, window_days=window))
        account = self._account() if self.settings.google_ads else None
        if info and account and self.settings.google_ads:
            login = self.settings.google_ads.login_customer_id
            self._add(check_pair(info, account, login=login))
        if info:
            self._data(account)
        return CheckReport(client=self.settings.name, checks=tuple(self.checks))

    def _ledger(self, open_ledger: Callable[[], Any]) -> None:
        if self._read("ledger", open_ledger) is not None:
            self._add([_written("the ledger can be written")])

    def _account(self) -> Account | None:
        account = self._read("account", self.client.fetch_account)
        if account:
            sends = bool(self.settings.delivery.actions)
            self._add(check_account(account, sends_user_data=sends))
        return account

    def _data(self, account: Account | None) -> None:
        counts = self._read("data", self.client.fetch_counts)
        if counts is None:
            return
        self._add(check_counts(counts))
        if counts.is_empty:
            return
        found = self.client.classify(counts)
        readiness = self.settings.value_policy().readiness
        self._add(check_classes(counts, found, policy=readiness))
        state = self._read("goals", self.client.fetch_state) if account else None
        if state:
            mode = self.settings.goals.mode
            self._add(check_goals(state, found, mode=mode))

    def _read(self, name: str, read: Callable[[], T]) -> T | None:
        """Return what was read; an error becomes a failed check."""
        try:
            return read()
        except ConvbridgeError as exc:
            self._add([failed(name, exc)])
            return None

    def _add(self, checks: Iterable[Check]) -> None:
        self.checks.extend(checks)


def _written(found: str) -> Check:
    return Check(name="ledger", status=CheckStatus.OK, found=found)
