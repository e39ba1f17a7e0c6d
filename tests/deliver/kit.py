"""What the delivery tests share: a client, its files, its ways to Google."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

from convbridge.adapters.auth import credentials
from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.data_manager import open_data_manager
from convbridge.adapters.google_ads.connection import Connection
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.model.ids import CustomerId

CLIENT = "siam-coffee"
CUSTOMER = CustomerId("1234567890")
LOGIN = CustomerId("9999999999")
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ONE_TRY = RetryPolicy(attempts=1, timeout=5)
HEADER = ["event", "time", "gclid", "value", "order_id"]


def open_sink(endpoint, policy=ONE_TRY, **kwargs):
    access = GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS, data_manager_endpoint=endpoint
    )
    usual = {"operating_customer": CUSTOMER, "login_customer": LOGIN, "policy": policy}
    return open_data_manager(access, credentials(access, []), **usual | kwargs)


def small(sink):
    """Make a sink send no more than 200 rows at once."""
    sink.max_rows = 200
    return sink


def connect(google):
    return Connection(
        credentials=credentials(
            GoogleAccess(credentials=CredentialsKind.ANONYMOUS), []
        ),
        endpoint=google.google_ads_endpoint,
        login_customer_id=LOGIN,
    )


def make_action(google, name):
    connection = connect(google)
    request = connection.new("MutateConversionActionsRequest")
    request.customer_id = CUSTOMER
    wish = request.operations.add().create
    wish.name = name
    wish.type_ = 7  # UPLOAD_CLICKS
    wish.category = 3  # PURCHASE
    wish.status = 2  # ENABLED
    wish.counting_type = 3  # MANY_PER_CLICK
    answer = connection("ConversionActionService.MutateConversionActions", request)
    connection.close()
    google.clock.advance(hours=7)
    return answer.results[0].resource_name.rpartition("/")[2]


def google_sleep(google):
    """Sleep on the sandbox's clock."""
    return lambda seconds: google.clock.advance(seconds=seconds)


def write_csv(path, rows, header=HEADER):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def sales(count, *, start=0, days_ago=3):
    """Rows of `HEADER`, each with an order id."""
    day = (NOW - timedelta(days=days_ago)).date()
    return [
        [
            "sale",
            f"{day} 10:{i // 60 % 60:02d}:{i % 60:02d}",
            f"gclid-{i}",
            "9.5",
            f"O{i}",
        ]
        for i in range(start, start + count)
    ]


def counts(report):
    """The report's numbers that are not 0."""
    found = report.to_dict()
    del found["client"], found["errors"]
    return {name: number for name, number in found.items() if number}
