"""Reading, keeping and writing by columns is the same as row by row."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from google.ads import datamanager_v1
from google.ads.googleads.v26.services.types import conversion_upload_service
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.data_manager.events import event_of, write_events
from convbridge.adapters.google_ads.upload_rows import fields_of
from convbridge.adapters.google_ads.uploads import GoogleAdsSink
from convbridge.adapters.ledger.outbox_content import from_content, to_content
from convbridge.deliver.blocks import Block, Broken
from convbridge.deliver.columns import match_columns
from convbridge.deliver.csv_blocks import csv_blocks
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.rows import RowReader
from convbridge.deliver.times import TimeReader
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import Consent, Conversion, DeliveryPolicy
from convbridge.model.ids import CustomerId

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HEADER = ["event", "time", "gclid", "value", "currency", "order_id"]
USUAL = settings(deadline=None, max_examples=40)
REQUEST = conversion_upload_service.UploadClickConversionsRequest.pb()
CLICK_CONVERSION = conversion_upload_service.ClickConversion.pb()

# Mostly plain cells, so that whole blocks are; and every way not to be.
PLAIN = {
    "event": st.just("sale"),
    "time": st.sampled_from(["2026-11-20 10:00:00", "2026-11-01 23:59:59"]),
    "gclid": st.text("abXY09_-", min_size=1, max_size=60),
    "value": st.sampled_from(["9.5", "0", "1e2"]),
    "currency": st.sampled_from(["THB", ""]),
    "order_id": st.text("AB01-", max_size=8),
}
ODD = {
    "event": st.sampled_from(["lead", "", " sale", "visit"]),
    "time": st.sampled_from(
        [
            "2026-11-20T10:00",
            "2026-11-20 10:00:07.25",
            "2026-11-20 10:00:07+03:00",
            "2026-11-22 10:59:00",
            "2027-01-01 00:00:00",
            "2020-01-01 00:00:00",
            "2026-03-29 02:30:00",
            "1795000000",
            "",
            "soon",
            datetime(2026, 11, 20, 10, tzinfo=UTC),
        ]
    ),
    "gclid": st.sampled_from(["", None, "a b", "a\nb", "x" * 2001, "é", "x" * 300]),
    "value": st.sampled_from(["", None, "-1", "NaN", "1,5", 3, 2.5, "0.50"]),
    "currency": st.sampled_from(["thb", "EUR", None]),
    "order_id": st.sampled_from(["123", " A ", "a@example.com", None, "ż", "x" * 200]),
}


@st.composite
def blocks(draw):
    """Rows of cells; each column is plain, or has odd cells among its own."""
    odd = draw(st.sets(st.sampled_from(HEADER), max_size=2))
    cell = {n: PLAIN[n] | ODD[n] if n in odd else PLAIN[n] for n in HEADER}
    row = st.tuples(*(cell[name] for name in HEADER)).map(lambda r: [*r, ""])
    return draw(st.lists(row, min_size=1, max_size=6))


def row_reader(zone="Asia/Bangkok", header=HEADER, **policy):
    usual = {"actions": {"sale": "5012", "lead": "5013"}, "currency": "THB"}
    return RowReader(
        DeliveryPolicy(**usual | {"time_zone": zone} | policy),
        match_columns(header),
        client="siam-coffee",
        hasher=GoogleHasher(),
        now=NOW,
    )


POLICIES = {
    "usual": {},
    "valued": {"values": {"sale": Decimal(0)}, "default_value": Decimal(3)},
    "consent given": {"zone": "Europe/Warsaw", "consent": Consent.GRANTED},
    "consent missing": {"zone": "Europe/Warsaw"},
    "new action": {"actions_created": {"5012": NOW}},
}


@pytest.mark.parametrize("policy", POLICIES)
@USUAL
@given(rows=blocks())
def test_plain_rows_are_read_as_each_row_is(policy, rows):
    lines = range(2, len(rows) + 2)

    found = row_reader(**POLICIES[policy]).read_plain(Block(lines, rows))

    if found is not None:
        one = row_reader(**POLICIES[policy])
        assert list(found) == [one.read(n, r) for n, r in zip(lines, rows, strict=True)]


@pytest.mark.parametrize(
    ("policy", "is_read"),
    [
        ("usual", True),
        ("valued", True),
        ("consent given", True),
        ("consent missing", False),
        ("new action", False),
    ],
)
def test_usual_files_are_read_by_columns(policy, is_read):
    rows = [["sale", "2026-11-20 10:00:00", f"g{i}", "1", "", "", ""] for i in "ab"]

    assert (
        bool(row_reader(**POLICIES[policy]).read_plain(Block([2, 3], rows))) is is_read
    )


def test_what_row_by_row_is_refused_is_not_read_by_columns():
    bad = ["sale", "2026-11-20 10:00:00", "a b", "1", "", "", ""]

    assert row_reader().read_plain(Block([2], [bad])) is None
    with pytest.raises(RowRefused):
        row_reader().read(2, bad)


TEXTS = st.text("aż€-", min_size=1, max_size=30)


FOLLOWING = st.just(range(2, 7))
MICROS = st.integers(1_780_000_000_000_000, 1_790_000_000_000_000)
SECONDS = st.integers(1_780_000_000, 1_790_000_000).map(lambda s: s * 1_000_000)


@st.composite
def conversions(draw):
    """Conversions of one action, alike or not, ASCII or not."""
    gclid = st.text("abc-_", min_size=1, max_size=300)
    cells = {
        "gclid": draw(st.sampled_from([gclid, gclid | st.none(), st.just("g")])),
        "transaction_id": draw(st.sampled_from([gclid, TEXTS])),
        "value": draw(
            st.sampled_from([st.sampled_from(["0", "12.50"]), st.sampled_from([None])])
        ),
        "currency": draw(
            st.sampled_from([st.just("THB"), st.sampled_from(["THB", "EUR"])])
        ),
        "gbraid": draw(st.sampled_from([st.none(), st.just("b"), gclid | st.none()])),
        "wbraid": draw(st.sampled_from([st.none(), gclid | st.none()])),
        "email": draw(st.sampled_from([st.none(), st.none() | st.just("e" * 64)])),
        "phone": draw(st.sampled_from([st.none(), st.none() | st.just("f" * 64)])),
        "address": st.none() | st.just(["a" * 64, "b" * 64, "PL", "00-001"]),
        "ad_user_data": draw(st.sampled_from([st.none(), st.just("granted")])),
        "client_id": draw(st.sampled_from([st.none(), gclid, TEXTS])),
        "event_source": st.sampled_from(["WEB"]) | st.sampled_from(["APP"]),
        "time": draw(st.sampled_from([MICROS, SECONDS, SECONDS | MICROS])),
    }
    row = st.fixed_dictionaries(cells).map(
        lambda found: Conversion(line=2, event="sale", action="5012", **found)
    )
    rows = draw(st.lists(row, min_size=1, max_size=5))
    lines = draw(st.lists(st.integers(2, 9), min_size=5, max_size=5) | FOLLOWING)
    return [row._replace(line=line) for row, line in zip(rows, lines, strict=False)]


@USUAL
@given(rows=conversions())
def test_uploads_written_by_columns_are_those_written_row_by_row(rows):
    customer = CustomerId("1234567890")
    sink = GoogleAdsSink(lambda *_: None, lambda _: REQUEST(), customer_id=customer)

    whole = sink.encode("5012", rows)

    name = "customers/1234567890/conversionActions/5012"
    each = [CLICK_CONVERSION(**fields_of(row, name)) for row in rows]
    assert list(whole.conversions) == each
    assert [c.order_id for c in each] == [row.transaction_id for row in rows]
    assert [c.gclid for c in each] == [row.gclid or "" for row in rows]
    assert [c.conversion_value for c in each] == [float(r.value or 0) for r in rows]
    moments = [datetime.fromisoformat(c.conversion_date_time) for c in each]
    assert [int(m.timestamp()) for m in moments] == [r.time // 10**6 for r in rows]


@USUAL
@given(rows=conversions(), is_analytics=st.booleans())
def test_events_written_by_columns_are_those_written_row_by_row(rows, is_analytics):
    request = datamanager_v1.IngestEventsRequest.pb()()

    write_events(request, Conversions.of(rows), is_analytics=is_analytics)

    each = [event_of(row, is_analytics=is_analytics) for row in rows]
    assert list(request.events) == each
    assert [e.transaction_id for e in each] == [row.transaction_id for row in rows]
    stamps = [e.event_timestamp for e in each]
    assert [s.ToMicroseconds() for s in stamps] == [row.time for row in rows]
    people = [e.user_data.user_identifiers for e in each]
    given = [(row.email, row.phone, row.address) for row in rows]
    assert list(map(len, people)) == [3 - cells.count(None) for cells in given]


@USUAL
@given(rows=conversions(), cut=st.integers(0, 5))
def test_columns_hold_the_rows_they_were_given(rows, cut):
    found = Conversions.of(rows)

    assert list(found) == rows
    assert [found[i] for i in range(len(rows))] == rows
    parts = [part for part in (found[:cut], rows[cut:]) if part]
    assert list(Conversions.join(parts)) == rows
    assert from_content(to_content(found)) == rows


FORMS = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S+07:00"]
FORMS += ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.25", "%Y-%m-%d %H:%M"]


@st.composite
def written_times(draw):
    """Times written alike, around Warsaw's clock changes; or one a little off."""
    near = st.sampled_from([datetime(2026, 3, 29), datetime(2026, 10, 25)])  # noqa: DTZ001
    moments = st.builds(datetime.__add__, near, st.timedeltas(timedelta(), 24 * HOUR))
    form = draw(st.sampled_from(FORMS))
    found = draw(st.lists(moments | st.datetimes(), min_size=1, max_size=5))
    texts = [moment.strftime(form) for moment in found]
    if draw(st.booleans()):
        at, spot = draw(st.integers(0, len(texts) - 1)), draw(st.integers(0, 18))
        mark = draw(st.sampled_from("0129-: TZ+.\u0661"))
        texts[at] = f"{texts[at][:spot]}{mark}{texts[at][spot + 1 :]}"
    return texts


