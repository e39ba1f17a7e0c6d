"""Who may call for whom: login customer, account status, and the day's quota."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from .ads_errors import AdsError, AdsFailure, fail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .ads_store import Account, AdsStore

_DAILY = {"explorer": 2_880, "basic": 15_000, "test": 15_000, "standard": None}
_DAY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Quota:
    """The operations of a sliding day, limited by the project's access level."""

    access_level: str = "standard"
    used: deque[tuple[datetime, int]] = field(default_factory=deque)

    def spend(self, operations: int, now: datetime) -> None:
        """Count operations; refuse them when the day's are used up."""
        while self.used and self.used[0][0] <= now - _DAY:
            self.used.popleft()
        limit = _DAILY[self.access_level]
        if limit is not None and self.count + operations > limit:
            raise AdsFailure(
                AdsError(
                    category="quota_error",
                    code="RESOURCE_EXHAUSTED",
                    message="Too many requests. Retry when the day is over.",
                    retry_after=self.used[0][0] + _DAY - now if self.used else _DAY,
                )
            )
        self.used.append((now, operations))

    @property
    def count(self) -> int:
        """Return the operations of the last day."""
        return sum(operations for _, operations in self.used)


def account_for(
    store: AdsStore, customer_id: str, headers: Mapping[str, str]
) -> Account:
    """
    Return the account a request is for, when the caller may use it.

    The sandbox's user has access to every top manager. With `login-customer-id`
    the customer must be that account or below it; without, it must be an account
    the user has directly.
    """
    if not re.fullmatch(r"\d{10}", customer_id):
        raise fail(
            "request_error",
            "INVALID_CUSTOMER_ID",
            f"Invalid customer ID '{customer_id}'.",
            at="customer_id",
        )
    account = store.accounts.get(customer_id)
    login = headers.get("login-customer-id", "")
    if login and not re.fullmatch(r"\d{10}", login):
        raise fail("header_error", "INVALID_LOGIN_CUSTOMER_ID")
    if account is None or (login and login not in store.accounts):
        raise fail(
            "authentication_error",
            "CUSTOMER_NOT_FOUND",
            "No customer found for the provided customer id.",
        )
    _check_reach(store, account, login)
    if account.status != "ENABLED":
        raise fail(
            "authorization_error",
            "CUSTOMER_NOT_ENABLED",
            "The customer account can't be accessed because it is not yet enabled or "
            "has been deactivated.",
        )
    return account


def accessible(store: AdsStore) -> list[str]:
    """Return the customers the sandbox's user has directly: those without a manager."""
    return [a.customer_id for a in store.accounts.values() if a.manager is None]


def _check_reach(store: AdsStore, account: Account, login: str) -> None:
    reachable = {login} if login else set(accessible(store))
    direct = (
        [account.customer_id] if not login else store.ancestors(account.customer_id)
    )
    if not reachable & set(direct):
        raise fail(
            "authorization_error",
            "USER_PERMISSION_DENIED",
            "User doesn't have permission to access customer. Note: If you're "
            "accessing a client customer, the manager's customer id must be set in "
            "the 'login-customer-id' header.",
        )
