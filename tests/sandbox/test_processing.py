"""What GA4 does to events as they come in, seen in its reports and in Google Ads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from google.analytics import admin_v1alpha, admin_v1beta

from convbridge.sandbox.processing import condition_mask
from sandbox.ga4_client import (
    COFFEE,
    admin_alpha_client,
    admin_client,
    ask,
    where,
)

if TYPE_CHECKING:
    from convbridge.sandbox import Google

STREAM = f"{COFFEE}/dataStreams/1001"
SINCE_TODAY = [{"startDate": "2026-11-22", "endDate": "2026-12-31"}]


def make_rule(google: Google) -> admin_v1alpha.EventCreateRule:
    conditions = [
        ("event_name", "EQUALS", "click"),
        ("link_domain", "REGULAR_EXPRESSION", r"^lin(e\.me|\.ee)$"),
    ]
    rule = admin_v1alpha.EventCreateRule(
        destination_event="line_click",
        event_conditions=[
            {"field": field, "comparison_type": kind, "value": value}
            for field, kind, value in conditions
        ],
        source_copy_parameters=True,
    )
    return admin_alpha_client(google).create_event_create_rule(
        parent=STREAM, event_create_rule=rule
    )


def only(event: str) -> dict[str, Any]:
    return {"dimensionFilter": where("eventName", stringFilter={"value": event})}


def test_a_rule_makes_events_from_when_it_was_made(google: Google) -> None:
    make_rule(google)
    before = ask(google, "eventName", **only("line_click"))

    google.clock.advance(days=5)
    since = ask(google, "linkDomain", dateRanges=SINCE_TODAY, **only("line_click"))
    clicks = ask(google, "linkDomain", dateRanges=SINCE_TODAY, **only("click"))
    earlier = [{"startDate": "2026-08-01", "endDate": "2026-11-21"}]

    assert before == []
    assert ask(google, "eventName", dateRanges=earlier, **only("line_click")) == []
    assert {domain for domain, _ in since} == {"line.me", "lin.ee"}
    made, all_clicks = (dict(rows) for rows in (since, clicks))
    for domain, count in made.items():
        assert 0 < int(count) <= int(all_clicks[domain])


def test_a_deleted_rule_makes_no_more_events(google: Google) -> None:
    made = make_rule(google)
    admin_alpha_client(google).delete_event_create_rule(name=made.name)

    google.clock.advance(days=5)

    assert ask(google, dateRanges=SINCE_TODAY, **only("line_click")) == []


def test_events_of_a_rule_reach_google_ads(google: Google) -> None:
    site = google.world.site("siam-coffee")
    make_rule(google)
    google.clock.advance(days=10)

    credit = google.world.conversions(site, "line_click")

    assert len(credit) > 0
    assert (credit.day >= 150).all()


def test_a_default_value_fills_in_what_has_none_from_then_on(google: Google) -> None:
    wanted = admin_v1beta.KeyEvent(
        event_name="sign_up",
        counting_method=1,
        default_value={"numeric_value": 35, "currency_code": "THB"},
    )
    admin_client(google).create_key_event(parent=COFFEE, key_event=wanted)
    google.clock.advance(days=5)
    metrics = "eventCount eventValue keyEvents"

    before = ask(
        google,
        "",
        metrics,
        dateRanges=[{"startDate": "2026-10-01", "endDate": "2026-11-21"}],
        **only("sign_up"),
    )
    after = ask(
        google,
        "",
        metrics,
        dateRanges=[{"startDate": "2026-11-23", "endDate": "2026-11-27"}],
        **only("sign_up"),
    )

    assert before[0][1:] == ("0", "0")
    count, value, key_events = (float(text) for text in after[0])
    assert count > 0
    assert (value, key_events) == (35 * count, count)


def test_a_default_value_leaves_real_values_alone(google: Google) -> None:
    client = admin_client(google)
    [mark] = client.list_key_events(parent=COFFEE)
    mark.default_value = {"numeric_value": 1, "currency_code": "THB"}
    client.update_key_event(key_event=mark, update_mask={"paths": ["default_value"]})
    google.clock.advance(days=5)
    site = google.world.site("siam-coffee")
    plain = site.recording.events
    bought = plain.value[plain.named("purchase")]

    seen = site.seen(google.clock.now())

    assert set(seen.value[seen.named("purchase")]) <= set(bought)
    assert 1.0 not in set(seen.value[seen.named("purchase")])


@pytest.mark.parametrize(
    ("kind", "value", "negated", "kept"),
    [
        ("EQUALS", "line.me", False, {"line.me"}),
        ("EQUALS", "LINE.me", False, set()),
        ("EQUALS_CASE_INSENSITIVE", "LINE.me", False, {"line.me"}),
        ("CONTAINS", "in", False, {"line.me", "lin.ee", "instagram.com"}),
        ("STARTS_WITH", "lin", False, {"line.me", "lin.ee"}),
        ("ENDS_WITH", ".com", False, {"facebook.com", "instagram.com"}),
        ("REGULAR_EXPRESSION", "^m", False, {"m.me"}),
        ("REGULAR_EXPRESSION_CASE_INSENSITIVE", "^M", False, {"m.me"}),
        ("ENDS_WITH", ".com", True, {"line.me", "lin.ee", "m.me", None}),
    ],
)
def test_conditions(
    google: Google, kind: str, value: str, *, negated: bool, kept: set[str | None]
) -> None:
    events = google.world.site("siam-coffee").recording.events
    condition = {
        "field": "link_domain",
        "comparisonType": kind,
        "value": value,
        "negated": negated,
    }

    mask = condition_mask(events, condition)

    rows = {int(code) for code in np.unique(events.params[mask])}
    assert {events.param_rows[code].get("linkDomain") for code in rows} == kept
