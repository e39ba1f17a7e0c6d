"""The sections of a client in convbridge.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from convbridge.model.policy import Anchor, GoalMode, Scheme
from convbridge.settings.fields import (
    Campaign,
    Customer,
    Duration,
    EventName,
    NoBool,
    Property,
    Reference,
    fault,
)

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), NoBool]
PositiveShare = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), NoBool]


class Section(BaseModel):
    """Base of every section: unknown keys are faults, nothing changes later."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )


class Ga4Settings(Section):
    """The GA4 property that is read, and changed where key events are."""

    property_id: Property
    """In GA4 under Admin > Property details; not the `G-` id of a stream."""
    quota_floor: Share = 0.1
    """Share of each quota bucket that is left to the client's own tools."""


class WarehouseSettings(Section):
    """GA4's BigQuery export, exact to the event, in place of GA4's reports."""

    kind: Literal["duckdb"] = "duckdb"
    """What reads the export: DuckDB, over Parquet files of its daily tables."""
    path: Annotated[str, Field(min_length=1)]
    """Directory with `events_YYYYMMDD*.parquet`; a relative one starts at this
    file."""
    intraday: bool = False
    """Read a day's intraday table where its daily table is not there yet."""


class AudienceSettings(Section):
    """People to win back: they did one event, and not another."""

    did: EventName
    """The event they did."""
    did_not: EventName | None = None
    """The event they did not do."""
    days: Annotated[int, Field(ge=1, le=540), NoBool] = 30
    """How long somebody stays in the audience."""


class GoogleAdsSettings(Section):
    """The Google Ads account whose campaigns bid."""

    customer_id: Customer
    """Ten digits, with or without dashes; not a manager account."""
    login_customer_id: Customer | None = None
    """The manager account the credentials belong to; also
    GOOGLE_ADS_LOGIN_CUSTOMER_ID and google-ads.yaml."""
    shared: bool = False
    """Say true on every client that shares its customer id with another one."""


class PublishSettings(Section):
    """When a new value replaces the published one."""

    ewma: PositiveShare = 0.3
    """Weight of the new estimate; 1 follows it at once."""
    dead_band: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False), NoBool] = 0.10
    """Relative move below which nothing is published."""
    step_cap: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False), NoBool] = 0.25
    """Largest relative move at one time."""
    min_age_days: Annotated[int, Field(ge=0, le=365), NoBool] = 14
    """Days a published value stays at least."""


class ReadinessSettings(Section):
    """Conversions that Google advises before value bidding (support 6268637)."""

    search_30_days: Annotated[int, Field(ge=0), NoBool] = 15
    """Search campaigns, in 30 days."""
    other_45_days: Annotated[int, Field(ge=0), NoBool] = 20
    """Most other campaign types, in 45 days."""
    recommended_30_days: Annotated[int, Field(ge=0), NoBool] = 50
    """Recommended, in 30 days."""


class ValuesSettings(Section):
    """How values are computed."""

    scheme: Scheme = Scheme.BLEND
    """How credit is shared over the steps before the primary."""
    anchor: Anchor = Anchor.PRIMARY
    """What is kept at face value: the primary, or the total."""
    window_days: Annotated[int, Field(ge=1, le=1100), NoBool] = 90
    """Complete days of data, ending yesterday in the property's time zone."""
    horizon_days: Annotated[int, Field(ge=1, le=90), NoBool] = 30
    """Days after a micro event in which the primary counts."""
    publish: PublishSettings = PublishSettings()
    """When a new value replaces the published one."""
    readiness: ReadinessSettings = ReadinessSettings()
    """Conversions that Google advises before value bidding."""

    @model_validator(mode="after")
    def _window_holds_horizon(self) -> ValuesSettings:
        if self.horizon_days > self.window_days:
            message = (
                f"a horizon of {self.horizon_days} days does not fit into "
                f"a window of {self.window_days}"
            )
            raise fault(message, hint="make window_days longer", at="horizon_days")
        return self


class GoalsSettings(Section):
    """Where micro conversions become biddable."""

    mode: GoalMode = GoalMode.CUSTOM
    """`custom`: a custom goal on the named campaigns only; `campaign`: their own
    goals; `account`: every campaign; `none`: nowhere."""
    campaigns: tuple[Campaign, ...] = ()
    """Campaign ids, or name patterns with `*`."""

    @model_validator(mode="after")
    def _campaigns_fit_mode(self) -> GoalsSettings:
        if self.campaigns and self.mode in {GoalMode.ACCOUNT, GoalMode.NONE}:
            message = f"mode {self.mode} takes no campaigns"
            hint = "leave them out, or choose mode custom or campaign"
            raise fault(message, hint=hint, at="campaigns")
        return self


def _target_roas(value: Any) -> Any:
    if value in ("keep", "rescale"):
        return value
    try:
        number = float(value) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError):
        number = -1.0
    if not 0.01 <= number <= 1000:  # Google's range for TargetRoas
        message = "expected keep, rescale, or a ratio from 0.01 to 1000"
        raise fault(message, hint="3.5 is 350 %")
    return number


_ROAS_SCHEMA = {
    "anyOf": [
        {"enum": ["keep", "rescale"]},
        {"type": "number", "minimum": 0.01, "maximum": 1000},
    ]
}


class BiddingSettings(Section):
    """What is done with the campaigns' bidding; nothing when left out."""

    strategy: Literal["maximize_conversion_value"] | None = None
    """The bidding strategy to set; left out, bidding is left alone."""
    target_roas: (
        Annotated[
            float | str, BeforeValidator(_target_roas), WithJsonSchema(_ROAS_SCHEMA)
        ]
        | None
    ) = None
    """A ratio (3.5 is 350 %), `keep`, or `rescale` by the values' multiplier."""


class LimitsSettings(Section):
    """Absolute caps; a plan beyond them is refused."""

    max_changes: Annotated[int, Field(ge=0), NoBool] = 50
    """Most changes in one plan."""
    max_value_ratio: Annotated[
        float, Field(ge=1, le=1000, allow_inf_nan=False), NoBool
    ] = 3.0
    """Largest factor by which one published value may move, up or down."""


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as exc:
        message = f"{value!r} is not a time zone"
        raise fault(message, hint="write a name such as Asia/Bangkok") from exc
    return value


class ConsentSettings(Section):
    """Consent of the people behind the rows, where the rows do not say."""

    ad_user_data: Literal["granted", "denied"] | None = None
    """Consent for sending user data to Google."""
    ad_personalization: Literal["granted", "denied"] | None = None
    """Consent for personalised ads."""


class DeliverySettings(Section):
    """How conversions with click ids or user data are sent."""

    sink: Literal["data_manager", "google_ads"] = "data_manager"
    """The API that takes them; `google_ads` is for allow-listed projects only."""
    actions: dict[EventName, Reference] = Field(default_factory=dict)
    """Event to conversion action, by id or name; `""` for one that the plan makes."""
    mapping: dict[str, str] = Field(default_factory=dict)
    """convbridge's column to the file's column, where the names differ."""
    hold: Duration | None = None
    """How long micro conversions wait for an anti event of the same user: 24h."""
    consent: ConsentSettings = ConsentSettings()
    """Consent of the people behind the rows, where the rows do not say."""
    phone_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """Country of phone numbers written without a country code: TH, PL."""
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    """Zone of times written without one; the property's when left out."""
    currencies: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ()
    """Currencies beside the account's that rows may carry; Google converts them."""
