"""The same conversions, whatever holds them."""

from __future__ import annotations

import gzip
import json
from datetime import datetime

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine

from convbridge.deliver import open_query, open_source
from convbridge.deliver.blocks import Broken
from convbridge.errors import DataError

ROWS = [
    {"event": "sale", "time": "2026-11-20 10:00:00", "gclid": "g1", "order_id": "A"},
    {"event": "sale", "time": "2026-11-20 11:00:00", "gclid": "g2", "order_id": "7"},
]


def as_csv(path, rows):
    found = path / "a.csv"
    pd.DataFrame(rows).to_csv(found, index=False)
    return open_source(found)


def as_gzip(path, rows):
    found = path / "a.csv.gz"
    found.write_bytes(gzip.compress(pd.DataFrame(rows).to_csv(index=False).encode()))
    return open_source(found)


def as_semicolons(path, rows):
    found = path / "a.csv"
    pd.DataFrame(rows).to_csv(found, index=False, sep=";", encoding="utf-8-sig")
    return open_source(str(found))


def as_json_lines(path, rows):
    found = path / "a.jsonl"
    found.write_text("\n".join(map(json.dumps, rows)))
    return open_source(found)


def as_parquet(path, rows):
    pq.write_table(pa.Table.from_pylist(rows), path / "a.parquet")
    return open_source(path / "a.parquet")


def as_query(path, rows):
    engine = create_engine(f"sqlite:///{path}/shop.db")
    pd.DataFrame(rows).to_sql("sales", engine, index=False)
    engine.dispose()
    return open_query(engine, "SELECT * FROM sales")


def as_url(path, rows):
    as_query(path, rows)
    return open_query(f"sqlite:///{path}/shop.db", "SELECT * FROM sales")


KINDS = {
    "csv": as_csv,
    "gzip": as_gzip,
    "semicolons": as_semicolons,
    "json lines": as_json_lines,
    "parquet": as_parquet,
    "pandas": lambda _, rows: open_source(pd.DataFrame(rows)),
    "polars": lambda _, rows: open_source(pl.DataFrame(rows)),
    "pyarrow": lambda _, rows: open_source(pa.Table.from_pylist(rows)),
    "query": as_query,
    "query by URL": as_url,
}


def read(source):
    with source.open as rows:
        found = []
        for _, row in rows.lines:
            assert not isinstance(row, Broken)
            found.append({name: row[i] for name, i in rows.columns.items() if row[i]})
        return found


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_the_same(kind, tmp_path):
    assert read(KINDS[kind](tmp_path, ROWS)) == ROWS


@pytest.mark.parametrize("kind", ["parquet", "pandas", "polars", "json lines"])
def test_numeric_ids_are_read_as_text(kind, tmp_path):
    rows = [{**ROWS[0], "order_id": 1001}, {**ROWS[1], "order_id": None}]

    assert [row.get("order_id") for row in read(KINDS[kind](tmp_path, rows))] == [
        "1001",
        None,
    ]


def test_times_keep_their_type(tmp_path):
    rows = [{**ROWS[0], "time": datetime.fromisoformat("2026-11-20T10:00")}]

    assert read(KINDS["parquet"](tmp_path, rows))[0]["time"] == rows[0]["time"]


