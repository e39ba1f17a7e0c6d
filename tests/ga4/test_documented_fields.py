"""The page of GA4 fields names everything that is asked for, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convbridge.adapters.ga4 import reports

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "ga4-fields.md"
SPECS = [
    reports.EVENTS_REPORT,
    reports.REVENUE_REPORT,
    reports.PURCHASERS_REPORT,
    reports.COSTS_REPORT,
    reports.USERS_REPORT,
    reports.TOTAL_USERS_REPORT,
    reports.TOTAL_PURCHASERS_REPORT,
]


def rows():
    section = PAGE.read_text().split("## Reports")[1].split("## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    return {row[0]: row[1:3] for row in cells[2:]}


def names(cell):
    return tuple(re.findall(r"`(\w+)`", cell))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_each_report_is_documented_as_it_is_asked(spec):
    dimensions, metrics = rows()[spec.name]

    asked = rows()["revenue"][0] if dimensions == "as revenue" else dimensions
    assert (names(asked), names(metrics)) == (spec.dimensions, spec.metrics)
