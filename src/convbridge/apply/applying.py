"""The only verb that changes an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.apply.calls import Calls
from convbridge.apply.report import Report
from convbridge.apply.unknowns import resolve_unknown
from convbridge.errors import ConvbridgeError, StalePlanError
from convbridge.model.journal import Verb
from convbridge.model.policy import Limits
from convbridge.model.resources import State
from convbridge.plan import check_limits, moved_since, state_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from convbridge.model.resources import System
    from convbridge.plan import Plan
    from convbridge.ports import Clock, Ledger, Progress, Target


def apply_plan(
    plan: Plan,
    *,
    targets: Mapping[System, Target],
    ledger: Ledger,
    clock: Clock,
    limits: Limits | None = None,
    lifted: AbstractSet[str] = frozenset(),
    actor: str = "unknown",
    undoes: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """
    Make the changes of a plan, exactly those, if the world is still as it was.

    The order is: ledger, limits, re-read, resolve what an earlier run left unknown,
    compare the digest, let Google validate everything, then call by call with the
    intent written before and the outcome after. A call Google does not answer
    stops its account; the next run reads back first.

    Args:
        plan: What to do; an empty plan does nothing.
        targets: GA4 and Google Ads for this client.
        ledger: Where the run is written down.
        clock: The time.
        limits: Caps the plan must not pass.
        lifted: Limits a person lifted, by name.
        actor: Who starts the run.
        undoes: The run this plan rolls back.
        progress: Told of each call.

    Raises:
        UnsafePlanError: The plan goes past a limit; nothing was sent.
        StalePlanError: The account moved since the plan was made; nothing was sent.
        LedgerError: The ledger cannot be written, or another run holds the client.
        VendorError: Google could not be read or asked; nothing was changed.
    """
    check_limits(plan, limits or Limits(), lifted)
    run = ledger.begin_run(
        client=plan.client,
        account=str(plan.account),
        verb=Verb.ROLLBACK if undoes else Verb.APPLY,
        plan_digest=plan.digest,
        actor=actor,
        at=clock.now(),
        undoes=undoes,
    )
    calls = Calls(
        run=run, targets=targets, ledger=ledger, clock=clock, progress=progress
    )
    try:
        report = _run(plan, calls)
    except BaseException as exc:
        ledger.end_run(run, at=clock.now(), error=_named(exc))
        raise
    error = _named(report.error) if report.error else None
    ledger.end_run(run, at=clock.now(), error=error)
    return report


def _run(plan: Plan, calls: Calls) -> Report:
    ledger, clock = calls.ledger, calls.clock
    with ledger.lease(plan.client, holder=calls.run, at=clock.now()):
        actual = _read(calls.targets)
        resolve_unknown(ledger, plan.client, actual, clock=clock)
        _check_fresh(plan, actual)
        error = calls.make(plan.changes)
    return Report(
        client=plan.client,
        run=calls.run,
        plan_digest=plan.digest,
        outcomes=calls.found(plan.changes),
        error=error,
    )


def _read(targets: Mapping[System, Target]) -> State:
    actual = State()
    for target in targets.values():
        actual |= target.fetch_state()
    return actual


def _check_fresh(plan: Plan, actual: State) -> None:
    if state_digest(actual) == plan.actual_digest:
        return
    moved = moved_since(plan.changes, actual)
    what = ", ".join(moved) if moved else "something the plan does not change"
    raise StalePlanError(
        f"account {plan.account.dashed} moved since the plan was made: {what}",
        hint="plan again, read it, and apply that",
    )


def _named(error: BaseException) -> str:
    text = error.message if isinstance(error, ConvbridgeError) else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
