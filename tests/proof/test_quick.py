"""The proof in small: what must never slip between two full runs."""

from __future__ import annotations

import time

from convbridge.model.policy import ValuePolicy
from convbridge.value import value_events
from proof import bidding, breakage, measures, publisher
from proof.big import build
from proof.line import RULES
from proof.worlds import WORLDS


def missed(lines):
    return [line for line in lines if not line.is_met]


def test_totals_are_conserved_in_every_world():
    assert missed(measures.conservation(1)) == []


def test_campaign_values_are_calibrated():
    assert missed(measures.calibration(10)) == []


def test_lag_is_corrected():
    assert missed(measures.lag_bias(3)) == []


def test_faults_freeze_values_and_sound_shops_do_not():
    assert missed(breakage.faults(1)) == []


def test_published_values_rest():
    changes = [x for x in publisher.publishing(10) if "changes" in x.test]

    assert missed(changes) == []


def test_no_rival_sends_the_money_better():
    assert missed(bidding.regret(5, (WORLDS[3], WORLDS[8]))) == []


def test_counts_become_values_in_a_fraction_of_a_second():
    case = build(segments=40, events=20, rules=RULES)
    start = time.process_time()

    value_events(*case, rules=RULES, policy=ValuePolicy())

    # 60 ms on the machine of docs/proof.md; the line there is 200 ms
    assert time.process_time() - start < 1.0
