"""What needs a person next, found in everything a report knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.changes import OutcomeKind
from convbridge.model.quality import Effect
from convbridge.report.client_report import Level, Need
from convbridge.report.words import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convbridge.classify import Finding
    from convbridge.model.delivery_status import DeliveryStatus
    from convbridge.model.quality import QualityFlag
    from convbridge.model.readiness import Readiness
    from convbridge.plan import Plan
    from convbridge.report.client_report import LastRun

WAITING = (
    N_("{n} planned change waits for your approval."),
    N_("{n} planned changes wait for your approval."),
)
REFUSED = (
    N_("Google refused {n} change of the last run."),
    N_("Google refused {n} changes of the last run."),
)
UNKNOWN = (
    N_("{n} change was sent and never answered; the next plan reads it back."),
    N_("{n} changes were sent and never answered; the next plan reads them back."),
)
PLURALS = dict((WAITING, REFUSED, UNKNOWN))
"""A message's plural, by its singular."""


def find_needs(
    client: str,
    *,
    plan: Plan | None,
    flags: Iterable[QualityFlag],
    findings: Iterable[Finding],
    readiness: Iterable[Readiness],
    last_run: LastRun | None,
    deliveries: DeliveryStatus | None,
) -> Iterator[Need]:
    """Yield what is wrong first, then the decisions that wait."""
    found = [
        *_of_flags(flags),
        *_of_run(client, last_run),
        *_of_plan(client, plan),
        *_of_deliveries(deliveries),
        *_of_findings(findings),
        *_of_bids(readiness),
    ]
    yield from (need for need in found if need.level is Level.NOW)
    yield from (need for need in found if need.level is Level.SOON)


def _of_flags(flags: Iterable[QualityFlag]) -> Iterator[Need]:
    for flag in flags:
        if flag.effect is Effect.FREEZE:
            yield Need(
                level=Level.NOW,
                text=N_("The value of {event} stands still until somebody looks."),
                values={"event": flag.event or "(all)"},
                detail=flag.reason,
            )
        elif flag.effect is Effect.REFUSE:
            yield Need(
                level=Level.NOW,
                text=N_("Nothing can be valued from these data."),
                detail=flag.reason,
            )


def _of_run(client: str, last_run: LastRun | None) -> Iterator[Need]:
    if last_run is None:
        return
    kinds = [entry.kind for entry in last_run.entries]
    for kind, text in ((OutcomeKind.REJECTED, REFUSED), (OutcomeKind.UNKNOWN, UNKNOWN)):
        count = kinds.count(kind)
        if count:
            yield Need(
                level=Level.NOW,
                text=text[0],
                plural=text[1],
                count=count,
                command=f"convbridge history --client {client}",
            )


def _of_plan(client: str, plan: Plan | None) -> Iterator[Need]:
    if plan is not None and not plan.is_empty:
        yield from _of_changes(client, plan)
    for warning in plan.warnings if plan else ():
        yield Need(level=Level.SOON, text=warning)


def _of_changes(client: str, plan: Plan) -> Iterator[Need]:
    for breach in plan.limits:
        yield Need(
            level=Level.NOW,
            text=N_("The plan goes past the limit {limit}."),
            values={"limit": breach.limit},
            detail=breach.message,
            command=f"convbridge apply --client {client} {breach.flag}",
        )
    yield Need(
        level=Level.SOON,
        text=WAITING[0],
        plural=WAITING[1],
        count=len(plan.changes),
        command=f"convbridge apply --client {client}",
    )


def _of_deliveries(deliveries: DeliveryStatus | None) -> Iterator[Need]:
    for alert in deliveries.alerts if deliveries else ():
        yield Need(level=Level.NOW, text=alert)


def _of_findings(findings: Iterable[Finding]) -> Iterator[Need]:
    for finding in findings:
        yield Need(level=Level.SOON, text=finding.message, detail=finding.hint)


def _of_bids(readiness: Iterable[Readiness]) -> Iterator[Need]:
    for campaign in readiness:
        if campaign.target_roas and campaign.target_steps:
            yield Need(
                level=Level.SOON,
                text=N_(
                    "Once its micro conversions count, move the target ROAS of "
                    "{campaign} from {old} to {new}."
                ),
                values={
                    "campaign": campaign.name,
                    "old": campaign.target_roas,
                    "new": campaign.target_steps[0],
                },
            )
