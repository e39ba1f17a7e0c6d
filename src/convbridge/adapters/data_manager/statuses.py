"""What the Data Manager API says of a request, read by conversion action."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from google.ads import datamanager_v1

from convbridge.adapters.data_manager.codes import processing_verdict
from convbridge.model.conversions import RowState
from convbridge.model.outbox import ReasonCount, RequestResult

if TYPE_CHECKING:
    from collections.abc import Sequence

_STATUS = datamanager_v1.RequestStatusPerDestination.RequestStatus
_FINISHED = frozenset({_STATUS.SUCCESS, _STATUS.FAILED, _STATUS.PARTIAL_SUCCESS})


def reference_of(action: str) -> str:
    """Return how events, and the status of a request, name an action in it."""
    return f"action_{action}"


def read_statuses(answer: Any, actions: Sequence[str]) -> dict[str, RequestResult]:
    """
    Return what is known of each action, from a raw answer.

    A destination that is told without its name is the request's only one. Raw,
    because proto-plus warns of each status and reason that is newer than the
    library.
    """
    found = answer.request_status_per_destination
    own = {
        action: [each for each in found if _is_about(each.destination, action)]
        for action in actions
    }
    if len(found) == len(actions) == 1:
        own = {actions[0]: list(found)}
    return {action: _read(statuses) for action, statuses in own.items()}


def _is_about(destination: Any, action: str) -> bool:
    name = destination.product_destination_id
    return bool(name == action or destination.reference == reference_of(action))


def _read(found: Sequence[Any]) -> RequestResult:
    if not found or any(each.request_status not in _FINISHED for each in found):
        return RequestResult(is_finished=False)
    errors: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    for each in found:
        for count in each.error_info.error_counts:
            errors[_name(count)] += count.record_count
        for count in each.warning_info.warning_counts:
            warnings[_name(count)] += count.record_count
    states = {each.request_status for each in found}
    if states == {_STATUS.PARTIAL_SUCCESS} and not errors.total():
        return RequestResult(is_finished=False)  # how many failed is not told yet
    return RequestResult(
        is_finished=True,
        errors=tuple(
            ReasonCount(rows=rows, verdict=processing_verdict(reason))
            for reason, rows in errors.items()
        ),
        warnings=warnings,
        rest=RowState.REJECTED if states == {_STATUS.FAILED} else RowState.ACCEPTED,
    )


def _name(count: Any) -> str:
    """Return a reason's name; a number that is newer than the library as it is."""
    known = count.DESCRIPTOR.fields_by_name["reason"].enum_type.values_by_number
    return str(known[count.reason].name if count.reason in known else count.reason)
