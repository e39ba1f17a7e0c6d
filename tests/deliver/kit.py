"""What the delivery tests share: a client, its files, its ways to Google."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError

from convbridge.adapters.auth import credentials
from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.data_manager import open_data_manager
from convbridge.adapters.google_ads.connection import Connection
from convbridge.adapters.google_ads.uploads import GoogleAdsSink
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.model.ids import CustomerId

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT = "siam-coffee"
CUSTOMER = CustomerId("1234567890")
LOGIN = CustomerId("9999999999")
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ONE_TRY = RetryPolicy(attempts=1, timeout=5)
HEADER = ["event", "time", "gclid", "value", "order_id"]


@dataclass(frozen=True)
class Way:
    """One of the ways to Google: a sink, and what came through it."""

    name: str
    sink: Any
    endpoint: str
    service: str
    method: str
    credentials: Any
    """Its login, which a test may make expire."""
    received: Callable[[], list[str]]
    """Transaction ids, in the order they came; one that came twice is there twice."""

    def break_at(self, google, **fault):
        google.faults.add(service=self.service, method=self.method, **fault)


def open_way(name, google, endpoint="", timeout=5.0):
    """Open a way by its name, at the sandbox or on a line to it."""
    policy = RetryPolicy(attempts=1, timeout=timeout)
    if name == "google_ads":
        return _ads_way(google, endpoint or google.google_ads_endpoint, policy)
    if not endpoint and name == "grpc":
        endpoint = f"http://{google.data_manager_grpc_target}"
    endpoint = endpoint or google.data_manager_endpoint
    login = Aging()
    return Way(
        name=name,
        sink=open_sink(endpoint, policy, transport=name, login=login),
        endpoint=endpoint,
        service="data_manager",
        method="ingestEvents",
        credentials=login,
        received=lambda: [
            found.event["transaction_id"]
            for found in google.data_manager.received_events()
        ],
    )


def _ads_way(google, endpoint, policy):
    login = Aging()
    connection = Connection(
        credentials=login,
        endpoint=endpoint,
        login_customer_id=LOGIN,
        timeout=policy.timeout,
    )
    sink = GoogleAdsSink(
        connection, connection.new, customer_id=CUSTOMER, policy=policy
    )
    sink.close = connection.close
    return Way(
        name="google_ads",
        sink=sink,
        endpoint=endpoint,
        service="google_ads",
        method="UploadClickConversions",
        credentials=login,
        received=lambda: [row.order_id for row in google.ads.received_conversions()],
    )


def open_sink(endpoint, policy=ONE_TRY, transport="auto", login=None, **kwargs):
    access = GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS,
        data_manager_endpoint=endpoint,
        data_manager_transport=transport,
    )
    usual = {"operating_customer": CUSTOMER, "login_customer": LOGIN, "policy": policy}
    login = login or credentials(access, [])
    return open_data_manager(access, login, **usual | kwargs)


def small(sink):
    """Make a sink send no more than 200 rows at once."""
    sink.max_rows = 200
    return sink


def connect(google):
    access = GoogleAccess(credentials=CredentialsKind.ANONYMOUS)
    return Connection(
        credentials=credentials(access, []),
        endpoint=google.google_ads_endpoint,
        login_customer_id=LOGIN,
    )


def make_action(google, name, *, hours=7):
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
    google.clock.advance(hours=hours)
    return answer.results[0].resource_name.rpartition("/")[2]


class Aging(Credentials):
    """Credentials whose token runs out after so many requests, by its own clock."""

    def __init__(self):
        super().__init__()
        self.token = "first"
        self.lasts = 10**9
        self.renew = None
        """Called for another token; None: there is none to be had."""

    def before_request(self, request, method, url, headers):
        self.lasts -= 1
        if self.lasts < 0:
            self.expiry = datetime(2020, 1, 1)  # noqa: DTZ001 - as google.auth has it
        super().before_request(request, method, url, headers)

    def refresh(self, request):
        if self.renew is None:
            raise RefreshError("invalid_grant: Token has been expired or revoked.")
        self.token, self.expiry, self.lasts = self.renew(), None, 10**9


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
