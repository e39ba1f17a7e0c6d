"""A server without GoogleAdsService.Mutate: each type goes by its own service."""

from __future__ import annotations

from contextlib import contextmanager

import grpc
import pytest

from convbridge.errors import RejectedError, UnavailableError
from convbridge.model.changes import Action, OutcomeKind
from convbridge.model.resources import ResourceType as Kind
from convbridge.sandbox import serve
from foreign.test_google_ads_shapes import opened, relay_calls
from google_ads.wishes import PURCHASE, change, create_action, update

CONFIG = "customers/1234567890/conversionGoalCampaignConfigs/7000001"
ATTACH = {"custom_conversion_goal": "new:g", "goal_config_level": "CAMPAIGN"}
APPLIED, REJECTED = OutcomeKind.APPLIED, OutcomeKind.REJECTED
SKIPPED, UNKNOWN = OutcomeKind.SKIPPED, OutcomeKind.UNKNOWN


@pytest.fixture(scope="module")
def google():
    with serve() as running:
        yield running


def goal_of(*actions):
    fields = {"name": actions[-1], "conversion_actions": (PURCHASE, *actions)}
    return change(Action.CREATE, Kind.CUSTOM_CONVERSION_GOAL, "new:g", fields)


def chain(prefix, **fields):
    """Return an action, a goal that lists it, and a campaign that uses the goal."""
    attach = update(Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG, CONFIG, ATTACH)
    return [
        create_action(f"{prefix}-a", **fields),
        create_action(f"{prefix}-b"),
        goal_of(f"new:{prefix}-b"),
        attach,
    ]


@contextmanager
def without_mutate(google, refuse=None):
    """Serve the sandbox, its Mutate taken out and `refuse` made to answer so."""
    statuses = {"GoogleAdsService/Mutate": grpc.StatusCode.UNIMPLEMENTED}

    def end(method, context):
        for ending, status in {**statuses, **(refuse or {})}.items():
            if method.endswith(ending):
                context.abort(status, "Not here.")

    with (
        relay_calls(google.google_ads_endpoint, end) as served,
        opened(served) as it,
    ):
        yield it


def kinds(outcomes):
    return [outcome.kind for outcome in outcomes]


def test_a_chain_is_checked_and_made_type_by_type(google):
    changes = chain("first")

    with without_mutate(google) as target:
        checked = target.validate(changes, names={})
        made = target.apply(changes, names={})
        config = target.fetch_state().get(CONFIG)

    assert kinds(checked) == [APPLIED, APPLIED, SKIPPED, SKIPPED]
    assert kinds(made) == [APPLIED] * 4
    assert config.fields["custom_conversion_goal"] == made[2].resource_name


def test_what_google_refuses_is_left_out_with_all_that_needs_it(google):
    bad = chain("second", type="GOOGLE_ANALYTICS_4_CUSTOM")
    bad[2] = goal_of("new:second-a")

    with without_mutate(google) as target:
        outcomes = target.apply(bad, names={})

    assert kinds(outcomes) == [REJECTED, APPLIED, SKIPPED, SKIPPED]
    assert outcomes[0].code == "CREATION_NOT_SUPPORTED"
    assert "needs second-a" in outcomes[2].error


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(grpc.StatusCode.INTERNAL, UNKNOWN, id="no answer"),
        pytest.param(grpc.StatusCode.UNAUTHENTICATED, SKIPPED, id="refused"),
    ],
)
def test_a_call_that_fails_later_leaves_what_was_made(google, status, expected):
    refuse = {"MutateCustomConversionGoals": status}

    with without_mutate(google, refuse) as target:
        outcomes = target.apply(chain(status.name), names={})

    assert kinds(outcomes) == [APPLIED, APPLIED, expected, SKIPPED]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (grpc.StatusCode.UNAVAILABLE, UnavailableError),
        (grpc.StatusCode.UNIMPLEMENTED, RejectedError),
    ],
)
def test_a_first_call_that_fails_is_an_error(google, status, error):
    refuse = {"MutateConversionActions": status}

    with without_mutate(google, refuse) as target, pytest.raises(error):
        target.validate(chain("never"), names={})
