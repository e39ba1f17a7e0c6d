"""The laws of cutting ordered changes into calls."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.adapters.google_ads.operations import temporary_names
from convbridge.apply.groups import grouped
from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.resources import ResourceType, System

PLACES = (
    (ResourceType.KEY_EVENT, "properties/1"),
    (ResourceType.EVENT_CREATE_RULE, "properties/1"),
    (ResourceType.CONVERSION_ACTION, "9999999999"),
    (ResourceType.CUSTOM_CONVERSION_GOAL, "9999999999"),
    (ResourceType.CONVERSION_ACTION, "1234567890"),
    (ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG, "1234567890"),
)


@st.composite
def ordered_changes(draw):
    """Changes of several accounts, each waiting for some of those before it."""
    places = draw(st.lists(st.sampled_from(PLACES), max_size=12))
    found = []
    for number, (kind, owner) in enumerate(places):
        before = [change.key for change in found]
        after = draw(st.sets(st.sampled_from(before))) if before else set()
        found.append(
            Change(
                action=Action.CREATE,
                type=kind,
                key=f"new:{number}",
                owner=owner,
                name=str(number),
                fields=(
                    FieldChange(name="list", before=None, after=tuple(sorted(after))),
                ),
                reason="",
                after=tuple(sorted(after)),
            )
        )
    return tuple(found)


@settings(max_examples=40)
@given(ordered_changes(), st.integers(min_value=1, max_value=4))
def test_every_change_is_in_one_call_after_all_it_needs(changes, most):
    groups = grouped(changes, most=most)

    assert sorted(c.key for g in groups for c in g) == sorted(c.key for c in changes)
    done = set()
    for group in groups:
        is_ads = group[0].system is System.GOOGLE_ADS
        before = set(done)
        for change in group:
            assert set(change.after) <= (done if is_ads else before)
            done.add(change.key)


@settings(max_examples=40)
@given(ordered_changes())
def test_a_call_is_of_one_account(changes):
    for group in grouped(changes):
        assert len({c.owner for c in group}) == 1
        kinds = {c.type for c in group}
        assert len(kinds) == 1 or group[0].system is System.GOOGLE_ADS


@settings(max_examples=40)
@given(ordered_changes())
def test_a_temporary_number_is_used_once_in_a_call(changes):
    for group in grouped(changes):
        listed = [c for c in group if c.type in {PLACES[2][0], PLACES[3][0]}]
        names = temporary_names(listed, {})

        assert len({n.rpartition("/")[2] for n in names.values()}) == len(names)
        assert all(
            n.startswith(f"customers/{listed[0].owner}/") for n in names.values()
        )
