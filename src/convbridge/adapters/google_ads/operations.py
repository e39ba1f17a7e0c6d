"""Changes as the operations of one GoogleAdsService.Mutate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads.messages import set_field
from convbridge.model.changes import Action
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from convbridge.model.changes import Change
    from convbridge.model.resources import Scalar

METHOD = "GoogleAdsService.Mutate"
NEW = "new:"
"""Start of keys that stand for resources Google has not named yet."""

_ALL = frozenset(Action)
_UPDATE = frozenset({Action.UPDATE})
ACTIONS: dict[ResourceType, frozenset[Action]] = {
    ResourceType.CONVERSION_ACTION: _ALL,
    ResourceType.CUSTOM_CONVERSION_GOAL: _ALL,
    # Google makes and removes goals by category, and the configs, by itself.
    ResourceType.CUSTOMER_CONVERSION_GOAL: _UPDATE,
    ResourceType.CAMPAIGN_CONVERSION_GOAL: _UPDATE,
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: _UPDATE,
    # convbridge makes and removes no campaigns and no portfolios.
    ResourceType.CAMPAIGN: _UPDATE,
    ResourceType.BIDDING_STRATEGY: _UPDATE,
}
"""What convbridge does to resources of each type; all fit into one Mutate."""

_PRIMARY = "primary_for_goal"
_COLLECTIONS = {
    ResourceType.CONVERSION_ACTION: "conversionActions",
    ResourceType.CUSTOM_CONVERSION_GOAL: "customConversionGoals",
}


def mutate_request(
    new: Callable[[str], Any],
    changes: Sequence[Change],
    *,
    names: Mapping[str, str],
    validate_only: bool,
) -> Any:
    """
    Return one request with one operation per change of one owner, in order.

    All are carried out or none. What is created and referred to gets a temporary
    name, `customers/1/customConversionGoals/-1`: a negative number that no other
    resource of the request has, and that Google replaces
    (developers.google.com/google-ads/api/docs/mutating/best-practices).

    `new` makes an empty message of the API version by its short name.

    Raises:
        DataError: A change names a field or enum value that does not exist.
    """
    request = new("MutateGoogleAdsRequest")
    request.customer_id = changes[0].owner
    request.validate_only = validate_only
    temporary = temporary_names(changes, names)
    known = {**names, **temporary}
    for change in changes:
        operation = request.mutate_operations.add()
        found = getattr(operation, f"{change.type}_operation")
        if change.key in temporary:
            found.create.resource_name = temporary[change.key]
        fill_operation(found, change, known)
    return request


def results(response: Any) -> list[str]:
    """Return the resource names of an answer, in the order of the operations."""
    found = []
    for row in response.mutate_operation_responses:
        which = row.WhichOneof("response")
        found.append(getattr(row, which).resource_name if which else "")
    return found


def temporary_names(
    changes: Sequence[Change], names: Mapping[str, str]
) -> dict[str, str]:
    """Return a temporary name for each key that another of the changes refers to."""
    wanted = {key for change in changes for key in references(change)}
    created = [
        change
        for change in changes
        if change.action is Action.CREATE and change.key in wanted - names.keys()
    ]
    return {
        change.key: f"customers/{change.owner}/{_COLLECTIONS[change.type]}/-{number}"
        for number, change in enumerate(created, start=1)
    }


def fill_operation(operation: Any, change: Change, names: Mapping[str, str]) -> None:
    """Write one change into an operation, with an explicit mask on updates."""
    match change.action:
        case Action.CREATE:
            # Absent fields keep Google's defaults; a create has no mask.
            for field in change.fields:
                if field.after is not None:
                    value = resolved(field.after, names)
                    set_field(operation.create, field.name, value)
        case Action.UPDATE:
            operation.update.resource_name = resolved(change.key, names)
            fields = {f.name: f.after for f in change.fields}
            fields |= _said_again(change)
            for name, value in fields.items():
                set_field(operation.update, name, resolved(value, names))
            operation.update_mask.paths.extend(sorted(fields))
        case Action.REMOVE:
            operation.remove = resolved(change.key, names)


def _said_again(change: Change) -> Mapping[str, Scalar]:
    """Return what an import says beside what it moves; see `convbridge.plan.diff`."""
    is_import = any(f.name == "status" and f.after == "ENABLED" for f in change.fields)
    said = (change.info or {}).get(_PRIMARY)
    return {_PRIMARY: said} if is_import and said is not None else {}


def resolved(value: Scalar, names: Mapping[str, str]) -> Any:
    """Return the value with `new:` keys replaced by the names they got."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(names.get(item, item) for item in value)
    return value


def references(change: Change) -> Iterator[str]:
    """Yield the keys of resources without a name yet that the change refers to."""
    if change.action is not Action.CREATE and change.key.startswith(NEW):
        yield change.key
    for field in change.fields:
        texts = field.after if isinstance(field.after, tuple) else (field.after,)
        yield from (t for t in texts if isinstance(t, str) and t.startswith(NEW))


def unresolved(change: Change, known: Iterable[str]) -> str | None:
    """Return a key that the change refers to and that nothing known stands for."""
    found = set(known)
    return next((key for key in references(change) if key not in found), None)
