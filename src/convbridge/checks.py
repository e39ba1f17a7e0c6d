"""What is wrong with a client before anything is changed, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import TYPE_CHECKING, Any

from convbridge.model.classes import EventClass
from convbridge.model.quality import Effect
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convbridge.errors import ConvbridgeError
    from convbridge.model.accounts import Account, PropertyInfo
    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.ids import CustomerId
    from convbridge.model.policy import GoalMode, ReadinessPolicy
    from convbridge.model.quality import QualityFlag
    from convbridge.model.resources import Resource, State

_GA4_EVENT = "google_analytics_4_settings.event_name"
_DAYS_A_MONTH = 30
_NEARLY_ALL = 0.9
"""Share of a sample; days that are not final yet take 2 % of a usual window."""


class CheckStatus(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """Works, and is probably not what is wanted."""
    FAIL = "fail"
    """Values cannot be computed or applied until it is mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what was found, and what to do about it."""

    name: str
    status: CheckStatus
    found: str
    next_step: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        return {
            "check": self.name,
            "status": str(self.status),
            "found": self.found,
            "next": self.next_step,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All checks of one client."""

    client: str
    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing failed."""
        return all(check.status is not CheckStatus.FAIL for check in self.checks)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per check."""
        return [check.to_dict() for check in self.checks]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {"client": self.client, "ready": self.is_ready, "checks": self.rows()}

    def __repr__(self) -> str:
        numbers = ", ".join(
            f"{sum(c.status is status for c in self.checks)} {status}"
            for status in CheckStatus
        )
        return f"<CheckReport {self.client}: {numbers}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(v or ''))}</td>" for v in row.values())
            for row in self.rows()
        )
        return f"<table>{rows}</table>"


def failed(name: str, error: ConvbridgeError) -> Check:
    """Return the check of something that could not be read at all."""
    return Check(
        name=name,
        status=CheckStatus.FAIL,
        found=error.message,
        next_step=error.hint,
    )


def check_property(info: PropertyInfo, *, window_days: int) -> Iterator[Check]:
    """Yield what the property's settings mean for its values."""
    about = f"{info.name}, {info.currency}, {info.time_zone}"
    yield _ok("property", f"{about} can be read")
    kept = (info.event_retention_months or 0) * _DAYS_A_MONTH
    if kept and kept < window_days:
        yield _warn(
            "data retention",
            f"GA4 keeps events for {info.event_retention_months} months, funnels over "
            f"{window_days} days need more",
            "GA4: Admin > Data collection and modification > Data retention",
        )


def check_account(account: Account, *, sends_user_data: bool) -> Iterator[Check]:
    """Yield what stands in the way of changing the account."""
    about = f"{account.name}, {account.customer_id.dashed}, {account.currency}"
    if account.is_manager:
        yield _fail(
            "account",
            f"{about} is a manager account, which has no campaigns",
            "set customer_id to the account below it, login_customer_id to this one",
        )
    elif account.status != "ENABLED":
        yield _fail(
            "account",
            f"{about} is {account.status}",
            "an administrator reactivates it in Google Ads under Admin > Preferences",
        )
    else:
        yield _ok("account", f"{about} can be read")
    yield _conversion_customer(account)
    if sends_user_data and not account.accepted_customer_data_terms:
        yield _warn(
            "customer data terms",
            "not accepted: e-mail addresses and phone numbers will be refused",
            "Google Ads: Goals > Settings > Customer data terms",
        )


def check_pair(
    info: PropertyInfo, account: Account, *, login: CustomerId | None
) -> Iterator[Check]:
    """Yield whether property and account belong together."""
    if account.customer_id in info.google_ads_links:
        yield _ok("link", "the property is linked to the account")
    elif {login, account.conversion_customer} & set(info.google_ads_links):
        yield _ok("link", "the property is linked to the account's manager")
    elif not info.links_known:
        yield _fail(
            "link",
            "the login may not read which accounts the property is linked to",
            "enable the Google Analytics Admin API and give the login the role Viewer",
        )
    else:
        links = ", ".join(c.dashed for c in info.google_ads_links) or "no account"
        yield _fail(
            "link",
            f"the property is linked to {links}, not to {account.customer_id.dashed}",
            "GA4: Admin > Product links > Google Ads links",
        )
    if info.currency == account.currency:
        yield _ok("currency", f"both count in {info.currency}")
    else:
        yield _fail(
            "currency",
            f"the property counts in {info.currency}, the account in "
            f"{account.currency}",
            "set the property's currency in GA4 under Admin > Property details",
        )
    if info.time_zone != account.time_zone:
        yield _warn(
            "time zone",
            f"the property's day is {info.time_zone}, the account's "
            f"{account.time_zone}",
            "days in GA4 and Google Ads differ by some hours; totals agree",
        )


