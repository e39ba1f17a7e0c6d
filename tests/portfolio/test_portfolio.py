"""Many clients in one command: contained, isolated, in a stable order."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from convbridge.errors import ConfigError
from convbridge.portfolio import Portfolio


def test_results_come_in_the_files_order(agency):
    _, path = agency(6)
    portfolio = Portfolio.from_config(path)
    told = []

    results = portfolio.sync(on_result=told.append)

    assert [r.client for r in results] == [f"client-000{n}" for n in range(6)]
    assert {r.client for r in told} == set(portfolio.clients)
    assert results.exit_code == 0


def test_one_clients_failure_stops_no_other(agency):
    google, path = agency(4)
    google.world.site("client-0001").ga4.switches.unreadable = True

    results = Portfolio.from_config(path).sync(yes=True)

    assert [r.client for r in results.failed] == ["client-0001"]
    assert type(results.failed[0].error).__name__ == "AuthError"
    assert results.exit_code == 1
    assert all(r.value.report.is_complete for r in results if not r.is_failed)


def test_a_crash_is_contained_and_says_nothing_of_its_data(agency):
    _, path = agency(3)

    def job(bridge):
        if bridge.client == "client-0002":
            raise ZeroDivisionError("a secret")
        return bridge.fetch_property()

    results = Portfolio.from_config(path).run(job)

    assert [r.client for r in results.failed] == ["client-0002"]
    assert "secret" not in str(results.failed[0].error)


def test_each_verb_answers_for_every_client(agency):
    google, path = agency(2)
    google.world.site("client-0001").ga4.switches.unreadable = True
    portfolio = Portfolio.from_config(path, workers=1)

    plans, checks, reports = portfolio.plan(), portfolio.check(), portfolio.report()

    assert [r.status for r in plans] == ["planned", "failed"]
    assert plans.digest().lines[1].changes == len(plans.results[0].plan.changes) > 0
    assert [r.status for r in checks][1] == "attention"
    assert "property 300000001: User does not have" in next(
        checks.results[1].concerns()
    )
    assert [r.status for r in reports] == ["planned", "failed"]
    assert [r.exit_code for r in (plans, checks, reports)] == [1, 1, 1]
    assert reports.to_dict()[0]["client"] == "client-0000"
    assert not [c for c in google.calls if c.method.startswith(("Mutate", "create"))]


def test_a_client_alone_keeps_its_errors_exit_code(agency):
    google, path = agency(2)
    google.world.site("client-0001").ga4.switches.unreadable = True

    results = Portfolio.from_config(path, clients=["client-0001"]).sync()

    assert results.exit_code == 7


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"tags": ["clinic"]}, ["client-0001", "client-0003"]),
        ({"clients": ["client-0002"]}, ["client-0002"]),
        ({}, ["client-0000", "client-0001", "client-0002", "client-0003"]),
    ],
    ids=["tags", "names", "all"],
)
def test_clients_are_chosen_by_name_or_tag(agency, chosen, names):
    _, path = agency(4)

    assert list(Portfolio.from_config(path, **chosen).clients) == names


def test_an_unknown_tag_is_a_config_error(agency):
    _, path = agency(2)

    with pytest.raises(ConfigError, match="no client has the tag nope"):
        Portfolio.from_config(path, tags=["nope"])


def test_any_executor_can_do_the_work(agency):
    google, path = agency(3)
    google.world.site("client-0001").ga4.switches.unreadable = True
    spawned = get_context("spawn")  # a fork would copy the sandbox's threads
    told = []

    with ProcessPoolExecutor(2, mp_context=spawned) as pool:
        portfolio = Portfolio.from_config(path)
        results = portfolio.sync(yes=True, executor=pool, on_result=told.append)

    assert [r.status for r in results] == ["changed", "failed", "changed"]
    error = results.results[1].error  # whole, from another process
    assert error.message.startswith("property 300000001: User does not have")
    assert {r.client for r in told} == set(portfolio.clients)
    assert results.exit_code == 1