@settings(deadline=None, max_examples=80)
@given(texts=written_times())
def test_times_are_read_by_columns_as_each_is(texts):
    reader = TimeReader("Europe/Warsaw")

    whole = _outcome(reader.column, texts)

    each = [_outcome(reader, text) for text in texts]
    assert whole == (each if str not in set(map(type, each)) else whole)
    assert (type(whole) is str) == (str in set(map(type, each)))


def _outcome(read, what):
    """Return what was read, or what is wrong with it."""
    try:
        return read(what)
    except ValueError as exc:
        return str(exc)


@st.composite
def csv_lines(draw):
    """Rows of CSV, quoted where they have to be, or anyway; some are not whole."""
    cell = st.text("ab\x0b ", max_size=3)
    if draw(st.booleans()):
        cell |= st.text('a,"\n\r', max_size=4).map(_quoted)
    end = st.sampled_from(
        draw(st.sampled_from([["\n"], ["\r\n"], ["\n", "\r", "\n\n"]]))
    )
    row = st.lists(cell, min_size=1, max_size=3) | st.lists(
        cell, min_size=2, max_size=2
    )
    rows = draw(st.lists(row, max_size=6))
    text = "".join(",".join(cells) + draw(end) for cells in rows)
    return text.removesuffix("\n") if draw(st.booleans()) else text


def _quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


@settings(deadline=None, max_examples=80)
@given(text=csv_lines())
def test_rows_and_their_lines_are_those_of_the_csv_module(text):
    blocks = csv_blocks(StringIO(text, newline=""), width=2, delimiter=",", before=0)
    read = [
        (line, row.cells if isinstance(row, Broken) else row[:-1])
        for block in blocks
        for line, row in zip(block.lines, block.rows, strict=True)
    ]

    reader = csv.reader(StringIO(text, newline=""))
    assert read == [(reader.line_num, row) for row in reader if row]
