"""Accounts, properties and links that a login sees, before there is a configuration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.adapters.auth import credentials
from convbridge.adapters.ga4.discovery import find_properties
from convbridge.adapters.google_ads import open_google_ads
from convbridge.adapters.scopes import Scope
from convbridge.errors import ConfigError, VendorError
from convbridge.model.discovery import Discovery, FoundClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.access import GoogleAccess
    from convbridge.model.ads_metrics import ClientAccount
    from convbridge.model.discovery import FoundProperty
    from convbridge.model.ids import CustomerId
    from convbridge.ports import Clock

    _Accounts = tuple[ClientAccount, ...]

_AT_A_TIME = 8


def discover(
    access: GoogleAccess, login_customer_id: CustomerId, *, clock: Clock
) -> Discovery:
    """
    Return the client accounts under a manager, and the properties linked to them.

    Manager accounts themselves and accounts that are not enabled are left out.

    Raises:
        ConfigError: The manager account has no client account under it.
        AuthError: The login cannot see the manager account.
    """
    found = _hierarchy(access, login_customer_id, login_customer_id)
    accounts = _accounts(found, login_customer_id)
    parents = _parents(access, login_customer_id, found)
    login = credentials(access, [Scope.GA4_READ])
    properties = find_properties(access, login, clock=clock)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        owners = tuple(
            pool.map(lambda a: _owner(access, login_customer_id, a), accounts)
        )
    clients = tuple(
        replace(
            _client(account, owner, properties),
            manager=parents.get(account.customer_id),
        )
        for account, owner in zip(accounts, owners, strict=True)
    )
    linked = {p.property_id for client in clients for p in client.properties}
    return Discovery(
        login_customer_id=login_customer_id,
        clients=clients,
        unlinked=tuple(p for p in properties if p.property_id not in linked),
    )


def _accounts(found: Sequence[ClientAccount], manager: CustomerId) -> _Accounts:
    clients = {a.customer_id: a for a in found if not a.is_manager}
    enabled = tuple(a for a in clients.values() if a.status == "ENABLED")
    if not enabled:
        raise ConfigError(
            f"the login sees no enabled client account under {manager.dashed}",
            hint="link the accounts in Google Ads under Admin > Sub-account settings, "
            "or name another --login-customer-id",
        )
    return tuple(sorted(enabled, key=lambda a: (a.name, a.customer_id)))


def _hierarchy(
    access: GoogleAccess, login: CustomerId, manager: CustomerId
) -> _Accounts:
    """Return a manager and everything under it, each with its level."""
    with open_google_ads(
        access,
        credentials(access, [Scope.GOOGLE_ADS]),
        customer_id=manager,
        login_customer_id=login,
        version=access.google_ads_version,
    ) as target:
        return target.fetch_hierarchy()


def _parents(
    access: GoogleAccess, login: CustomerId, found: Sequence[ClientAccount]
) -> dict[CustomerId, CustomerId]:
    """
    Return the manager that each account is directly under.

    Google tells levels, not parents: each manager further down is asked for its own.
    """
    below = [a.customer_id for a in found if a.is_manager and a.level > 0]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        own = pool.map(lambda m: _hierarchy(access, login, m), below)
        trees = [(login, found), *zip(below, own, strict=True)]
    return {
        account.customer_id: manager
        for manager, tree in trees
        for account in tree
        if account.level == 1
    }


def _owner(
    access: GoogleAccess, manager: CustomerId, account: ClientAccount
) -> CustomerId | None:
    """Return the conversion customer; an account that cannot be asked is no fault."""
    with open_google_ads(
        access,
        credentials(access, [Scope.GOOGLE_ADS]),
        customer_id=account.customer_id,
        login_customer_id=manager,
        version=access.google_ads_version,
    ) as target:
        try:
            return target.fetch_account().conversion_customer
        except VendorError:
            return None


def _client(
    account: ClientAccount,
    owner: CustomerId | None,
    properties: Sequence[FoundProperty],
) -> FoundClient:
    own = [p for p in properties if account.customer_id in p.customers]
    shared = [p for p in properties if owner in p.customers]
    return FoundClient(
        customer_id=account.customer_id,
        name=account.name,
        currency=account.currency,
        status=account.status,
        conversion_customer=owner,
        properties=tuple(own or shared),
    )