def check_counts(counts: EventCounts) -> Iterator[Check]:
    """Yield how fresh and how complete the counts are."""
    if counts.is_empty:
        yield _fail(
            "data",
            f"no event in {counts.window}",
            "check the Google tag in GA4 under Reports > Realtime",
        )
        return
    seen = max(counts.events["date"].to_pylist())
    late = (counts.window.end - seen).days
    if late:
        yield _warn(
            "freshness",
            f"the last event is of {seen}, {late} days before {counts.window.end}",
            "GA4 may be late (24 to 48 h), or the tag has stopped: look at Realtime",
        )
    else:
        yield _ok("freshness", f"events up to {seen}, {counts.window.days} days")
    for flag in counts.flags:
        yield Check(name="data trust", status=_trust(flag), found=flag.reason)


def check_classes(
    counts: EventCounts, classification: Classification, *, policy: ReadinessPolicy
) -> Iterator[Check]:
    """Yield whether there is something to value, and enough of it to bid on."""
    primaries = classification.primaries
    if not primaries:
        yield _fail(
            "primary",
            "no primary event: " + "; ".join(classification.warnings),
            "name it in the configuration: events: {my_event: {class: primary}}",
        )
        return
    micros = len(classification.of(EventClass.MICRO))
    yield _ok("events", f"primary {', '.join(primaries)}; {micros} micro events")
    for text in classification.warnings:
        yield _warn("events", text, None)
    for event in primaries:
        if event not in counts.key_events:
            yield _warn(
                "key events",
                f"{event} is no key event in GA4, so Google Ads cannot import it",
                "convbridge plan marks it",
            )
    yield _readiness(counts, primaries, policy)


def check_goals(
    state: State, classification: Classification, *, mode: GoalMode
) -> Iterator[Check]:
    """Yield micro conversions that the whole account bids on by accident."""
    micros = {event.event for event in classification.of(EventClass.MICRO)}
    found = [
        action.name
        for action in state.of(ResourceType.CONVERSION_ACTION)
        if action.info.get(_GA4_EVENT) in micros and _is_bid_on(action, state)
    ]
    if found and mode != "account":
        yield _warn(
            "goals",
            f"every campaign bids on micro conversions: {', '.join(found)}",
            "make them secondary in Google Ads under Goals, or set goals.mode: account",
        )
    else:
        yield _ok("goals", "no micro conversion is primary by accident")


def _trust(flag: QualityFlag) -> CheckStatus:
    """Return how bad a flag is; a sample that is nearly whole is well enough."""
    if flag.effect is Effect.REFUSE:
        return CheckStatus.FAIL
    is_small = flag.effect is Effect.WIDEN and flag.factor >= _NEARLY_ALL
    return (
        CheckStatus.OK if is_small or flag.effect is Effect.NOTE else CheckStatus.WARN
    )


def _is_bid_on(action: Resource, state: State) -> bool:
    fields, info = action.fields, action.info
    if fields.get("status") != "ENABLED" or fields.get("primary_for_goal") is False:
        return False
    goal = (fields.get("category"), info.get("origin"))
    return not any(
        g.fields.get("biddable") is False
        for g in state.of(ResourceType.CUSTOMER_CONVERSION_GOAL)
        if (g.info.get("category"), g.info.get("origin")) == goal
    )


def _conversion_customer(account: Account) -> Check:
    if account.conversion_customer == account.customer_id:
        return _ok("conversion customer", "the account owns its conversion actions")
    return _ok(
        "conversion customer",
        f"conversion actions belong to {account.conversion_customer.dashed}; what is "
        "changed there is shared with its other accounts",
    )


def _readiness(
    counts: EventCounts, primaries: Iterable[str], policy: ReadinessPolicy
) -> Check:
    month = sum(sum(counts.daily(event)[-_DAYS_A_MONTH:]) for event in primaries)
    found = f"{month} primary conversions in the last 30 days"
    if month < policy.search_30_days:
        return _warn(
            "bid readiness",
            f"{found}; Google advises {policy.search_30_days} before value bidding",
            "micro conversions help here: convbridge value shows how much",
        )
    if month < policy.recommended_30_days:
        return _ok(
            "bid readiness",
            f"{found}; enough to begin, {policy.recommended_30_days} are recommended",
        )
    return _ok("bid readiness", f"{found}; enough for value bidding")


def _ok(name: str, found: str) -> Check:
    return Check(name=name, status=CheckStatus.OK, found=found)


def _warn(name: str, found: str, next_step: str | None) -> Check:
    return Check(name=name, status=CheckStatus.WARN, found=found, next_step=next_step)


def _fail(name: str, found: str, next_step: str) -> Check:
    return Check(name=name, status=CheckStatus.FAIL, found=found, next_step=next_step)
