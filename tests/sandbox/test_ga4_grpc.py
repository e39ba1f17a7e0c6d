"""The same APIs over gRPC, through the clients' own default transport."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from google.analytics import admin_v1alpha, admin_v1beta, data_v1alpha, data_v1beta
from google.analytics.admin_v1beta.services.analytics_admin_service.transports import (
    AnalyticsAdminServiceGrpcTransport as AdminTransport,
)
from google.analytics.data_v1alpha.services.alpha_analytics_data.transports import (
    AlphaAnalyticsDataGrpcTransport as AlphaTransport,
)
from google.analytics.data_v1beta.services.beta_analytics_data.transports import (
    BetaAnalyticsDataGrpcTransport as DataTransport,
)
from google.api_core import exceptions

from sandbox.ga4_client import (
    COFFEE,
    admin_client,
    alpha_client,
    data_client,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.sandbox import Google


@pytest.fixture
def channel(google: Google) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(google.ga4_grpc_target) as made:
        yield made


def report(**more: object) -> data_v1beta.RunReportRequest:
    fields = {
        "property": COFFEE,
        "dimensions": [{"name": "date"}, {"name": "eventName"}],
        "metrics": [{"name": "eventCount"}, {"name": "eventValue"}],
        "date_ranges": [{"start_date": "90daysAgo", "end_date": "yesterday"}],
        "order_bys": [
            {"dimension": {"dimension_name": name}} for name in ("date", "eventName")
        ],
    }
    return data_v1beta.RunReportRequest(fields | more)


def test_both_transports_answer_a_report_alike(
    google: Google, channel: grpc.Channel
) -> None:
    client = data_v1beta.BetaAnalyticsDataClient(
        transport=DataTransport(channel=channel)
    )
    sent = report(metric_aggregations=["TOTAL"])

    over_grpc, over_http = client.run_report(sent), data_client(google).run_report(sent)

    assert over_grpc == over_http
    assert over_grpc.row_count == len(over_grpc.rows) > 1000


def test_both_transports_answer_metadata_and_batches_alike(
    google: Google, channel: grpc.Channel
) -> None:
    grpc_client = data_v1beta.BetaAnalyticsDataClient(
        transport=DataTransport(channel=channel)
    )
    batch = data_v1beta.BatchRunReportsRequest(
        property=COFFEE, requests=[report(property=""), report(property="", limit=5)]
    )

    over_grpc, over_http = (
        client.batch_run_reports(batch) for client in (grpc_client, data_client(google))
    )

    assert over_grpc == over_http
    assert [len(found.rows) > 1000 for found in over_grpc.reports] == [True, False]
    assert grpc_client.get_metadata(name=f"{COFFEE}/metadata") == data_client(
        google
    ).get_metadata(name=f"{COFFEE}/metadata")


def test_both_transports_answer_a_funnel_alike(
    google: Google, channel: grpc.Channel
) -> None:
    client = data_v1alpha.AlphaAnalyticsDataClient(
        transport=AlphaTransport(channel=channel)
    )
    steps = [
        {
            "name": name,
            "filter_expression": {"funnel_event_filter": {"event_name": name}},
        }
        for name in ("add_to_cart", "purchase")
    ]
    sent = data_v1alpha.RunFunnelReportRequest(
        property=COFFEE,
        date_ranges=[{"start_date": "90daysAgo", "end_date": "yesterday"}],
        funnel={"steps": steps},
    )

    over_grpc = client.run_funnel_report(sent)

    assert over_grpc == alpha_client(google).run_funnel_report(sent)
    assert len(over_grpc.funnel_table.rows) == 2


def test_a_key_event_lives_through_grpc(google: Google, channel: grpc.Channel) -> None:
    client = admin_v1beta.AnalyticsAdminServiceClient(
        transport=AdminTransport(channel=channel)
    )
    wanted = admin_v1beta.KeyEvent(event_name="scroll", counting_method=1)
    made = client.create_key_event(parent=COFFEE, key_event=wanted)
    made.counting_method = 2
    client.update_key_event(key_event=made, update_mask={"paths": ["counting_method"]})

    listed = list(client.list_key_events(parent=COFFEE))
    over_http = list(admin_client(google).list_key_events(parent=COFFEE))
    client.delete_key_event(name=made.name)

    assert listed == over_http
    assert listed[1].counting_method == 2
    assert len(list(client.list_key_events(parent=COFFEE))) == 1


def test_audiences_and_rules_are_reached_through_grpc(channel: grpc.Channel) -> None:
    from google.analytics.admin_v1alpha.services import (
        analytics_admin_service as service,
    )

    transport = service.transports.AnalyticsAdminServiceGrpcTransport(channel=channel)
    client = admin_v1alpha.AnalyticsAdminServiceClient(transport=transport)
    rule = admin_v1alpha.EventCreateRule(
        destination_event="line_click",
        event_conditions=[
            {"field": "event_name", "comparison_type": "EQUALS", "value": "click"}
        ],
    )

    made = client.create_event_create_rule(
        parent=f"{COFFEE}/dataStreams/1001", event_create_rule=rule
    )

    assert client.get_event_create_rule(name=made.name) == made
    assert list(client.list_audiences(parent=COFFEE)) == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, exceptions.ResourceExhausted),
        (503, exceptions.ServiceUnavailable),
        (500, exceptions.InternalServerError),
        (403, exceptions.PermissionDenied),
    ],
)
def test_faults_have_their_grpc_codes(
    google: Google, channel: grpc.Channel, status: int, error: type[Exception]
) -> None:
    client = data_v1beta.BetaAnalyticsDataClient(
        transport=DataTransport(channel=channel)
    )
    google.faults.add(service="ga4", method="runReport", status=status)

    with pytest.raises(error):
        client.run_report(report())


def test_a_bad_request_is_an_invalid_argument(channel: grpc.Channel) -> None:
    client = data_v1beta.BetaAnalyticsDataClient(
        transport=DataTransport(channel=channel)
    )

    with pytest.raises(exceptions.InvalidArgument, match="Field x is not a valid"):
        client.run_report(report(metrics=[{"name": "x"}]))


def test_a_cut_connection_is_unavailable(google: Google, channel: grpc.Channel) -> None:
    client = data_v1beta.BetaAnalyticsDataClient(
        transport=DataTransport(channel=channel)
    )
    google.faults.add(service="ga4", kind="cut")

    with pytest.raises(exceptions.ServiceUnavailable):
        client.run_report(report())


def test_grpc_calls_are_counted_and_logged_like_others(
    google: Google, channel: grpc.Channel
) -> None:
    client = data_v1beta.BetaAnalyticsDataClient(
        transport=DataTransport(channel=channel)
    )

    client.run_report(report(), metadata=[("x-goog-user-project", "billing")])

    [call] = google.calls
    assert (call.service, call.method, call.status) == ("ga4", "runReport", "OK")
    assert call.headers["x-goog-user-project"] == "billing"
    assert google.quota("111111111").consumed() > 0
