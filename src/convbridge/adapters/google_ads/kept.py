"""An account's settings as a kept fact, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from convbridge.model.accounts import Account
from convbridge.model.ids import CustomerId

if TYPE_CHECKING:
    from convbridge.adapters.kept import Kept

_IDS = ("customer_id", "conversion_customer")


def keep_account(kept: Kept, account: Account) -> None:
    """Keep the account's settings."""
    ids = {name: str(getattr(account, name)) for name in _IDS}
    kept.put(_name(account.customer_id), {**asdict(account), **ids})


def kept_account(kept: Kept, customer_id: CustomerId) -> Account | None:
    """Return the kept settings, or None."""
    data = kept.get(_name(customer_id))
    if data is None:
        return None
    return Account(**{**data, **{name: CustomerId(data[name]) for name in _IDS}})


def _name(customer_id: CustomerId) -> str:
    return f"account-{customer_id}"
