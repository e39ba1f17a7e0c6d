"""One client's ways to the outside: opened when first used, closed together."""

from __future__ import annotations

import getpass
import socket
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from convbridge.adapters.auth import credentials
from convbridge.adapters.scopes import Scope
from convbridge.bridge.reads import types_of
from convbridge.errors import ConfigError
from convbridge.model.resources import System

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convbridge.adapters.data_manager.sink import DataManagerSink
    from convbridge.adapters.ga4 import Ga4Source, Ga4Target
    from convbridge.adapters.google_ads import GoogleAdsTarget
    from convbridge.adapters.kept import Kept
    from convbridge.adapters.ledger import SqlLedger
    from convbridge.bridge.export import Export
    from convbridge.deliver.adjust import AdjustmentSink
    from convbridge.model.access import GoogleAccess
    from convbridge.ports import Clock, ConversionSink, Progress, Target
    from convbridge.settings import ClientSettings, Settings


class Connections:
    """
    GA4, Google Ads and the ledger of one client.

    Nothing is shared between two clients: neither credentials nor caches nor
    the ledger's transactions. Vendor libraries are imported on first use.

    Args:
        settings: The whole configuration.
        client: The client's part of it.
        clock: Tells the time.
        progress: Told of long work.
        ledger: Returns a ledger that many clients use, which whoever opened it
            closes; left out, the client opens and closes its own.
    """

    def __init__(
        self,
        settings: Settings,
        client: ClientSettings,
        *,
        clock: Clock,
        progress: Progress | None = None,
        ledger: Callable[[], SqlLedger] | None = None,
    ) -> None:
        self.settings = settings
        self.client = client
        self.clock = clock
        self.progress = progress
        self._open_ledger = ledger
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened, the last first."""
        self._stack.close()

    @cached_property
    def access(self) -> GoogleAccess:
        """Endpoints and credentials; secrets are read here, and not before."""
        return self.settings.access(self.client)

    @cached_property
    def ga4(self) -> Ga4Source:
        """The property as a source of counts and funnels."""
        from convbridge.adapters.ga4 import open_ga4  # noqa: PLC0415 - lazy

        source = open_ga4(
            self.access,
            credentials(self.access, [Scope.GA4_READ]),
            property_id=self.client.ga4.property_id,
            clock=self.clock,
            store_dir=self.store_dir,
            quota_floor=self.client.ga4.quota_floor,
            progress=self.progress,
        )
        self._stack.callback(source.close)
        return source

    @cached_property
    def counts(self) -> Ga4Source | Export:
        """Where counts and funnels come from: GA4's reports, or its export."""
        return self.ga4 if self.client.warehouse is None else self.export

    @cached_property
    def export(self) -> Export:
        """
        GA4's BigQuery export.

        Raises:
            ConfigError: The client has no `warehouse` section.
        """
        from convbridge.bridge.export import open_export  # noqa: PLC0415 - lazy

        said = self.client.warehouse
        if said is None:
            raise ConfigError(
                f"client {self.client.name!r} has no warehouse section",
                hint="add warehouse: {path: ...}, the directory of the export's files",
            )
        base = self.settings.base
        return open_export(said, base=base, ga4=self.ga4, clock=self.clock)

    @cached_property
    def ga4_target(self) -> Ga4Target:
        """The property as something whose key events can be changed."""
        from convbridge.adapters.ga4 import open_ga4_target  # noqa: PLC0415 - lazy

        target = open_ga4_target(
            self.access,
            credentials(self.access, [Scope.GA4_EDIT]),
            property_id=self.client.ga4.property_id,
            clock=self.clock,
            types=types_of(
                self.client.rule_set(),
                self.ledger.read_types(self.client.name),
                has_audiences=bool(self.client.audiences),
            ),
            source=self.ga4,
        )
        self._stack.callback(target.close)
        return target

    @cached_property
    def google_ads(self) -> GoogleAdsTarget:
        """
        The Google Ads account.

        Raises:
            ConfigError: The client has no `google_ads` section.
        """
        from convbridge.adapters.google_ads import (  # noqa: PLC0415 - lazy
            open_google_ads,
        )

        said = self.client.google_ads
        if said is None:
            raise ConfigError(
                f"client {self.client.name!r} has no google_ads section",
                hint="add google_ads: {customer_id: ...} to plan and apply",
            )
        target = open_google_ads(
            self.access,
            credentials(self.access, [Scope.GOOGLE_ADS]),
            customer_id=said.customer_id,
            login_customer_id=said.login_customer_id,
            version=self.access.google_ads_version,
            goal_mode=self.client.goals.mode,
            kept=self._facts,
        )
        return self._stack.enter_context(target)

    @cached_property
    def data_manager(self) -> DataManagerSink:
        """
        The Data Manager API.

        Raises:
            ConfigError: The `datamanager` extra is not installed.
        """
        from convbridge.adapters.data_manager import (  # noqa: PLC0415 - an extra
            open_data_manager,
        )

        said = self.client.google_ads
        sink = open_data_manager(
            self.access,
            credentials(self.access, [Scope.DATA_MANAGER]),
            operating_customer=self.google_ads.fetch_account().conversion_customer,
            login_customer=said.login_customer_id if said else None,
            property_id=self.client.ga4.property_id,
        )
        self._stack.callback(sink.close)
        return sink

    @cached_property
    def sink(self) -> ConversionSink:
        """Where conversions are delivered: the Data Manager API or Google Ads."""
        if self.client.delivery.sink == "google_ads":
            return self.google_ads.uploads()
        return self.data_manager

    def adjustments(self) -> AdjustmentSink:
        """Return where delivered conversions are restated and retracted."""
        if self.client.delivery.sink == "google_ads":
            return self.google_ads.adjustments()
        from convbridge.adapters.data_manager.adjustments import (  # noqa: PLC0415 - an extra
            DataManagerAdjustments,
        )

        return DataManagerAdjustments(self.data_manager)

    @cached_property
    def ledger(self) -> SqlLedger:
        """The record of what was intended and what became of it."""
        if self._open_ledger is not None:
            return self._open_ledger()
        from convbridge.adapters.ledger import open_ledger  # noqa: PLC0415 - lazy

        return self._stack.enter_context(open_ledger(self.settings.ledger))

    @property
    def actor(self) -> str:
        """Who runs this, for the ledger: the user and the machine's name."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container without a user database
            user = "unknown"
        return f"{user}@{socket.gethostname()}"

    def targets(self) -> dict[System, Target]:
        """Return the systems whose resources can be read and changed."""
        return {System.GA4: self.ga4_target, System.GOOGLE_ADS: self.google_ads}

    @property
    def store_dir(self) -> Path | None:
        """Where final days of reports are kept, beside the configuration file."""
        return self.settings.base / ".convbridge"

    def renew(self) -> bool:
        """
        Read kept settings anew; tell whether one was not as kept.

        What is kept may decide that there is nothing to do, never a change.
        """
        ga4, ads = self.ga4, self.google_ads
        before = ga4.fetch_property(), ads.fetch_account()
        now = ga4.fetch_property(fresh=True), ads.fetch_account(fresh=True)
        return before != now

    @property
    def _facts(self) -> Kept | None:
        if self.store_dir is None:
            return None
        from convbridge.adapters.kept import Kept  # noqa: PLC0415 - lazy

        return Kept(self.store_dir / str(self.client.ga4.property_id), self.clock)

    def operations(self) -> int:
        """Return the Google Ads API operations spent so far."""
        opened: Any = self.__dict__.get("google_ads")
        return opened.operations if opened else 0

    def tokens(self) -> int:
        """Return the GA4 quota tokens spent so far."""
        opened: Any = self.__dict__.get("ga4")
        return opened.tokens_used if opened else 0
