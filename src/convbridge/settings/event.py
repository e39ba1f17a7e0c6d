"""The section of one event: what it is, and how its conversion action counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from convbridge.model.categories import CATEGORIES
from convbridge.model.classes import EventClass, EventGroup
from convbridge.settings.conditions import Where, near
from convbridge.settings.fields import (
    Amount,
    EventName,
    NoBool,
    Reference,
    fault,
)
from convbridge.settings.models import PositiveShare, Section, Share

Class = Literal[EventClass.PRIMARY, EventClass.MICRO, EventClass.ANTI, EventClass.NOISE]


def _category(value: Any) -> Any:
    if value in CATEGORIES:
        return value
    text = str(value) if isinstance(value, (str, int, float)) else "this"
    close = near(text, CATEGORIES) or f"one of {', '.join(CATEGORIES)}"
    raise fault(f"{text!r} is no category of Google Ads", hint=close)


Category = Annotated[
    str, BeforeValidator(_category), WithJsonSchema({"enum": list(CATEGORIES)})
]


class ActionSettings(Section):
    """Settings of a conversion action, by Google's names; left out, none is changed."""

    counting_type: Literal["ONE_PER_CLICK", "MANY_PER_CLICK"] | None = None
    """Whether each conversion after a click counts, or one."""
    click_through_lookback_window_days: (
        Annotated[int, Field(ge=1, le=90), NoBool] | None
    ) = None
    """Days after a click in which a conversion counts."""
    view_through_lookback_window_days: (
        Annotated[int, Field(ge=1, le=30), NoBool] | None
    ) = None
    """Days after a mere impression in which a conversion counts."""
    attribution_model: (
        Literal["GOOGLE_ADS_LAST_CLICK", "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN"] | None
    ) = None
    """How credit is shared over clicks; Google sets no rule-based model any more."""


class EventSettings(Section):
    """The user's word on one event; what is left out comes from the template."""

    class_: Class | None = Field(default=None, alias="class")
    """What the event is to the business."""
    from_: EventName | None = Field(default=None, alias="from")
    """Makes a derived event: this GA4 event, where every test of `where` holds."""
    where: Where | None = None
    """Tests on GA4 dimensions: `{linkDomain: line.me}`, a list for any of them,
    `{pagePath: {contains: pricing}}`; `not` and `case_sensitive` beside it."""
    value: Amount | None = None
    """Money per conversion in the property's currency; left out: GA4's revenue."""
    close_rate: PositiveShare | None = None
    """Share of leads that become customers; `value` is then a customer's value."""
    group: EventGroup | None = None
    """What kind of act the event is."""
    stage: Annotated[int, Field(ge=1, le=99), NoBool] | None = None
    """Position on the path to the primary, 1 first."""
    category: Category | None = None
    """Google Ads conversion action category, such as ADD_TO_CART; said here, it
    replaces the one the action has."""
    weight: Share | None = None
    """Share of the credit, with `scheme: weights`."""
    action: Reference | None = None
    """Conversion action that carries the event where GA4 does not: id or name."""
    action_settings: ActionSettings = ActionSettings()
    """Settings of the event's conversion action; what is left out stays as it is."""
    counting_method: Literal["ONCE_PER_EVENT", "ONCE_PER_SESSION"] | None = None
    """How GA4 counts the key event; left out, a new one counts once per session for
    a micro event, once per event for a primary, and others stay as they are."""

    @model_validator(mode="after")
    def _fits_together(self) -> EventSettings:
        if self.where is not None and self.from_ is None:
            hint = "add from: and the GA4 event that is tested"
            raise fault("`where` tests nothing without `from`", hint=hint, at="where")
        if self.from_ is not None and self.where is None:
            hint = "add where: {dimension: value}, or leave `from` out"
            raise fault("`from` copies an event without `where`", hint=hint, at="from")
        if self.close_rate is not None and self.value is None:
            hint = "add value: and what a customer is worth"
            raise fault("`close_rate` needs a `value`", hint=hint, at="close_rate")
        if self.class_ in {EventClass.ANTI, EventClass.NOISE} and self.value:
            hint = "leave `value` out, or choose class micro or primary"
            raise fault(f"class {self.class_} carries no value", hint=hint, at="value")
        return self
