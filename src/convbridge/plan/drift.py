"""Drift: values somebody else changed since convbridge last applied them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convbridge.model.policy import OnDrift
from convbridge.model.resources import to_json
from convbridge.plan.same import currency_of, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.model.resources import Scalar, State
    from convbridge.plan.wishes import Wish, Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One field that is not what convbridge last made it."""

    key: str
    name: str
    field: str
    applied: Scalar
    found: Scalar

    def to_dict(self) -> dict[str, Any]:
        """Return the drift as JSON-ready data."""
        return {
            "key": self.key,
            "name": self.name,
            "field": self.field,
            "applied": to_json(self.applied),
            "found": to_json(self.found),
        }

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.field} is {to_json(self.found)}, convbridge made it "
            f"{to_json(self.applied)}"
        )


def drift(
    applied: Mapping[tuple[str, str], Scalar], actual: State
) -> tuple[Drift, ...]:
    """
    Compare what was last applied with what is there.

    Args:
        applied: The last value applied to each (key, field), from the ledger.
        actual: What GA4 and Google Ads hold now.
    """
    found: list[Drift] = []
    resources = {r.key: r for r in actual}
    for (key, name), value in sorted(applied.items()):
        resource = resources.get(key)
        if resource is None or name not in resource.fields:
            continue
        now = resource.fields[name]
        if not same(now, value, currency=currency_of(resource.fields)):
            drifted = Drift(
                key=key, name=resource.name, field=name, applied=value, found=now
            )
            found.append(drifted)
    return tuple(found)


def settle_drift(wishes: Wishes, drifted: Iterable[Drift], on_drift: OnDrift) -> Wishes:
    """
    Decide which side wins where somebody changed a value in the meantime.

    `report` leaves the drifted fields and warns; `adopt` leaves them and notes it;
    `restore` lets the plan set them again, and says so.
    """
    found = tuple(d for d in drifted if _matters(wishes, d))
    if on_drift is OnDrift.RESTORE:
        texts = tuple(f"drift: {d}; restored" for d in found)
        return replace(wishes, notes=wishes.notes + texts)
    left = {(d.key, d.field) for d in found}
    kept = replace(wishes, wishes=tuple(_without(w, left) for w in wishes))
    if on_drift is OnDrift.ADOPT:
        texts = tuple(f"drift: {d}; adopted" for d in found)
        return replace(kept, notes=kept.notes + texts)
    choice = "left as it is until `on_drift` says restore or adopt"
    texts = tuple(f"drift: {d}; {choice}" for d in found)
    return replace(kept, warnings=kept.warnings + texts)


def _matters(wishes: Wishes, drifted: Drift) -> bool:
    """Whether the field is wanted, and wanted to be something else than it is."""
    wish = wishes.get(drifted.key)
    fields = wish.resource.fields if wish else {}
    if drifted.field not in fields:
        return False
    currency = currency_of(fields)
    return not same(fields[drifted.field], drifted.found, currency=currency)


def _without(wish: Wish, left: set[tuple[str, str]]) -> Wish:
    fields = {
        name: value
        for name, value in wish.resource.fields.items()
        if (wish.resource.key, name) not in left
    }
    return replace(wish, resource=replace(wish.resource, fields=fields))
