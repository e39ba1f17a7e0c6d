"""The JSON that `classify --json` and `value --json` print."""

from __future__ import annotations

import json

import pytest

from convbridge.classify import classify
from convbridge.model.classes import EventClass
from value_samples import RULES, counts, funnels, value

CLASSES = classify(counts(), client="shop", rules=RULES, funnels=funnels())


def test_valuation_is_json_with_the_documented_keys():
    found = json.loads(json.dumps(value().to_dict()))

    assert {"client", "currency", "scheme", "inflation", "troas_multiplier"} < set(
        found
    )
    assert list(found["events"][0])[:11] == [
        "event",
        "class",
        "group",
        "stage",
        "value",
        "low",
        "high",
        "status",
        "count",
        "users",
        "reason",
    ]


def test_classification_is_json_with_evidence():
    found = json.loads(json.dumps(CLASSES.to_dict()))

    assert [e["event"] for e in found["events"]] == [
        "scroll",
        "view_item",
        "add_to_cart",
        "begin_checkout",
        "purchase",
    ]
    assert found["events"][1]["evidence"]["act"] == "view_item"


def test_events_are_found_by_name_and_class():
    assert CLASSES["purchase"].event_class is EventClass.PRIMARY
    assert CLASSES.primaries == ("purchase",)
    with pytest.raises(KeyError):
        CLASSES["frob"]
    with pytest.raises(KeyError):
        value()["frob"]


def test_details_of_a_value_are_json():
    assert json.loads(json.dumps(dict(value()["add_to_cart"].detail)))["rate"] > 0
