"""The same rows in every form that Google Ads may send them."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date

import grpc
import pytest
from google.ads.googleads.v26.services.types.google_ads_service import (
    SearchGoogleAdsRequest,
    SearchGoogleAdsResponse,
)
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads import open_google_ads
from convbridge.model.access import GoogleAccess
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId
from convbridge.model.resources import ResourceType

DAYS = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 3))
ALWAYS = "value_settings.always_use_default_value"
# A field 9999 of later years: a short text.
UNKNOWN = b"\xfa\xf0\x04\x03new"


@contextmanager
def relay_calls(endpoint, refuse=lambda method, context: None, change=None):
    """Serve the sandbox; `refuse` may end a call, `change` an answer to a search."""
    channel = grpc.insecure_channel(endpoint.removeprefix("http://"))
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])

    def answer(method, body, context):
        kept = [
            (key, value)
            for key, value in context.invocation_metadata()
            if not key.startswith(("user-agent", "grpc-"))
        ]

        def ask(request):
            try:
                return channel.unary_unary(method)(request, metadata=kept, timeout=20)
            except grpc.RpcError as exc:
                context.set_trailing_metadata(tuple(exc.trailing_metadata()))
                return context.abort(exc.code(), exc.details())

        refuse(method, context)
        if change is None or not method.endswith("/Search"):
            return ask(body)
        request = SearchGoogleAdsRequest.pb()()
        request.MergeFromString(body)
        token, request.page_token = request.page_token, ""
        found = SearchGoogleAdsResponse.pb()()
        found.MergeFromString(ask(request.SerializeToString()))
        change(found, token)
        return found.SerializeToString()

    class Anything(grpc.GenericRpcHandler):
        def service(self, details):
            def handle(body, context):
                return answer(details.method, body, context)

            return grpc.unary_unary_rpc_method_handler(handle)

    server.add_generic_rpc_handlers((Anything(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
        channel.close()


def relay(endpoint, change):
    """Serve the sandbox's answers to searches with `change` made to them."""
    return relay_calls(endpoint, change=change)


def keep(found, rows):
    kept = [type(row).FromString(row.SerializeToString()) for row in rows]
    found.ClearField("results")
    found.results.extend(kept)


def two_rows_a_page(found, token):
    at = int(token or 0)
    rows = len(found.results)
    keep(found, found.results[at : at + 2])
    found.next_page_token = str(at + 2) if at + 2 < rows else ""


def an_empty_page_first(found, token):
    if not token:
        keep(found, [])
        found.next_page_token = "more"


def shuffled(found, _token):
    keep(found, random.Random(7).sample(list(found.results), len(found.results)))


def from_the_future(found, _token):
    for row in found.results:
        for field, value in row.ListFields():
            if field.message_type is not None:
                value.MergeFromString(UNKNOWN)
        row.MergeFromString(UNKNOWN)
    found.MergeFromString(UNKNOWN)


def no_mask_no_count(found, _token):
    found.ClearField("field_mask")
    found.ClearField("total_results_count")


SHAPES = {
    "two rows a page": two_rows_a_page,
    "an empty page first": an_empty_page_first,
    "rows in no order": shuffled,
    "unknown fields": from_the_future,
    "no mask, no count": no_mask_no_count,
}


@contextmanager
def opened(endpoint):
    target = open_google_ads(
        GoogleAccess(google_ads_endpoint=endpoint),
        AnonymousCredentials(),
        customer_id=CustomerId("1234567890"),
        login_customer_id=CustomerId("9999999999"),
        policy=RetryPolicy(attempts=1, timeout=20),
    )
    with target:
        yield target


def everything(endpoint):
    with opened(endpoint) as target:
        return {
            "account": target.fetch_account(),
            "state": sorted(map(repr, target.fetch_state())),
            "hierarchy": target.fetch_hierarchy(),
            "metrics": target.fetch_campaign_metrics(DAYS),
            "uploads": target.fetch_upload_summaries(),
        }


@pytest.fixture(scope="module")
def expected(upstream):
    return everything(upstream.google_ads_endpoint)


@pytest.mark.parametrize("change", SHAPES.values(), ids=SHAPES)
def test_rows_do_not_depend_on_the_form_of_the_answer(change, upstream, expected):
    with relay(upstream.google_ads_endpoint, change) as endpoint:
        assert everything(endpoint) == expected


def test_enums_of_later_years_keep_their_numbers(upstream):
    def later(found, _token):
        for row in found.results:
            if row.campaign.resource_name:
                row.campaign.advertising_channel_type = 199
                row.campaign.bidding_strategy_type = 198
            row.conversion_action.category = 197

    with relay(upstream.google_ads_endpoint, later) as endpoint, opened(endpoint) as it:
        state = it.fetch_state()

    (kind,) = {r.info["bidding_strategy_type"] for r in state.of(ResourceType.CAMPAIGN)}
    actions = state.of(ResourceType.CONVERSION_ACTION)
    assert kind == "UNKNOWN_198"
    assert {a.fields["category"] for a in actions} == {"UNKNOWN_197"}


def test_flags_that_are_left_out_are_what_google_says_of_them(upstream):
    """`primary_for_goal` is true when unset; a value is then not always the default."""

    def left_out(found, _token):
        for row in found.results:
            row.conversion_action.ClearField("primary_for_goal")
            row.conversion_action.ClearField("value_settings")

    with (
        relay(upstream.google_ads_endpoint, left_out) as endpoint,
        opened(endpoint) as it,
    ):
        actions = it.fetch_state().of(ResourceType.CONVERSION_ACTION)

    flags = {(a.fields["primary_for_goal"], a.fields[ALWAYS]) for a in actions}
    assert flags == {(True, False)}
