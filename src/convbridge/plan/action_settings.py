"""Wishes on how a conversion action counts: only what the configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.plan.places import is_ga4_import, place_of

if TYPE_CHECKING:
    from convbridge.model.resources import Resource, Scalar
    from convbridge.plan.context import Context

SETTABLE = frozenset(
    {
        "AD_CALL",
        "CLICK_TO_CALL",
        "GOOGLE_PLAY_DOWNLOAD",
        "GOOGLE_PLAY_IN_APP_PURCHASE",
        "UPLOAD_CALLS",
        "UPLOAD_CLICKS",
        "WEBPAGE",
        "WEBSITE_CALL",
    }
)
"""Types the API creates, and so lets be changed; of the others Google says
UPDATE_NOT_SUPPORTED or MUTATE_NOT_ALLOWED."""


def settings_for(ctx: Context, action: Resource, event: str) -> dict[str, Scalar]:
    """Return the settings wanted of an action, if the API may change its type."""
    if action.info.get("type") not in SETTABLE:
        return {}
    return dict(ctx.rules.settings_of(event).fields())


def set_by_hand(ctx: Context, action: Resource, event: str) -> tuple[str, ...]:
    """Return where a person sets what is wanted and the API may not change."""
    if action.info.get("type") in SETTABLE:
        return ()
    said = ctx.rules.settings_of(event).fields().items()
    wanted = {f: value for f, value in said if action.fields.get(f) != value}
    if not wanted:
        return ()
    kind = "a GA4 import" if is_ga4_import(action.info) else "this type of action"
    moves = (f"{_short(f)} {action.fields.get(f)} → {v}" for f, v in wanted.items())
    places = (
        place_of(action.type, field, name=action.name, info=action.info)
        for field in wanted
    )
    text = (
        f"{action.name!r}: the config asks for {', '.join(moves)}, which Google does "
    )
    text += f"not let the API set on {kind}; set it in "
    return (text + "; ".join(dict.fromkeys(places)),)


def moved_settings(action: Resource, fields: dict[str, Scalar]) -> str:
    """Return the settings that are to move, for the reason of a change."""
    moved = [_short(f) for f, value in fields.items() if action.fields.get(f) != value]
    return f"; config: {', '.join(moved)}" if moved else ""


def warn_counting(event: str, fields: dict[str, Scalar]) -> tuple[str, ...]:
    """Warn of an upload action that refuses the click ids of iOS."""
    if fields.get("counting_type") != "ONE_PER_CLICK":
        return ()
    text = "counting ONE_PER_CLICK, Google refuses conversions with gbraid or wbraid"
    return (f"delivery: {event}: {text}",)


def _short(field: str) -> str:
    return field.rsplit(".", 1)[-1]
