"""The file of refused rows: nothing is lost, and nothing written over."""

from __future__ import annotations

import pytest

from convbridge.errors import ConfigError
from deliver.kit import HEADER, counts, sales, write_csv

NOTES = ["convbridge_line", "convbridge_state", "convbridge_reason"]


@pytest.fixture
def refused(tmp_path, run):
    """Deliver three sales of which one is negative, and return the file of it."""
    rows = sales(3)
    rows[1][3] = "-4"
    letters = tmp_path / "refused.csv"
    run(write_csv(tmp_path / "a.csv", rows), dead_letters=letters)
    return letters


def test_rows_of_another_run_are_added(tmp_path, run, refused):
    before = refused.read_text()
    rows = [["sale", "yesterday", "g", "1", "O9"]]

    run(write_csv(tmp_path / "b.csv", rows), dead_letters=refused)

    added = refused.read_text().removeprefix(before).splitlines()
    assert len(added) == 1
    assert added[0].startswith("sale,yesterday,g,1,O9,2,rejected,")


def test_a_run_without_refusals_leaves_the_file_alone(tmp_path, run, refused):
    before = refused.read_bytes()

    run(write_csv(tmp_path / "b.csv", sales(2, start=5)), dead_letters=refused)

    assert refused.read_bytes() == before


@pytest.mark.parametrize("other", ["source", "text", "binary", "letters as source"])
def test_nothing_is_written_over(other, tmp_path, run, refused, received):
    source = write_csv(tmp_path / "b.csv", [["sale", "never", "g", "1", "O9"]])
    target = tmp_path / "other"
    target.write_bytes({"text": b"my notes", "binary": b"\xff\x00"}.get(other, b""))
    if other == "source":
        target = source
    if other == "letters as source":
        source = target = refused
    before, sent = target.read_bytes(), received()

    with pytest.raises(ConfigError, match="holds something else"):
        run(source, dead_letters=target)

    assert (target.read_bytes(), received()) == (before, sent)


def test_broken_lines_are_kept_whole_and_refused_until_mended(tmp_path, run, received):
    path = write_csv(tmp_path / "a.csv", sales(1))
    path.write_text(path.read_text() + "sale,x\nsale,1,2,3,4,5,6\n")
    letters = tmp_path / "refused.csv"

    run(path, dead_letters=letters)
    again = run(letters)

    assert letters.read_text().splitlines() == [
        ",".join([*HEADER, *NOTES]),
        'sale,x,3,rejected,"the row has 2 cells, the header 5"',
        'sale,1,2,3,4,5,6,4,rejected,"the row has 7 cells, the header 5"',
    ]
    assert counts(again) == {"read": 2, "rejected": 2}
    assert received() == ["O0"]


def test_a_broken_line_of_json_is_kept_as_it_was(tmp_path, run):
    path = tmp_path / "a.jsonl"
    path.write_text('{"event": "sale",\n')
    letters = tmp_path / "refused.csv"

    run(path, dead_letters=letters)

    assert letters.read_text().splitlines()[1].startswith('"{""event"": ""sale"",",1,')


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("none/refused.csv", "No such file or directory"),
        ("taken", "Is a directory"),
        ("/dev/full", "No space left on device"),
    ],
)
def test_a_place_that_takes_no_rows_is_told(place, reason, tmp_path, run, received):
    (tmp_path / "taken").mkdir()
    rows = [["sale", "never", "g", "1", "O9"]]

    with pytest.raises(ConfigError, match=f"cannot be written: {reason}"):
        run(write_csv(tmp_path / "b.csv", rows), dead_letters=tmp_path / place)

    assert received() == []
