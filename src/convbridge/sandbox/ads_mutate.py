"""Mutate requests: atomic or partial, checked only or done, one service or many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import ads_actions, ads_bidding, ads_custom_goals, ads_goals, ads_rules
from .ads_errors import AdsFailure, fail
from .ads_messages import Message, clone, number
from .ads_store import COLLECTIONS, Account, AdsStore
from .ads_temporary import TemporaryNames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ads_errors import AdsError

MAX_OPERATIONS = 10_000

_Create = Callable[[AdsStore, Account, Message], str]
_Update = Callable[[AdsStore, Account, Message, Message], str]
_Remove = Callable[[AdsStore, Account, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What may be done to one kind of resource."""

    create: _Create | None = None
    update: _Update | None = None
    remove: _Remove | None = None
    has_partial_failure: bool = False


KINDS: dict[str, Kind] = {
    "conversion_action": Kind(
        create=ads_actions.create,
        update=ads_actions.update,
        remove=ads_actions.remove,
        has_partial_failure=True,
    ),
    "customer_conversion_goal": Kind(update=ads_goals.update_customer_goal),
    "campaign_conversion_goal": Kind(update=ads_goals.update_campaign_goal),
    "custom_conversion_goal": Kind(
        create=ads_custom_goals.create_custom_goal,
        update=ads_custom_goals.update_custom_goal,
        remove=ads_custom_goals.remove_custom_goal,
    ),
    "conversion_goal_campaign_config": Kind(update=ads_goals.update_config),
    "campaign": Kind(update=ads_bidding.update_campaign, has_partial_failure=True),
    "bidding_strategy": Kind(
        create=ads_bidding.create_strategy,
        update=ads_bidding.update_strategy,
        remove=ads_bidding.remove_strategy,
        has_partial_failure=True,
    ),
    **{
        kind: Kind(
            create=ads_rules.creator(kind),
            update=ads_rules.updater(kind),
            remove=ads_rules.remover(kind),
            has_partial_failure=True,
        )
        for kind in (
            ads_rules.RULE,
            ads_rules.RULE_SET,
            ads_rules.EXCLUSION,
            ads_rules.SEASONALITY,
        )
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """How a mutate request asks to be treated."""

    partial_failure: bool = False
    validate_only: bool = False
    temporary_names: bool = False
    """Whether operations may refer to what others of the request create."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The resource names in order (empty where an operation failed) and the errors."""

    names: list[str]
    errors: tuple[AdsError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation: its kind, its message, and its place in the request."""

    kind: str
    operation: Message
    place: tuple[tuple[str, int | None], ...]


def run(
    store: AdsStore, account: Account, steps: Sequence[Step], flags: Flags
) -> Outcome:
    """
    Carry out operations in order, under one lock.

    Without `partial_failure` the first error undoes everything, and all errors of
    the request are told. With `validate_only` nothing stays and no name is returned.
    """
    _check_request(account, steps, flags)
    outcome = Outcome(names=[])
    failures: list[AdsError] = []
    with store.lock, store.transaction(keep=not flags.validate_only):
        names = TemporaryNames(allowed=flags.temporary_names)
        for step in steps:
            try:
                with store.transaction():
                    name = _run_step(store, account, step, names)
            except AdsFailure as failure:
                failures.extend(failure.under(*step.place).errors)
                name = ""
            outcome.names.append(name)
        if failures and not flags.partial_failure:
            raise AdsFailure(*failures)
    outcome.errors = tuple(failures)
    if flags.validate_only:
        outcome.names = []
    return outcome


def _check_request(account: Account, steps: Sequence[Step], flags: Flags) -> None:
    if not steps:
        raise fail("request_error", "REQUIRED_FIELD_MISSING", at="operations")
    if len(steps) > MAX_OPERATIONS:
        raise fail("request_error", "TOO_MANY_MUTATE_OPERATIONS")
    if account.read_only:
        raise fail("authorization_error", "ACTION_NOT_PERMITTED")
    if account.eu_declaration_missing:
        raise fail("mutate_error", "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED")
    _check_unique(steps)
    refusing = [s for s in steps if not KINDS[s.kind].has_partial_failure]
    if flags.partial_failure and refusing:
        code = "OPERATION_DOES_NOT_SUPPORT_PARTIAL_FAILURE"
        raise fail("mutate_error", code).under(*refusing[0].place)


def _check_unique(steps: Sequence[Step]) -> None:
    seen: set[str] = set()
    for step in steps:
        name = _target(step.operation)
        if name and name in seen:
            code = "ID_EXISTS_IN_MULTIPLE_MUTATES"
            raise fail("mutate_error", code, trigger=name).under(*step.place)
        seen.add(name)


def _target(operation: Message) -> str:
    which = operation.WhichOneof("operation")
    if which == "remove":
        return str(operation.remove)
    return str(operation.update.resource_name) if which == "update" else ""


def _run_step(
    store: AdsStore, account: Account, step: Step, names: TemporaryNames
) -> str:
    operation = clone(step.operation)
    which = operation.WhichOneof("operation")
    run_it = which and getattr(KINDS[step.kind], which)
    if which is None:
        raise fail("request_error", "OPERATION_REQUIRED")
    if run_it is None:
        raise fail("mutate_error", "MUTATE_NOT_ALLOWED", at=which)
    if which == "create":
        wanted = str(operation.create.resource_name)
        names.define(account, step.kind, wanted)
        names.put_in(operation)
        name = str(run_it(store, account, operation.create))
        names.keep(wanted, name)
        return name
    names.put_in(operation)
    _check_name(account, step.kind, _target(operation), which)
    if which == "remove":
        return str(run_it(store, account, operation.remove))
    return str(run_it(store, account, operation.update, operation.update_mask))


def _check_name(account: Account, kind: str, name: str, which: str) -> None:
    at = "remove" if which == "remove" else "update.resource_name"
    if not name:
        raise fail("request_error", "RESOURCE_NAME_MISSING", at=at)
    parts = name.split("/")
    if len(parts) != 4 or parts[0] != "customers" or parts[2] != COLLECTIONS[kind]:
        raise fail("request_error", "RESOURCE_NAME_MALFORMED", at=at, trigger=name)
    if parts[1] != account.customer_id:
        raise fail(
            "operation_access_denied_error",
            "MUTATE_NOT_PERMITTED_FOR_CUSTOMER",
            "The resource belongs to another customer than the request.",
            at=at,
            trigger=name,
        )


def is_mutable_resource(response_content_type: int) -> bool:
    """Say whether the whole resource is asked for in the response."""
    return response_content_type == number("ResponseContentType", "MUTABLE_RESOURCE")
