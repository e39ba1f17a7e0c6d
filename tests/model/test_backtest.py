"""A backtest shows itself, and says what it compared."""

from __future__ import annotations

from datetime import date

from convbridge.model.backtest import Backtest, BacktestRow
from convbridge.model.dates import DateWindow

FOUND = Backtest(
    train=DateWindow(start=date(2026, 9, 1), end=date(2026, 9, 30)),
    test=DateWindow(start=date(2026, 10, 1), end=date(2026, 10, 31)),
    campaigns=4,
    revenue=1250.0,
    results=(
        BacktestRow(scheme="blend", total_ratio=1.02, error=0.04, correlation=0.9),
    ),
)


def test_a_backtest_is_a_table_with_both_windows_above_it():
    assert repr(FOUND) == (
        "<Backtest fitted on 2026-09-01 to 2026-09-30 (30 d), compared on "
        "2026-10-01 to 2026-10-31 (31 d): schemes 1, campaigns 4>"
    )
    page = FOUND._repr_html_()
    assert "<th>total_ratio</th>" in page
    assert "1.02" in page
