"""The Admin API through the real v1beta and v1alpha clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.analytics import admin_v1alpha as alpha
from google.analytics import admin_v1beta as beta
from google.api_core import exceptions

from convbridge.sandbox import Clock, serve
from convbridge.sandbox.sites import agency_world
from sandbox.ga4_client import (
    COFFEE,
    NOW,
    admin_alpha_client,
    admin_client,
    data_client,
)

if TYPE_CHECKING:
    from convbridge.sandbox import Google

STREAM = f"{COFFEE}/dataStreams/1001"
ONCE = beta.KeyEvent.CountingMethod.ONCE_PER_EVENT
PER_SESSION = beta.KeyEvent.CountingMethod.ONCE_PER_SESSION


def key_event(name: str, **more: Any) -> beta.KeyEvent:
    return beta.KeyEvent(event_name=name, **{"counting_method": ONCE} | more)


def default(value: float, currency: str = "THB") -> beta.KeyEvent.DefaultValue:
    return beta.KeyEvent.DefaultValue(numeric_value=value, currency_code=currency)


def test_a_property_tells_its_zone_and_currency(google: Google) -> None:
    found = admin_client(google).get_property(name=COFFEE)

    assert (found.time_zone, found.currency_code) == ("Asia/Bangkok", "THB")
    assert found.service_level.name == "GOOGLE_ANALYTICS_STANDARD"


def test_account_summaries_list_what_can_be_read(google: Google) -> None:
    found = list(admin_client(google).list_account_summaries())

    assert [each.property_summaries[0].property for each in found] == [
        COFFEE,
        "properties/222222222",
    ]


def test_account_summaries_are_read_page_by_page() -> None:
    clock = Clock(NOW)
    with serve(agency_world(120, clock=clock)) as google:
        found = list(admin_client(google).list_account_summaries())
        pages = len(google.calls.where(method="listAccountSummaries"))

    assert len({each.name for each in found}) == 120
    assert pages == 3


def test_links_name_the_ads_account_without_dashes(google: Google) -> None:
    [link] = admin_client(google).list_google_ads_links(parent=COFFEE)

    assert link.customer_id == "1234567890"
    assert not link.can_manage_clients
    assert link.ads_personalization_enabled


def test_an_account_is_linked_once(google: Google) -> None:
    client = admin_client(google)
    link = beta.GoogleAdsLink(customer_id="5555555555")
    client.create_google_ads_link(parent=COFFEE, google_ads_link=link)

    with pytest.raises(exceptions.Conflict):
        client.create_google_ads_link(parent=COFFEE, google_ads_link=link)

    assert len(list(client.list_google_ads_links(parent=COFFEE))) == 2


def test_streams_retention_and_custom_dimensions_are_read(google: Google) -> None:
    client = admin_client(google)

    [stream] = client.list_data_streams(parent=COFFEE)
    retention = client.get_data_retention_settings(
        name=f"{COFFEE}/dataRetentionSettings"
    )
    [dimension] = client.list_custom_dimensions(parent=COFFEE)

    assert (stream.name, stream.type_.name) == (STREAM, "WEB_DATA_STREAM")
    assert retention.event_data_retention.name == "FOURTEEN_MONTHS"
    assert (dimension.parameter_name, dimension.scope.name) == (
        "resultsCount",
        "EVENT",
    )


def test_a_link_can_be_deleted_once(google: Google) -> None:
    client = admin_client(google)
    [link] = client.list_google_ads_links(parent=COFFEE)

    client.delete_google_ads_link(name=link.name)

    assert list(client.list_google_ads_links(parent=COFFEE)) == []
    with pytest.raises(exceptions.NotFound):
        client.delete_google_ads_link(name=link.name)


def test_a_link_with_dashes_is_refused(google: Google) -> None:
    with pytest.raises(exceptions.BadRequest, match="ten digits without dashes"):
        admin_client(google).create_google_ads_link(
            parent=COFFEE,
            google_ads_link=beta.GoogleAdsLink(customer_id="555-555-5555"),
        )


@pytest.mark.parametrize(
    ("months", "level", "is_allowed"),
    [
        pytest.param("TWO_MONTHS", "STANDARD", True, id="less is always allowed"),
        pytest.param("FIFTY_MONTHS", "STANDARD", False, id="more is for 360"),
        pytest.param("FIFTY_MONTHS", "360", True, id="360 may have more"),
    ],
)
def test_retention_can_be_changed_within_the_plan(
    google: Google, months: str, level: str, *, is_allowed: bool
) -> None:
    state = google.world.site("siam-coffee").ga4
    state.service_level = f"GOOGLE_ANALYTICS_{level}"
    wanted = alpha.DataRetentionSettings(
        name=f"{COFFEE}/dataRetentionSettings", event_data_retention=months
    )
    change = {
        "data_retention_settings": wanted,
        "update_mask": {"paths": ["event_data_retention"]},
    }
    client = admin_alpha_client(google)

    if is_allowed:
        client.update_data_retention_settings(request=change)
        assert state.event_retention == months
    else:
        with pytest.raises(exceptions.BadRequest, match="360"):
            client.update_data_retention_settings(request=change)
        assert state.event_retention == "FOURTEEN_MONTHS"


def test_an_audience_keeps_its_clauses_when_its_name_changes(google: Google) -> None:
    client = admin_alpha_client(google)
    made = client.create_audience(parent=COFFEE, audience=audience())

    made.display_name = "Left carts"
    client.update_audience(audience=made, update_mask={"paths": ["display_name"]})
    changed = client.get_audience(name=made.name)

    assert changed.display_name == "Left carts"
    assert changed.filter_clauses == made.filter_clauses
    with pytest.raises(exceptions.BadRequest, match="immutable field"):
        client.update_audience(audience=made, update_mask={"paths": ["filter_clauses"]})


def test_a_key_event_is_created_read_changed_and_deleted(google: Google) -> None:
    client = admin_client(google)
    made = client.create_key_event(parent=COFFEE, key_event=key_event("add_to_cart"))

    wanted = beta.KeyEvent(
        name=made.name, default_value=default(12.5), counting_method=PER_SESSION
    )
    client.update_key_event(key_event=wanted, update_mask={"paths": ["default_value"]})
    changed = client.get_key_event(name=made.name)
    client.delete_key_event(name=made.name)

    assert (changed.event_name, changed.custom, changed.deletable) == (
        "add_to_cart",
        True,
        True,
    )
    assert changed.default_value == default(12.5)
    assert changed.counting_method == ONCE  # not in the mask
    assert changed.create_time == NOW
    with pytest.raises(exceptions.NotFound):
        client.get_key_event(name=made.name)


def test_a_default_value_of_zero_is_a_value(google: Google) -> None:
    client = admin_client(google)

    made = client.create_key_event(
        parent=COFFEE, key_event=key_event("scroll", default_value=default(0))
    )

    [mark] = list(google.world.site("siam-coffee").key_events[1:])
    assert "default_value" in made
    assert mark.default_value == (0.0, "THB")


def test_a_default_value_in_the_mask_and_left_out_is_cleared(google: Google) -> None:
    client = admin_client(google)
    made = client.create_key_event(
        parent=COFFEE, key_event=key_event("scroll", default_value=default(5))
    )

    cleared = client.update_key_event(
        key_event=beta.KeyEvent(name=made.name),
        update_mask={"paths": ["default_value"]},
    )

    assert "default_value" not in cleared


def test_a_new_key_event_gets_metrics(google: Google) -> None:
    admin_client(google).create_key_event(
        parent=COFFEE, key_event=key_event("add_to_cart")
    )

    found = data_client(google).get_metadata(name=f"{COFFEE}/metadata")

    assert "keyEvents:add_to_cart" in {each.api_name for each in found.metrics}


@pytest.mark.parametrize(
    ("wanted", "error", "message"),
    [
        pytest.param(
            key_event("purchase"), exceptions.Conflict, "already exists", id="again"
        ),
        pytest.param(
            key_event(""), exceptions.BadRequest, "event_name is required", id="unnamed"
        ),
        pytest.param(
            key_event("1st order"),
            exceptions.BadRequest,
            "must start with a letter",
            id="not a name",
        ),
        pytest.param(
            beta.KeyEvent(event_name="scroll"),
            exceptions.BadRequest,
            "counting_method is required",
            id="no counting method",
        ),
        pytest.param(
            key_event(
                "scroll", default_value=beta.KeyEvent.DefaultValue(numeric_value=5)
            ),
            exceptions.BadRequest,
            "needs numeric_value and currency_code",
            id="value without currency",
        ),
        pytest.param(
            key_event("scroll", default_value=default(5, "XXX")),
            exceptions.BadRequest,
            "not a valid currency",
            id="no such currency",
        ),
    ],
)
def test_a_bad_key_event_is_refused(
    google: Google, wanted: beta.KeyEvent, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        admin_client(google).create_key_event(parent=COFFEE, key_event=wanted)

    assert len(google.world.site("siam-coffee").key_events) == 1


def test_thirty_custom_key_events_are_the_most(google: Google) -> None:
    client = admin_client(google)
    for number in range(30):
        client.create_key_event(parent=COFFEE, key_event=key_event(f"e{number}"))

    with pytest.raises(exceptions.TooManyRequests, match="limit of 30 key events"):
        client.create_key_event(parent=COFFEE, key_event=key_event("one_more"))

    assert len(list(client.list_key_events(parent=COFFEE))) == 31


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        pytest.param([], "update_mask is required", id="none"),
        pytest.param(["event_name"], "immutable field: event_name", id="immutable"),
        pytest.param(["valeu"], "immutable field: valeu", id="unknown"),
    ],
)
def test_a_bad_mask_is_refused(google: Google, paths: list[str], message: str) -> None:
    client = admin_client(google)
    [mark] = client.list_key_events(parent=COFFEE)

    with pytest.raises(exceptions.BadRequest, match=message):
        client.update_key_event(key_event=mark, update_mask={"paths": paths})


def test_purchase_stays_a_key_event(google: Google) -> None:
    client = admin_client(google)
    [mark] = client.list_key_events(parent=COFFEE)

    with pytest.raises(exceptions.BadRequest, match="can't be deleted"):
        client.delete_key_event(name=mark.name)


def audience(**more: Any) -> alpha.Audience:
    def clause(kind: str, event: str) -> alpha.AudienceFilterClause:
        single = alpha.AudienceFilterExpression(
            event_filter=alpha.AudienceEventFilter(event_name=event)
        )
        group = alpha.AudienceFilterExpression(
            or_group=alpha.AudienceFilterExpressionList(filter_expressions=[single])
        )
        top = alpha.AudienceFilterExpression(
            and_group=alpha.AudienceFilterExpressionList(filter_expressions=[group])
        )
        return alpha.AudienceFilterClause(
            clause_type=kind,
            simple_filter=alpha.AudienceSimpleFilter(
                scope="AUDIENCE_FILTER_SCOPE_ACROSS_ALL_SESSIONS",
                filter_expression=top,
            ),
        )

    fields = {
        "display_name": "Cart, no order",
        "description": "Added to the cart and did not buy.",
        "membership_duration_days": 30,
        "filter_clauses": [
            clause("INCLUDE", "add_to_cart"),
            clause("EXCLUDE", "purchase"),
        ],
    }
    return alpha.Audience(**fields | more)


def test_an_audience_is_created_listed_and_archived(google: Google) -> None:
    client = admin_alpha_client(google)
    made = client.create_audience(parent=COFFEE, audience=audience())

    listed = list(client.list_audiences(parent=COFFEE))
    client.archive_audience(request={"name": made.name})

    assert listed == [made]
    assert made.filter_clauses == audience().filter_clauses
    assert made.ads_personalization_enabled
    assert list(client.list_audiences(parent=COFFEE)) == []


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param(audience(description=""), "required", id="no description"),
        pytest.param(audience(membership_duration_days=541), "1 to 540", id="too long"),
        pytest.param(audience(filter_clauses=[]), "filter_clauses", id="no clauses"),
    ],
)
def test_a_bad_audience_is_refused(
    google: Google, wanted: alpha.Audience, message: str
) -> None:
    with pytest.raises(exceptions.BadRequest, match=message):
        admin_alpha_client(google).create_audience(parent=COFFEE, audience=wanted)


def test_an_event_create_rule_is_created_changed_and_deleted(google: Google) -> None:
    client = admin_alpha_client(google)
    condition = alpha.MatchingCondition(
        field="event_name", comparison_type="EQUALS", value="click"
    )
    rule = alpha.EventCreateRule(
        destination_event="line_click", event_conditions=[condition]
    )
    made = client.create_event_create_rule(parent=STREAM, event_create_rule=rule)

    made.destination_event = "line_tap"
    client.update_event_create_rule(
        event_create_rule=made, update_mask={"paths": ["destination_event"]}
    )
    [changed] = client.list_event_create_rules(parent=STREAM)
    client.delete_event_create_rule(name=made.name)

    assert changed.destination_event == "line_tap"
    assert list(changed.event_conditions) == [condition]
    assert list(client.list_event_create_rules(parent=STREAM)) == []


def test_a_rule_without_conditions_is_refused(google: Google) -> None:
    with pytest.raises(exceptions.BadRequest, match="1 to 10 event conditions"):
        admin_alpha_client(google).create_event_create_rule(
            parent=STREAM,
            event_create_rule=alpha.EventCreateRule(destination_event="line_click"),
        )


def test_the_admin_api_of_a_foreign_property_is_forbidden(google: Google) -> None:
    with pytest.raises(exceptions.Forbidden):
        admin_client(google).get_property(name="properties/999")


def test_admin_faults_and_calls_have_their_own_service(google: Google) -> None:
    google.faults.add(service="ga4_admin", method="listKeyEvents", status=503)

    with pytest.raises(exceptions.ServiceUnavailable):
        list(admin_client(google).list_key_events(parent=COFFEE))

    assert [(call.service, call.status) for call in google.calls] == [
        ("ga4_admin", "UNAVAILABLE")
    ]
    assert (
        google.quota("111111111").remaining("server_errors_per_project_per_hour") == 10
    )
