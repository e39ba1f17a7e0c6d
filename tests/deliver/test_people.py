"""Rows of people, read by columns, are what they are row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.deliver.blocks import Block
from convbridge.deliver.columns import match_columns
from convbridge.deliver.reading import read_block
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.rows import RowReader
from convbridge.model.conversions import Consent, Conversion, DeliveryPolicy

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
NEEDED = ["event", "time"]

# Cells of one column: usual ones, and what else may stand among them.
CELLS = {
    "event": (["sale"], ["lead", "refund", "visit", " sale"]),
    "time": (
        ["2026-11-20 10:00:00", "2026-11-20 23:59:59"],
        ["2026-11-22 10:30:00", "2020-01-01 00:00:00", "2027-01-01 00:00:00", "soon"],
    ),
    "click_time": (
        ["2026-11-19 10:00:00", ""],
        ["2026-11-20 11:00:00", None, "2026-11-19T10:00", "1795000000", "soon"],
    ),
    "gclid": (["g1", "g2", "g3"], ["", None, "a b", "x" * 2001]),
    "gbraid": (["", "b1"], [None, "a b"]),
    "wbraid": ([""], ["w1", None, "é"]),
    "email": (
        ["jo@example.com", " Jo.E+x@gmail.com"],
        ["", None, "AB" * 32, "jo at example", "@", "jó@example.com"],
    ),
    "phone": (
        ["081-234 5678", "+48 601 234 567", ""],
        [None, "12", "ab" * 32, "6.68E+10"],
    ),
    "given_name": (["Jo", ""], [None, " JO "]),
    "family_name": (["Doe"], ["", None]),
    "region_code": (["TH", ""], [None, "Thailand"]),
    "postal_code": (["10110"], ["", None]),
    "client_id": (["1.2", ""], [None, " 3.4 "]),
    "user_id": (["u1", ""], [None]),
    "consent": (["granted", "yes"], ["", None, "denied", "perhaps"]),
    "ad_user_data": (["granted", ""], ["denied", None, "perhaps"]),
    "ad_personalization": (["", "denied"], ["granted", None, "perhaps"]),
    "event_source": (["WEB", ""], ["app", None, "tv"]),
    "value": (["9.5", "0", ""], [None, "-1", "EUR"]),
    "currency": (["THB", ""], ["EUR", "eur", None, "XXX"]),
    "order_id": (["A1", "A2", ""], ["123", "jo@example.com", None]),
}
POLICIES = {
    "usual": {},
    "consent missing": {"time_zone": "Europe/Warsaw"},
    "consent given": {"consent": Consent.GRANTED},
    "consent denied": {"consent": Consent.DENIED},
    "held": {"hold": {"lead": timedelta(days=4)}, "anti_events": {"refund"}},
    "new action": {"actions_created": {"5012": NOW}},
    "two currencies": {"currencies": frozenset({"EUR"}), "default_value": Decimal(2)},
    "shared action": {"actions": {"sale": "5012", "lead": "5012"}},
    "Analytics": {"actions": {"sale": "G-ABC", "lead": "5013"}},
}


@st.composite
def sources(draw):
    """Return a header and rows of it; few columns have anything unusual."""
    who = draw(st.sampled_from(["gclid", "email"]))
    others = st.sampled_from([name for name in CELLS if name not in {*NEEDED, who}])
    header = [*NEEDED, who, *draw(st.lists(others, unique=True))]
    odd = draw(st.sets(st.sampled_from(header), max_size=2) | st.just(set()))
    cells = [
        st.sampled_from(CELLS[name][0] + (CELLS[name][1] if name in odd else []))
        for name in header
    ]
    row = st.tuples(*cells).map(lambda found: [*found, ""])
    rows = draw(st.lists(row, min_size=2, max_size=8))
    return header, rows * draw(st.sampled_from([1, 8]))


LAST_MONTH, LAST_WEEK = "2026-11-01 10:00:00", "2026-11-15 10:00:00"
AFTER, TODAY = "2026-11-15 10:00:01", "2026-11-22 10:30:00"
SOON = "2026-11-22 11:30:00"


def row_reader(header, **policy):
    usual = {"actions": {"sale": "5012", "lead": "5013"}, "currency": "THB"}
    usual["time_zone"] = "Asia/Bangkok"
    return RowReader(
        DeliveryPolicy(**usual | policy),
        match_columns(header),
        client="siam-coffee",
        hasher=GoogleHasher(),
        now=NOW,
    )


def one_by_one(reader, block):
    for line, row in zip(*block, strict=True):
        try:
            yield reader.read(line, row)
        except RowRefused as refused:
            yield line, refused.reason, refused.state


def by_columns(reader, block):
    for part in read_block(reader, block):
        yield from part.whole or ()
        for line, row in zip(part.block.lines, part.each, strict=bool(part.each)):
            yield (
                (line, row.reason, row.state) if isinstance(row, RowRefused) else row
            )


@settings(deadline=None, max_examples=100)
@given(source=sources(), policy=st.sampled_from(sorted(POLICIES)))
def test_rows_of_people_are_read_as_each_row_is(source, policy):
    check(*source, POLICIES[policy])


EDGES = {
    "a click of today": (["click_time"], [[TODAY, ""], [TODAY, LAST_WEEK]], {}),
    "a recent row": ([], [[TODAY], [LAST_WEEK]], {}),
    "a recent row for Analytics": ([], [[TODAY], [LAST_WEEK]], POLICIES["Analytics"]),
    "a little ahead": (["click_time"], [[SOON, LAST_WEEK], [TODAY, LAST_WEEK]], {}),
    "before its click": (["click_time"], [[LAST_WEEK, AFTER], [LAST_WEEK, ""]], {}),
    "held still": ([], [[LAST_WEEK], [LAST_MONTH]], {"hold": {"sale": timedelta(9)}}),
    "new action": ([], [[LAST_WEEK], [LAST_WEEK]], POLICIES["new action"]),
    "consent for both": (["consent"], [[LAST_WEEK, "no"], [LAST_WEEK, "yes"]], {}),
    "consent for one": (
        ["consent", "ad_user_data"],
        [[LAST_WEEK, "no", "yes"], [LAST_WEEK, "yes", ""]],
        {},
    ),
    "unknown consent": (
        ["consent"],
        [[LAST_WEEK, "yes"], [LAST_WEEK, ""]],
        POLICIES["consent missing"],
    ),
    "in the future": ([], [["2026-11-23 10:00:00"], [LAST_WEEK]], {}),
    "too old": ([], [["2026-01-01 10:00:00"], [LAST_WEEK]], {}),
}


@pytest.mark.parametrize("case", EDGES)
def test_rows_at_the_edge_of_a_rule_are_read_as_each_is(case):
    columns, cells, policy = EDGES[case]
    rows = [["sale", f"g{i}", *found, ""] for i, found in enumerate(cells)]

    check(["event", "gclid", "time", *columns], rows, policy)


def test_rows_of_events_that_share_an_action_keep_their_order():
    events = ["sale", "lead", " sale", "sale"]
    rows = [[event, LAST_WEEK, "g1", ""] for event in events]

    check(["event", "time", "gclid"], rows, POLICIES["shared action"])


def check(header, rows, policy):
    block = Block(range(2, len(rows) + 2), rows)

    found = list(by_columns(row_reader(header, **policy), block))

    each = list(one_by_one(row_reader(header, **policy), block))
    assert sorted(found, key=lambda row: row[0]) == each
    sent = {}
    for conversion in (c for c in found if isinstance(c, Conversion)):
        sent.setdefault(conversion.action, []).append(conversion.line)
    for lines in sent.values():  # the first of several with one id is taken
        assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("header", "cells", "policy"),
    [
        pytest.param(["email"], [["a@b.c"], ["d@e.f"]], {}, id="people"),
        pytest.param(
            ["gclid", "phone"], [["g", ""], ["", "081 234 5678"]], {}, id="or"
        ),
        pytest.param(["gbraid", "wbraid"], [["b", ""], ["", "w"]], {}, id="braids"),
        pytest.param(
            ["gclid", "consent"], [["g", "yes"], ["h", "granted"]], {}, id="consent"
        ),
        pytest.param(
            ["gclid", "ad_personalization"],
            [["g", "yes"], ["h", "no"]],
            {"consent": Consent.GRANTED, "time_zone": "Europe/Warsaw"},
            id="two consents",
        ),
        pytest.param(
            ["gclid", "click_time"],
            [["g", "2026-10-31 10:00:00"], ["h", ""]],
            {},
            id="clicks",
        ),
        pytest.param(
            ["email", "given_name", "family_name", "postal_code"],
            [["a@b.c", "Jo", "Doe", "10110"], ["a@b.c", "", "", ""]],
            {},
            id="names",
        ),
        pytest.param(
            ["gclid", "value", "currency"],
            [["g", "1", "EUR"], ["h", "2", ""], ["i", "", ""]],
            {"currencies": frozenset({"EUR"})},
            id="values",
        ),
        pytest.param(
            ["gclid", "value", "currency"],
            [["g", "1", "EUR"], ["h", "2", ""]],
            {"currencies": frozenset({"EUR"})},
            id="currencies",
        ),
        pytest.param(["gclid"], [["g"]], {"hold": {"sale": timedelta(1)}}, id="held"),
        pytest.param(
            ["gclid", "event_source"], [["g", "app"], ["h", ""]], {}, id="sources"
        ),
    ],
)
def test_usual_rows_of_people_are_read_by_columns(header, cells, policy):
    rows = [["sale", LAST_MONTH, *found, ""] for found in cells]
    reader = row_reader([*NEEDED, *header], **policy)

    (part,) = reader.split(Block(range(2, len(rows) + 2), rows))

    found = reader.read_plain(part)
    assert found is not None
    assert list(found) == list(one_by_one(reader, part))


def test_who_denied_consent_keeps_nobody_else_from_columns():
    words = ["yes", "no", "yes", "denied", "granted"]
    rows = [["sale", LAST_MONTH, f"g{i}", word, ""] for i, word in enumerate(words)]
    reader = row_reader([*NEEDED, "gclid", "consent"])

    parts = list(reader.split(Block(range(2, 7), rows)))

    assert [list(part.lines) for part in parts] == [[2, 4, 6], [3, 5]]
    assert [reader.read_plain(part) is not None for part in parts] == [True, False]


@pytest.mark.parametrize(
    ("column", "form"), [("email", "{}@example.com"), ("phone", "+6681{:07}")]
)
def test_who_cannot_be_hashed_keeps_nobody_else_from_columns(column, form):
    cells = [form.format(i) for i in range(60)]
    cells[7] = cells[50] = "nobody at home"
    rows = [["sale", LAST_MONTH, cell, ""] for cell in cells]
    reader = row_reader([*NEEDED, column])

    found = list(read_block(reader, Block(range(2, 62), rows)))

    assert [len(part.whole or ()) for part in found] == [58, 0]
    assert [len(part.each) for part in found] == [0, 2]
    assert {type(row) for row in found[1].each} == {RowRefused}


def test_each_person_is_hashed_once():
    class Counting(GoogleHasher):
        seen = 0

        def email(self, text):
            self.seen += 1
            return super().email(text)

    hasher = Counting()
    rows = [["sale", LAST_MONTH, f"{i % 3}@example.com", ""] for i in range(30)]
    reader = RowReader(
        DeliveryPolicy(actions={"sale": "1"}, currency="THB", time_zone="UTC"),
        match_columns([*NEEDED, "email"]),
        client="siam-coffee",
        hasher=hasher,
        now=NOW,
    )

    found = reader.read_plain(Block(range(30), rows))

    assert found is not None
    assert len(set(found.column("email"))) == hasher.seen == 3
