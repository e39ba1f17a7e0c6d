"""One client's Google Ads account: read its state, check and make changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from convbridge.adapters.calls import DEFAULT_POLICY, GuardedCall
from convbridge.adapters.google_ads import queries
from convbridge.adapters.google_ads.adjustments import GoogleAdsAdjustments
from convbridge.adapters.google_ads.configured import fetch_campaigns, fetch_configured
from convbridge.adapters.google_ads.connection import VERSIONS, Connection
from convbridge.adapters.google_ads.kept import keep_account, kept_account
from convbridge.adapters.google_ads.metrics import (
    to_campaign_metrics,
    to_clients,
    to_summaries,
)
from convbridge.adapters.google_ads.reading import (
    named_by_campaign,
    to_account,
    to_resources,
)
from convbridge.adapters.google_ads.search import Searcher
from convbridge.adapters.google_ads.services import count_operations
from convbridge.adapters.google_ads.uploads import GoogleAdsSink
from convbridge.adapters.google_ads.writing import mutate
from convbridge.errors import AuthError, ConfigError, DataError
from convbridge.model.policy import GoalMode
from convbridge.model.resources import ResourceType, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from convbridge.adapters.calls import Call, RetryPolicy
    from convbridge.adapters.kept import Kept
    from convbridge.model.access import GoogleAccess
    from convbridge.model.accounts import Account
    from convbridge.model.ads_metrics import (
        CampaignMetrics,
        ClientAccount,
        UploadSummary,
    )
    from convbridge.model.changes import Change, Outcome
    from convbridge.model.dates import DateWindow
    from convbridge.model.ids import CustomerId
    from convbridge.model.resources import Resource

# One search each, besides the account's and that of campaigns with their configs:
# four for a client that is new, three for one whose account is kept.
_BY_MODE: dict[GoalMode | None, tuple[ResourceType, ...]] = {
    GoalMode.CUSTOM: (
        ResourceType.CONVERSION_ACTION,
        ResourceType.CUSTOM_CONVERSION_GOAL,
    ),
    # Campaign goals need the account's beside them, and no custom goal.
    GoalMode.CAMPAIGN: (
        ResourceType.CONVERSION_ACTION,
        ResourceType.CUSTOMER_CONVERSION_GOAL,
        ResourceType.CAMPAIGN_CONVERSION_GOAL,
    ),
    GoalMode.ACCOUNT: (
        ResourceType.CONVERSION_ACTION,
        ResourceType.CUSTOMER_CONVERSION_GOAL,
    ),
    GoalMode.NONE: (
        ResourceType.CONVERSION_ACTION,
        ResourceType.CUSTOMER_CONVERSION_GOAL,
    ),
    None: (
        ResourceType.CONVERSION_ACTION,
        ResourceType.CUSTOMER_CONVERSION_GOAL,
        ResourceType.CAMPAIGN_CONVERSION_GOAL,
        ResourceType.CUSTOM_CONVERSION_GOAL,
        ResourceType.CONVERSION_VALUE_RULE,
    ),
}
_OF_CONVERSION_CUSTOMER = frozenset(
    {ResourceType.CONVERSION_ACTION, ResourceType.CUSTOM_CONVERSION_GOAL}
)


class GoogleAdsTarget:
    """
    Google Ads for one client, over any `Call`.

    Args:
        call: The seam; production gives a `Connection`, tests a recording.
        new: Makes an empty message of the API version by its short name.
        goal_mode: Reads only what a plan of this mode looks at, in few searches;
            None reads everything.
    """

    def __init__(
        self,
        call: Call,
        new: Callable[[str], Any],
        *,
        customer_id: CustomerId,
        goal_mode: GoalMode | None = None,
        policy: RetryPolicy = DEFAULT_POLICY,
        sleep: Callable[[float], None] = time.sleep,
        close: Callable[[], None] | None = None,
        kept: Kept | None = None,
    ) -> None:
        self._call = call
        self._policy = policy
        self._send = GuardedCall(call, vendor="google_ads", policy=policy, sleep=sleep)
        self._new = new
        self._searcher = Searcher(self._send, new)
        self._customer_id = customer_id
        self._goal_mode = goal_mode
        self._close = close
        self._account: Account | None = None
        self._kept = kept
        self._is_kept = False
        self.operations = 0
        """API operations spent so far, as Google counts them."""

    def __repr__(self) -> str:
        return f"GoogleAdsTarget({self._customer_id.dashed})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._close is not None:
            self._close()

    def fetch_account(self, *, fresh: bool = False) -> Account:
        """
        Return the client's account and its conversion customer; asked once.

        Kept for a week, unless it is asked for `fresh`.

        Raises:
            AuthError: The login cannot see the customer, or not through the login
                customer given.
        """
        if self._account is None and self._kept and not fresh:
            self._account = kept_account(self._kept, self._customer_id)
            self._is_kept = self._account is not None
        if self._account is None or (fresh and self._is_kept):
            query = queries.account(self._new("GoogleAdsRow"))
            rows = self._search(query)
            if not rows:
                raise DataError(
                    f"Google Ads says nothing of {self._customer_id.dashed}"
                )
            self._account, self._is_kept = to_account(rows[0]), False
            if self._kept:
                keep_account(self._kept, self._account)
        return self._account

    def fetch_state(self, types: Iterable[ResourceType] | None = None) -> State:
        """
        Return conversion actions, goals, campaigns and what belongs to them.

        Conversion actions and custom goals are read where they live, which may be
        a manager account.

        Raises:
            ConfigError: The customer is a manager account, which has no campaigns.
        """
        account = self.fetch_account()
        if account.is_manager:
            raise ConfigError(
                f"{account.customer_id.dashed} ({account.name}) is a manager account",
                hint="set google_ads.customer_id to a client account under it, and "
                "login_customer_id to the manager",
            )
        wanted = _BY_MODE[self._goal_mode] if types is None else tuple(types)
        found = [r for kind in wanted for r in self._fetch(kind, account)]
        if types is None:
            found += fetch_configured(
                self._search, customer_id=self._customer_id, kept=self._kept
            )
        return State(resources=named_by_campaign(found))

    def read_every_mode(self) -> None:
        """Read the goals of every mode from now on, for the way back from another."""
        self._goal_mode = None

    def fetch_value_rules(self) -> tuple[Resource, ...]:
        """Return the conversion value rules, which change values after us."""
        return self._fetch(ResourceType.CONVERSION_VALUE_RULE, self.fetch_account())

    def fetch_removed_actions(self) -> tuple[Resource, ...]:
        """Return the conversion actions that somebody removed, which is for good."""
        owner = self.fetch_account().conversion_customer
        rows = self._search(queries.removed_actions(), customer_id=owner)
        return tuple(to_resources(ResourceType.CONVERSION_ACTION, rows))

    def fetch_campaign_metrics(self, window: DateWindow) -> CampaignMetrics:
        """Return conversions by campaign, action and day, and costs by day."""
        return to_campaign_metrics(
            self._search(queries.conversions(window)),
            self._search(queries.costs(window)),
        )

    def fetch_upload_summaries(self) -> tuple[UploadSummary, ...]:
        """Return what Google says became of uploads, by conversion action."""
        owner = self.fetch_account().conversion_customer
        return to_summaries(self._search(queries.uploads(), customer_id=owner))

    def fetch_hierarchy(self) -> tuple[ClientAccount, ...]:
        """Return the account and every account under it, nearest first."""
        return to_clients(self._search(queries.hierarchy()))

    def uploads(self) -> GoogleAdsSink:
        """Return the sink that uploads click conversions over this connection."""
        owner = self.fetch_account().conversion_customer
        return GoogleAdsSink(
            self._call, self._new, customer_id=owner, policy=self._policy
        )

    def adjustments(self) -> GoogleAdsAdjustments:
        """Return the sink that restates and retracts what was uploaded."""
        owner = self.fetch_account().conversion_customer
        return GoogleAdsAdjustments(
            self._call, self._new, customer_id=owner, policy=self._policy
        )

    def validate(
        self, changes: Sequence[Change], *, names: Mapping[str, str]
    ) -> tuple[Outcome, ...]:
        """Ask Google to check the changes; see `convbridge.ports.Target`."""
        return self._mutate(changes, names, validate_only=True)

    def apply(
        self, changes: Sequence[Change], *, names: Mapping[str, str]
    ) -> tuple[Outcome, ...]:
        """Make the changes; see `convbridge.ports.Target`."""
        return self._mutate(changes, names, validate_only=False)

    def _mutate(
        self,
        changes: Sequence[Change],
        names: Mapping[str, str],
        *,
        validate_only: bool,
    ) -> tuple[Outcome, ...]:
        return mutate(
            self._send_counted,
            self._new,
            changes,
            names=names,
            validate_only=validate_only,
            fetch=self._fetch_of,
        )

    def _send_counted(
        self, method: str, request: Any, /, *, idempotent: bool
    ) -> tuple[Any, str | None]:
        self.operations += count_operations(request)
        response = self._send(method, request, idempotent=idempotent)
        return response, self._send.request_id

    def _fetch(self, kind: ResourceType, account: Account) -> tuple[Resource, ...]:
        in_owner = kind in _OF_CONVERSION_CUSTOMER
        owner = account.conversion_customer if in_owner else account.customer_id
        return self._fetch_of(kind, owner)

    def _fetch_of(self, kind: ResourceType, owner: CustomerId) -> tuple[Resource, ...]:
        if kind is ResourceType.CAMPAIGN:
            return fetch_campaigns(self._search)
        rows = self._search(queries.resources(kind), customer_id=owner)
        return tuple(to_resources(kind, rows))

    def _search(
        self, query: str, *, customer_id: CustomerId | None = None
    ) -> list[Any]:
        self.operations += 1
        customer = customer_id or self._customer_id
        try:
            return self._searcher(customer, query)
        except AuthError as exc:
            # Google's own words do not say which account the login cannot see.
            exc.message = f"account {customer.dashed}: {exc.message}"
            raise


def open_google_ads(
    access: GoogleAccess,
    credentials: Any,  # google.auth has no types
    *,
    customer_id: CustomerId,
    login_customer_id: CustomerId | None = None,
    version: str = VERSIONS[0],
    goal_mode: GoalMode | None = None,
    kept: Kept | None = None,
    policy: RetryPolicy = DEFAULT_POLICY,
    sleep: Callable[[float], None] = time.sleep,
) -> GoogleAdsTarget:
    """
    Open one client's account with the official client library.

    Nothing is sent yet. Close the target, or use it in a `with` block. The account's
    settings are kept in `kept`.

    Raises:
        ConfigError: The API version is not one of v23 to v26.
    """
    connection = Connection(
        credentials=credentials,
        version=version,
        endpoint=access.google_ads_endpoint,
        developer_token=access.developer_token,
        login_customer_id=login_customer_id,
        timeout=policy.timeout,
    )
    return GoogleAdsTarget(
        connection,
        connection.new,
        customer_id=customer_id,
        goal_mode=goal_mode,
        policy=policy,
        sleep=sleep,
        close=connection.close,
        kept=kept,
    )