def test_broken_lines_are_told_and_cost_no_other(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('event,time\nsale,1\nsale\nsale,"2\n3"\n\nsale,4\n')

    with open_source(path).open as rows:
        found = [
            (line, row.reason if isinstance(row, Broken) else row[1])
            for line, row in rows.lines
        ]

    assert found == [
        (2, "1"),
        (3, "the row has 1 cells, the header 2"),
        (5, "2\n3"),
        (7, "4"),
    ]


def test_broken_json_lines_are_told(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"event": "sale"}\nnonsense\n[1]\n')

    with open_source(path).open as rows:
        found = [(line, row) for line, row in rows.lines if isinstance(row, Broken)]

    assert [(line, row.cells) for line, row in found] == [
        (2, ["nonsense"]),
        (3, ["[1]"]),
    ]


HEAD = b"event,time,gclid\n"
LINE = b"sale,2026-11-20 10:00:00,g1\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"\n\n", "a.csv is empty"),
        ("a.csv", b"event,gclid\n", "no column time; it has event, gclid"),
        ("a.csv", b"event:time:gclid\n", "it has event:time:gclid"),
        ("a.csv", b"x" * 1_000_001, "more than 1,000,000 characters"),
        (
            "a.csv",
            HEAD + LINE * 300 + b"caf\xe9,1,2\n",
            "line 302 .* not UTF-8 .byte 0xe9",
        ),
        ("a.csv", HEAD + b'sale,"2026' + LINE * 9_000, "field larger than field limit"),
        ("a.csv", b"PK\x03\x04" + LINE, "an Excel workbook or a ZIP archive"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + LINE, "an old Excel workbook"),
        ("a.csv.gz", gzip.compress(HEAD + LINE * 99)[:50], "gzip file .* is broken"),
        ("a.jsonl", b'[{"event": "sale"}]', "one JSON list"),
        ("a.jsonl", b'{"event": "caf\xe9"}\n', "line 1 of a.jsonl is not UTF-8"),
        ("a.parquet", b"x", "cannot be read as Parquet"),
        ("none.csv", None, "there is no file"),
        (".", None, "is a directory"),
    ],
    # Not the content: a gzip file holds the time at which it was made.
    ids=lambda cell: cell if isinstance(cell, str) else "",
)
def test_what_cannot_be_read_says_why(name, content, message, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with (
        pytest.raises(DataError, match=message),
        open_source(tmp_path / name).open as r,
    ):
        list(r.lines)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.csv", (HEAD + LINE).replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param("a.csv", b"\xef\xbb\xbf" + HEAD + LINE, id="byte order mark"),
        pytest.param("a.csv", b"sep=,\n" + HEAD + LINE, id="Excel's first line"),
        pytest.param("a.csv", (HEAD + LINE).replace(b",", b"|"), id="bars"),
        pytest.param("a.txt", (HEAD + LINE).replace(b",", b"\t"), id="tabs"),
        pytest.param(
            "a.csv", (HEAD + LINE).decode().encode("utf-16"), id="Excel's Unicode text"
        ),
        pytest.param("a.csv", gzip.compress(HEAD + LINE), id="gzip without its name"),
        pytest.param("a.csv.gz", HEAD + LINE, id="gzip by name only"),
        pytest.param("a.csv", HEAD + LINE.strip(), id="no line end"),
        pytest.param("a.csv", HEAD + b'"sale","2026-11-20 10:00:00","g1"', id="quoted"),
    ],
)
def test_csv_is_read_however_it_was_saved(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)

    assert read(open_source(tmp_path / name)) == [
        {"event": "sale", "time": "2026-11-20 10:00:00", "gclid": "g1"}
    ]


def test_nanoseconds_are_cut_off(tmp_path):
    time = pa.array([1_795_000_000_123_456_789], pa.timestamp("ns", "UTC"))
    table = pa.table({"event": ["sale"], "time": time, "gclid": ["g1"]})

    (row,) = read(open_source(table))

    assert row["time"].microsecond == 123_456


@pytest.mark.parametrize(
    "url", ["nothing", "nosuch://u:secret@host/db", "sqlite:///a/b"]
)
def test_a_database_that_cannot_be_asked_keeps_its_url_secret(url, tmp_path):
    source = open_query(url, "SELECT 1 AS event")

    with pytest.raises(DataError, match=r"database|query failed") as caught:
        source.open.__enter__()

    assert "secret" not in str(caught.value)


def test_what_is_no_source():
    with pytest.raises(DataError, match="cannot read conversions from int"):
        open_source(5)
