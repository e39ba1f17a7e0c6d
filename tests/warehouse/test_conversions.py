"""Which click a conversion of the export belongs to, and which it does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from convbridge.adapters.warehouse import DuckDbEngine, WarehouseSource
from convbridge.model.dates import DateWindow
from warehouse.export_files import BLANK, write_days

DAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
WINDOW = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 20))


def seen(event, *, hours=0, visitor="v1", gclid=None, page=None, order=None):
    """Return an event as the export has it, some hours after the tenth at noon."""
    at = DAY + timedelta(hours=hours)
    location = {"key": "page_location", "value": {**BLANK, "string_value": page}}
    return {
        "event_date": f"{at:%Y%m%d}",
        "event_timestamp": int(at.timestamp() * 1_000_000),
        "event_name": event,
        "event_params": [location] if page else [],
        "user_pseudo_id": visitor,
        "collected_traffic_source": {"gclid": gclid},
        "ecommerce": {"transaction_id": order, "purchase_revenue": 5.0},
    }


def read(folder, *rows, window=WINDOW):
    write_days(folder, rows)
    source = WarehouseSource(engine=DuckDbEngine(folder), info=None, clock=None)
    with source.conversions(window, events=["lead", "purchase"]) as batches:
        return batches.read_all().to_pylist()


def clicks(rows):
    return [row["gclid"] or row["gbraid"] or row["wbraid"] for row in rows]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [seen("page_view", gclid="A"), seen("lead", hours=1)], ["A"], id="filled"
        ),
        pytest.param([seen("lead", gclid="A")], ["A"], id="on the event itself"),
        pytest.param(
            [seen("lead"), seen("page_view", hours=1, gclid="A")], [], id="afterwards"
        ),
        pytest.param(
            [
                seen("page_view", gclid="A"),
                seen("page_view", hours=1, page="https://x.example/?a=1&gbraid=B&c=2"),
                seen("lead", hours=2),
            ],
            ["B"],
            id="the last one",
        ),
        pytest.param(
            [
                seen("page_view", visitor=None, gclid="A"),
                seen("lead", hours=1, visitor=None),
            ],
            [],
            id="strangers without an id are nobody",
        ),
        pytest.param(
            [seen("page_view", visitor="v2", gclid="A"), seen("lead", hours=1)],
            [],
            id="another visitor",
        ),
        pytest.param(
            [seen("page_view", hours=-24 * 91, gclid="A"), seen("lead")],
            [],
            id="too old",
        ),
        pytest.param(
            [seen("page_view", hours=-24 * 60, gclid="A"), seen("lead")],
            ["A"],
            id="before the window",
        ),
        pytest.param(
            [seen("lead", hours=-24 * 10, gclid="A"), seen("lead", gclid="B")],
            ["B"],
            id="conversions of the window only",
        ),
    ],
)
def test_a_conversion_has_its_visitors_last_click(tmp_path, rows, expected):
    assert clicks(read(tmp_path, *rows)) == expected


def test_a_conversion_keeps_its_id_when_more_is_known_of_its_click(tmp_path):
    lead = seen("lead", hours=2)
    first = read(tmp_path, seen("page_view", gclid="A"), lead)
    late = seen("page_view", hours=1, gclid="B")
    second = read(tmp_path, seen("page_view", gclid="A"), late, lead)

    assert clicks(first + second) == ["A", "B"]
    assert first[0]["order_id"] == second[0]["order_id"]
    assert first[0]["order_id"].startswith("ga4-")


@pytest.mark.parametrize("order", ["", "(not set)", None])
def test_orders_without_a_number_get_an_id(tmp_path, order):
    rows = [seen("purchase", hours=i, gclid="A", order=order) for i in range(2)] + [
        seen("purchase", gclid="A", order="O1")
    ]

    found = [row["order_id"] for row in read(tmp_path, *rows)]

    assert len(set(found)) == 3
    assert found.count("O1") == 1
