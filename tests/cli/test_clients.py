"""The loop over clients: side by side, printed in the file's order, contained."""

from __future__ import annotations

import json
import threading

import pytest

from convbridge.cli.clients import each_client
from convbridge.cli.session import Session
from convbridge.errors import AuthError, QuotaError

NAMES = ("first", "second", "third")


@pytest.fixture
def config(tmp_path):
    """Three clients; what is tested sends nothing."""
    path = tmp_path / "convbridge.yaml"
    path.write_text(
        "version: 1\n"
        "google: {credentials: anonymous, ga4_endpoint: 'http://127.0.0.1:9'}\n"
        "clients:\n"
        + "".join(
            f"  {name}: {{template: ecommerce, ga4: {{property_id: {n}}}}}\n"
            for n, name in enumerate(NAMES, start=1)
        )
    )
    return path


def run(config, work, **about):
    session = Session(config=config, **about)
    shown = []
    found = each_client(session, work, show=shown.append, to_dict=lambda name: name)
    return session, found, shown


def last_comes_first(bridge):
    """End in the opposite of the file's order, whatever the threads do."""
    place = NAMES.index(bridge.client)
    if place + 1 < len(NAMES):
        assert DONE[place + 1].wait(10)
    DONE[place].set()
    return bridge.client


DONE: list[threading.Event] = []


@pytest.fixture(autouse=True)
def _nothing_is_done():
    DONE[:] = [threading.Event() for _ in NAMES]


def test_clients_go_side_by_side_and_are_printed_in_the_files_order(config):
    session, found, shown = run(config, last_comes_first)

    assert found == shown == list(NAMES)
    assert session.exit_code == 0


def test_json_is_one_list_in_the_files_order(config, capsys):
    run(config, last_comes_first, is_json=True)

    assert json.loads(capsys.readouterr().out) == list(NAMES)


@pytest.mark.parametrize("in_turn", [False, True], ids=["side by side", "in turn"])
def test_errors_and_crashes_are_contained_and_set_exit_code_1(config, capsys, in_turn):
    def work(bridge):
        match bridge.client:
            case "first":
                raise AuthError("No access.", vendor="ga4", operation="runReport")
            case "second":
                raise ZeroDivisionError("a secret")
        return bridge.client

    session = Session(config=config, is_json=True)
    found = each_client(session, work, show=print, to_dict=str, in_turn=in_turn)

    told = capsys.readouterr()
    entries = json.loads(told.out)
    assert found == ["third"]
    assert [e["client"] for e in entries[:2]] == ["first", "second"]
    assert [e["error"]["type"] for e in entries[:1]] == ["AuthError"]
    assert "ZeroDivisionError" in entries[1]["error"]["message"]
    assert "a secret" not in told.out + told.err
    assert session.exit_code == 1


def test_a_client_alone_has_its_errors_own_exit_code(config):
    def work(bridge):
        raise AuthError("No access.", vendor="ga4", operation="runReport")

    session, _, _ = run(config, work, clients=("first",))

    assert session.exit_code == AuthError.exit_code


def test_clients_that_the_projects_quota_left_out_are_told(config, capsys):
    first_failed = threading.Event()

    def work(bridge):
        if bridge.client == "first":
            first_failed.set()
            raise QuotaError(
                "Too many operations.",
                vendor="google_ads",
                operation="Search",
                code="RESOURCE_EXHAUSTED",
            )
        assert first_failed.wait(10)
        return bridge.client

    session, found, _ = run(config, work)

    told = capsys.readouterr().err
    assert "Error in first" in told
    assert session.exit_code == 1
    assert all(f"Error in {n}: not begun" in told for n in set(NAMES[1:]) - set(found))
