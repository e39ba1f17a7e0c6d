"""Messages and contents written by columns say what each row says."""

from __future__ import annotations

from datetime import UTC, datetime

from google.ads import datamanager_v1
from google.ads.googleads.v26.services.types import conversion_upload_service
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.adapters.data_manager.events import write_events
from convbridge.adapters.google_ads.uploads import GoogleAdsSink
from convbridge.adapters.ledger.outbox_content import from_content, to_content
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import Conversion, Part
from convbridge.model.ids import CustomerId

USUAL = settings(deadline=None, max_examples=40)
UPLOAD = conversion_upload_service.UploadClickConversionsRequest.pb()
CLICK_CONVERSION = conversion_upload_service.ClickConversion.pb()
INGEST = datamanager_v1.IngestEventsRequest.pb()
EVENT = datamanager_v1.Event.pb()
ACTION = "customers/1234567890/conversionActions/5012"
CLICKS = ("gclid", "gbraid", "wbraid")
TEXTS = st.text("aż€-", min_size=1, max_size=30)


FOLLOWING = st.just(range(2, 7))
MICROS = st.integers(1_780_000_000_000_000, 1_790_000_000_000_000)
SECONDS = st.integers(1_780_000_000, 1_790_000_000).map(lambda s: s * 1_000_000)


GRANTED = st.just("granted")


@st.composite
def conversions(draw):
    """Conversions of one action, alike or not, ASCII or not."""
    gclid = st.text("abc-_", min_size=1, max_size=300)
    cells = {
        "gclid": draw(st.sampled_from([gclid, gclid | st.none(), st.just("g")])),
        "transaction_id": draw(st.sampled_from([gclid, TEXTS])),
        "value": draw(
            st.sampled_from([st.sampled_from(["0", "12.50"]), st.none() | st.just("1")])
        ),
        "currency": draw(
            st.sampled_from([st.just("THB"), st.sampled_from(["THB", "EUR"])])
        ),
        "gbraid": draw(st.sampled_from([st.none(), st.just("b"), gclid | st.none()])),
        "wbraid": draw(st.sampled_from([st.none(), gclid | st.none()])),
        "email": draw(st.sampled_from([st.none(), st.none() | st.just("e" * 64)])),
        "phone": draw(st.sampled_from([st.none(), st.none() | st.just("f" * 64)])),
        "address": st.none() | st.just(["a" * 64, "b" * 64, "PL", "00-001"]),
        "ad_user_data": draw(st.sampled_from([st.none(), st.none() | GRANTED])),
        "client_id": draw(st.sampled_from([st.none(), gclid, TEXTS])),
        "event_source": st.sampled_from(["WEB"]) | st.sampled_from(["APP"]),
        "time": draw(st.sampled_from([MICROS, SECONDS, SECONDS | MICROS])),
    }
    row = st.fixed_dictionaries(cells).map(
        lambda found: Conversion(line=2, event="sale", action="5012", **found)
    )
    rows = [
        found._replace(currency=found.currency if found.value else None)
        for found in draw(st.lists(row, min_size=1, max_size=5))
    ]
    lines = draw(st.lists(st.integers(2, 9), min_size=5, max_size=5) | FOLLOWING)
    return [row._replace(line=line) for row, line in zip(rows, lines, strict=False)]


def click_of(row):
    """Return the one click id that is sent of a row, by its field."""
    clicks = {name: getattr(row, name) for name in CLICKS}
    return dict([(n, c) for n, c in clicks.items() if c is not None][:1])


def click_conversion_of(row):
    """Return a ClickConversion, written field by field."""
    moment = datetime.fromtimestamp(row.time // 10**6, UTC)
    made = CLICK_CONVERSION(
        conversion_action=ACTION,
        conversion_date_time=f"{moment:%Y-%m-%d %H:%M:%S}+00:00",
        conversion_environment=row.event_source,
        order_id=row.transaction_id,
        **click_of(row),
    )
    if row.value is not None:
        made.conversion_value = float(row.value)
        made.currency_code = row.currency
    if row.ad_user_data:
        made.consent.ad_user_data = row.ad_user_data.upper()
    people = {"hashed_email": row.email, "hashed_phone_number": row.phone}
    for name, digest in people.items():
        if digest is not None:
            made.user_identifiers.add(**{name: digest})
    return made


def event_of(row, *, is_analytics):
    """Return an Event, written field by field."""
    made = EVENT(
        transaction_id=row.transaction_id,
        event_source=row.event_source,
        currency=row.currency,
        ad_identifiers=click_of(row) or None,
    )
    made.event_timestamp.FromMicroseconds(row.time)
    if row.value is not None:
        made.conversion_value = float(row.value)
    if row.ad_user_data:
        made.consent.ad_user_data = f"CONSENT_{row.ad_user_data.upper()}"
    if row.email is not None:
        made.user_data.user_identifiers.add(email_address=row.email)
    if row.phone is not None:
        made.user_data.user_identifiers.add(phone_number=row.phone)
    if row.address is not None:
        names = "given_name", "family_name", "region_code", "postal_code"
        address = dict(zip(names, row.address, strict=True))
        made.user_data.user_identifiers.add(address=address)
    if is_analytics:
        made.event_name = row.event
        if row.client_id is not None:
            made.client_id = row.client_id
    return made


@USUAL
@given(rows=conversions())
def test_uploads_written_by_columns_are_those_written_row_by_row(rows):
    customer = CustomerId("1234567890")
    sink = GoogleAdsSink(lambda *_: None, lambda _: UPLOAD(), customer_id=customer)

    whole = sink.encode([Part("5012", rows)])

    assert list(whole.conversions) == [click_conversion_of(row) for row in rows]


@USUAL
@given(rows=conversions(), is_analytics=st.booleans())
def test_events_written_by_columns_are_those_written_row_by_row(rows, is_analytics):
    request = INGEST()

    write_events(request, Conversions.of(rows), is_analytics=is_analytics)

    each = [event_of(row, is_analytics=is_analytics) for row in rows]
    assert list(request.events) == each


@USUAL
@given(rows=conversions(), cut=st.integers(0, 5))
def test_columns_hold_the_rows_they_were_given(rows, cut):
    found = Conversions.of(rows)

    assert list(found) == rows
    assert [found[i] for i in range(len(rows))] == rows
    parts = [part for part in (found[:cut], rows[cut:]) if part]
    assert list(Conversions.join(parts)) == rows
    assert from_content(to_content(found)) == rows
