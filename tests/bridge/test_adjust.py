"""Restatements and retractions of what was delivered, by file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.errors import DataError
from convbridge.sandbox.clicks import clicks_between
from deliver.kit import CUSTOMER, make_action, write_csv

HEADER = ["event", "order_id", "time", "value", "kind"]


@pytest.fixture
def sold(opened, say, google, tmp_path):
    """Deliver two sales of a week ago through a sink, and say when they were."""

    def deliver(sink):
        google.ads.uploads_allowed = True
        action = make_action(google, "CRM sale")
        say(f"delivery: {{sink: {sink}, actions: {{sale: {action}}}}}")
        now = datetime.now(UTC)
        site = google.world.site_of_customer(CUSTOMER)
        found = clicks_between(site, now - timedelta(days=30), now - timedelta(days=7))
        click = next(click for click in found if click.kind == "gclid")
        time = click.time + timedelta(hours=1)
        rows = [["sale", time.isoformat(), click.id, "9", f"O{i}"] for i in (1, 2)]
        report = opened().deliver(write_csv(tmp_path / "sales.csv", rows))
        assert report.sent == 2
        return time + timedelta(days=2)

    return deliver


def adjustments(path, at):
    rows = [
        ["sale", "O1", at.isoformat(), "4.5", ""],
        ["sale", "O2", at.isoformat(), "", "retraction"],
        ["sale", "O2", at.isoformat(), "", ""],
        ["sale", "O9", at.isoformat(), "1", "restatement"],
        ["sold", "O1", at.isoformat(), "1", ""],
    ]
    return write_csv(path, rows, header=HEADER)


NEVER_SENT = [
    (4, "rejected", "the row has no value; write `retraction` as its kind"),
    (5, "rejected", "no conversion with that id was delivered"),
    (6, "rejected", "event 'sold' has no conversion action"),
]


@pytest.mark.parametrize(
    ("sink", "expected"),
    [
        pytest.param(
            "google_ads",
            [(2, "accepted", ""), (3, "accepted", "")],
            id="Google Ads",
        ),
        pytest.param(
            "data_manager",
            [
                (2, "sent", ""),
                (
                    3,
                    "rejected",
                    (
                        "the Data Manager API has no retraction; restate the "
                        "conversion to 0"
                    ),
                ),
            ],
            id="Data Manager",
        ),
    ],
)
def test_each_row_says_what_became_of_it(sold, opened, tmp_path, sink, expected):
    file = adjustments(tmp_path / "returns.csv", sold(sink))

    report = opened().adjust(file)
    again = opened().adjust(file)

    found = [(r["line"], r["state"], r["reason"]) for r in report.rows()]
    assert found == [*expected, *NEVER_SENT]
    assert (again.count("sent"), again.count("accepted")) == (0, 0)
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()


@pytest.mark.parametrize(
    "login", ["", "google: {quota_project_id: own}"], ids=["shared", "own"]
)
def test_every_request_is_counted_for_all_clients_of_a_project(
    sold, opened, say, tmp_path, login
):
    if login:
        say(login)
    file = adjustments(tmp_path / "returns.csv", sold("data_manager"))

    bridge = opened()
    project = bridge.connections.settings.project_of(bridge.connections.client)
    service = f"data_manager@{project}" if login else "data_manager"
    bridge.adjust(file)  # one request; the delivery before was one, too
    bridge.delivery_status()  # which asks about the delivery

    outbox = SqlOutbox(bridge.connections.ledger.database)
    with outbox.together():
        taken = json.loads(outbox.read_requests(service))
    assert [sum(n for _, n in taken[span]) for span in ("minute", "day")] == [3, 3]


def test_a_file_without_order_ids_is_refused(opened, say, tmp_path):
    say("delivery: {actions: {sale: 5012}}")
    file = write_csv(tmp_path / "a.csv", [], header=["event", "time"])

    with pytest.raises(DataError, match="no column order_id, nor both gclid"):
        opened().adjust(file)
