"""The click behind an uploaded conversion, and why there is none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ads_store import UPLOAD_WAIT

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from .ads_service import GoogleAds
    from .ads_store import Account
    from .clicks import Click
    from .site import Site

_CATEGORY = "conversion_upload_error"
# Clicks found once are not decoded again; a bound keeps the memory small.
_REMEMBERED = 200_000
# Category, code and field of an error.
Found = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickCheck:
    """What a row says about its click, and what its action asks of it."""

    gclid: str
    gbraid: str
    wbraid: str
    hashes: tuple[str, ...]
    has_user_data: bool
    time: datetime | None
    window: timedelta
    is_one_per_click: bool


def check_click(
    ads: GoogleAds, account: Account, check: ClickCheck, now: datetime
) -> tuple[Click | None, Found]:
    """Return the click and the errors; a click comes with none."""
    found: Found = []
    _check_ids(check, found)
    kind, value = _named(check)
    if not value:
        if not check.has_user_data:
            found.append(("field_error", "REQUIRED", "gclid"))
            return None, found
        click = match_user(ads, account, check.hashes, check.time or now)
        code = "CLICK_NOT_FOUND"
    else:
        click, code = _by_id(ads, kind, value)
    if click is None:
        found.append((_CATEGORY, code, kind))
        return None, found
    owner = ads.store.accounts[click.customer_id].conversion_customer
    if owner != account.customer_id:
        found.append((_CATEGORY, "INVALID_CUSTOMER_FOR_CLICK", kind))
    _check_times(click, check, now, found)
    return (None if found else click), found


def match_user(
    ads: GoogleAds, account: Account, hashes: tuple[str, ...], time: datetime
) -> Click | None:
    """Return the latest click, at a time, of the visitor with a hashed address."""
    for site in ads.world.sites.values():
        if site.conversion_customer_id != account.customer_id:
            continue
        users = _users_by_hash(ads, site)
        for value in hashes:
            click = _latest_click(site, users.get(value), time)
            if click is not None:
                return click
    return None


def _named(check: ClickCheck) -> tuple[str, str]:
    for kind in ("gclid", "gbraid", "wbraid"):
        value = getattr(check, kind)
        if value:
            return kind, value
    return "", ""


def _check_ids(check: ClickCheck, found: Found) -> None:
    if check.gbraid and check.wbraid:
        found.append((_CATEGORY, "GBRAID_WBRAID_BOTH_SET", ""))
    elif check.gclid and (check.gbraid or check.wbraid):
        found.append(("field_error", "VALUE_MUST_BE_UNSET", "gclid"))
    if check.is_one_per_click and (check.gbraid or check.wbraid):
        code = "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"
        found.append((_CATEGORY, code, ""))


def _by_id(ads: GoogleAds, kind: str, value: str) -> tuple[Click | None, str]:
    known = ads.clicks_by_id.get((kind, value))
    if known is not None:
        return known, ""
    from .clicks import read_click_id  # noqa: PLC0415  # numpy only when needed
    from .events import CLICK_KINDS  # noqa: PLC0415  # numpy only when needed

    read = read_click_id(value)
    if read is None or CLICK_KINDS[read[2] % len(CLICK_KINDS)] != kind:
        return None, f"UNPARSEABLE_{kind.upper()}"
    click = ads.world.find_click(value)
    if click is not None and len(ads.clicks_by_id) < _REMEMBERED:
        ads.clicks_by_id[kind, value] = click
    return click, "EVENT_NOT_FOUND"


def _check_times(click: Click, check: ClickCheck, now: datetime, found: Found) -> None:
    if now < click.time + UPLOAD_WAIT:
        found.append((_CATEGORY, "TOO_RECENT_EVENT", ""))
    if check.time is None:
        return
    if check.time < click.time:
        found.append((_CATEGORY, "CONVERSION_PRECEDES_EVENT", "conversion_date_time"))
    elif check.time - click.time > check.window:
        found.append((_CATEGORY, "EXPIRED_EVENT", "conversion_date_time"))


def _users_by_hash(ads: GoogleAds, site: Site) -> dict[str, int]:
    from .clicks import email  # noqa: PLC0415  # numpy only when needed

    known = ads.users_by_hash.get(site.key)
    if known is None:
        users = range(len(site.recording.denied))
        known = {
            hashlib.sha256(email(site, user).encode()).hexdigest(): user
            for user in users
        }
        ads.users_by_hash[site.key] = known
    return known


def _latest_click(site: Site, user: int | None, time: datetime) -> Click | None:
    from .clicks import click_of  # noqa: PLC0415  # numpy only when needed
    from .events import NONE  # noqa: PLC0415  # numpy only when needed
    from .site import microseconds  # noqa: PLC0415  # numpy only when needed

    if user is None:
        return None
    sessions = site.recording.sessions
    mine = (sessions.user == user) & (sessions.campaign != NONE)
    mine &= sessions.time <= microseconds(time)
    found = mine.nonzero()[0]
    return (
        click_of(site, int(found[sessions.time[found].argmax()]))
        if len(found)
        else None
    )
