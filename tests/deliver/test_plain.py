"""Reading by columns is the same as row by row."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.deliver.blocks import Block, Broken
from convbridge.deliver.columns import match_columns
from convbridge.deliver.csv_blocks import csv_blocks
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.rows import RowReader
from convbridge.deliver.times import TimeReader
from convbridge.model.conversions import Consent, DeliveryPolicy

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HEADER = ["event", "time", "gclid", "value", "currency", "order_id"]
USUAL = settings(deadline=None, max_examples=40)

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
@example(texts=["2026-03-29 00:00:00+07:00", "0000-01-01 00:00:00+07:00"])
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
@given(text=csv_lines(), rows=st.integers(1, 5), characters=st.integers(1, 30))
def test_rows_and_their_lines_are_those_of_the_csv_module(text, rows, characters):
    blocks = csv_blocks(
        StringIO(text, newline=""),
        width=2,
        delimiter=",",
        before=0,
        rows=rows,
        characters=characters,
    )
    read = [
        (line, row.cells if isinstance(row, Broken) else row[:-1])
        for block in blocks
        for line, row in zip(block.lines, block.rows, strict=True)
    ]

    reader = csv.reader(StringIO(text, newline=""))
    assert read == [(reader.line_num, row) for row in reader if row]
