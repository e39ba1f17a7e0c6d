"""Reports of adjustments show themselves."""

from __future__ import annotations

from convbridge.model.adjustments import AdjustmentReport


def test_a_report_of_nothing_says_so_in_one_line():
    report = AdjustmentReport(client="siam-coffee", outcomes=())

    assert repr(report) == "<AdjustmentReport siam-coffee   nothing to adjust>"
