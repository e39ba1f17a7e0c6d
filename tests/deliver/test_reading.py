"""Reading ahead changes when blocks are read, and nothing else."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
import sqlalchemy

from convbridge.deliver.reading import read_ahead
from convbridge.deliver.sources import open_query, open_source

CSV = "event,time,gclid\nsale,2026-11-20 10:00:00,g\n"


def numbers(last):
    yield from range(last)
    raise ZeroDivisionError


def test_the_next_item_is_made_meanwhile_and_no_more():
    made = []
    begun = threading.Event()

    def items():
        for number in range(3):
            if number == 1:
                begun.set()
            made.append(number)
            yield number

    with closing(read_ahead(items())) as found:
        assert next(found) == 0
        assert begun.wait(10)
    assert made == [0, 1]


def test_what_goes_wrong_is_told_after_what_went_right():
    found = read_ahead(numbers(2))

    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_closing_ends_the_thread():
    before = threading.active_count()

    with closing(read_ahead(numbers(5))) as found:
        next(found)

    assert threading.active_count() == before


def test_files_may_be_read_by_any_thread_and_databases_may_not(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(CSV)
    database = sqlalchemy.create_engine("sqlite://")
    query = "SELECT 'sale' AS event, '2026-11-20' AS time, 'g' AS gclid"

    with open_source(path).open as file, open_query(database, query).open as answer:
        assert (file.is_file, answer.is_file) == (True, False)
    database.dispose()
