"""The sandbox's events written as GA4 writes its BigQuery export."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from convbridge.model.parameters import EVENT_PARAMETERS
from convbridge.sandbox.events import CLICK_KINDS

VALUE = pa.struct(
    [
        ("string_value", pa.string()),
        ("int_value", pa.int64()),
        ("float_value", pa.float64()),
        ("double_value", pa.float64()),
    ]
)
BLANK = dict.fromkeys(VALUE.names)
CAMPAIGN = pa.struct([("campaign_id", pa.string()), ("campaign_name", pa.string())])
CHANNEL = pa.struct([("default_channel_group", pa.string())])
SCHEMA = pa.schema(
    [
        ("event_date", pa.string()),
        ("event_timestamp", pa.int64()),
        ("event_name", pa.string()),
        ("event_params", pa.list_(pa.struct([("key", pa.string()), ("value", VALUE)]))),
        ("user_pseudo_id", pa.string()),
        ("device", pa.struct([("category", pa.string())])),
        ("geo", pa.struct([("country", pa.string())])),
        (
            "collected_traffic_source",
            pa.struct([("gclid", pa.string())]),
        ),
        (
            "session_traffic_source_last_click",
            pa.struct(
                [
                    ("google_ads_campaign", CAMPAIGN),
                    ("cross_channel_campaign", CHANNEL),
                ]
            ),
        ),
        (
            "ecommerce",
            pa.struct(
                [
                    ("transaction_id", pa.string()),
                    ("purchase_revenue", pa.float64()),
                    ("refund_value", pa.float64()),
                ]
            ),
        ),
    ]
)


def rows_of(site, now, *, click_id):
    """Yield the export's rows of everything that GA4 saw on a site."""
    events, sessions = site.seen(now), site.recording.sessions
    seen_sessions = set()
    for i in range(len(events)):
        session = int(events.session[i])
        campaign = int(sessions.campaign[session])
        name = events.names[events.name[i]]
        value = float(events.value[i])
        has_value = value == value  # noqa: PLR0124 - NaN is not itself
        first = session not in seen_sessions
        seen_sessions.add(session)
        click = click_id(site, session) if first else ""
        kind = CLICK_KINDS[int(sessions.click_kind[session])] if click else ""
        params = params_of(events, i, value if has_value else None)
        if kind in {"gbraid", "wbraid"}:
            page = f"https://shop.example/?{kind}={click}&page=1"
            params.append(
                {"key": "page_location", "value": {**BLANK, "string_value": page}}
            )
        yield {
            "event_date": f"{site.date_of(int(events.day[i])):%Y%m%d}",
            "event_timestamp": int(events.time[i]),
            "event_name": name,
            "event_params": params,
            "user_pseudo_id": str(int(events.user[i])),
            "device": {"category": site.recording.devices[sessions.device[session]]},
            "geo": {"country": site.recording.countries[sessions.country[session]]},
            "collected_traffic_source": {"gclid": click if kind == "gclid" else None},
            "session_traffic_source_last_click": {
                "google_ads_campaign": {
                    "campaign_id": (
                        str(site.campaigns[campaign].id) if campaign >= 0 else None
                    ),
                    "campaign_name": None,
                },
                "cross_channel_campaign": {
                    "default_channel_group": site.recording.channels[
                        sessions.channel[session]
                    ]
                },
            },
            "ecommerce": {
                "transaction_id": (
                    str(int(events.transaction[i]))
                    if events.transaction[i] >= 0
                    else "(not set)"
                ),
                "purchase_revenue": value if name == "purchase" else None,
                "refund_value": value if name == "refund" else None,
            },
        }


def params_of(events, i, value):
    """Return the event's parameters as the export lists them."""
    known = events.param_rows[events.params[i]]
    found = [
        {"key": EVENT_PARAMETERS.get(k, k), "value": {**BLANK, "string_value": v}}
        for k, v in known.items()
    ]
    if value is not None:
        number = {**BLANK, "double_value": value}
        currency = events.currencies[events.currency[i]]
        found.append({"key": "value", "value": number})
        found.append({"key": "currency", "value": {**BLANK, "string_value": currency}})
    return found


def write_days(folder, rows):
    """Write one Parquet file a day, named as the export names its tables."""
    by_day = {}
    for row in rows:
        by_day.setdefault(row["event_date"], []).append(row)
    for day, found in by_day.items():
        table = pa.Table.from_pylist(found, schema=SCHEMA)
        pq.write_table(table, folder / f"events_{day}.parquet")
