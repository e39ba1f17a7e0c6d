"""From a manager account to a configuration that loads."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from convbridge.bridge.discovery import discover as discover_clients
from convbridge.cli.app import app
from convbridge.model.ids import CustomerId
from convbridge.sandbox import serve
from convbridge.sandbox.clock import Clock
from convbridge.sandbox.sites import MANAGER_ID, agency_world
from convbridge.sandbox.world import World
from convbridge.settings import load
from convbridge.settings.environment import access_from_environment
from convbridge.settings.skeleton import skeleton


@pytest.fixture(scope="module")
def google():
    with serve(world=agency_world(3, clock=Clock(None))) as running:
        del running.world.site("client-0002").ga4.ads_links["5000001"]
        yield running


@pytest.fixture
def discover(google, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*options, login="999-999-9999"):
        env = {
            "CONVBRIDGE_GA4_ENDPOINT": google.ga4_endpoint,
            "CONVBRIDGE_GOOGLE_ADS_ENDPOINT": google.google_ads_endpoint,
            "COLUMNS": "200",
        }
        arguments = ["discover", "--login-customer-id", login, *options]
        return CliRunner().invoke(app, arguments, env=env)

    return run


def test_accounts_properties_and_links_are_found(discover):
    found = json.loads(discover("--json").stdout)

    assert [
        (c["name"], c["customer_id"], [p["property_id"] for p in c["properties"]])
        for c in found["clients"]
    ] == [
        ("Client 0000", "300-000-0000", ["300000000"]),
        ("Client 0001", "300-000-0001", ["300000001"]),
        ("Client 0002", "300-000-0002", []),
    ]
    assert [p["property_id"] for p in found["unlinked"]] == ["300000002"]


def test_the_skeleton_loads_and_is_never_overwritten(discover, google, tmp_path):
    path = tmp_path / "convbridge.yaml"

    first = discover("--out", str(path))
    text = path.read_text()
    again = discover("--out", str(path))

    assert (first.exit_code, again.exit_code) == (0, 3)
    assert "Hint: name another file with --out" in again.stderr
    assert path.read_text() == text
    assert "#   ga4: {property_id" in text  # who has no property is left for a person
    path.write_text(text.replace("version: 1", f"version: 1\n{local(google)}"))
    clients = load(path).clients
    assert [
        (name, str(c.ga4.property_id), c.google_ads.login_customer_id.dashed)
        for name, c in clients.items()
    ] == [
        ("client-0000", "300000000", "999-999-9999"),
        ("client-0001", "300000001", "999-999-9999"),
    ]


def local(google):
    return (
        f"google: {{credentials: anonymous, ga4_endpoint: {google.ga4_endpoint}, "
        f"google_ads_endpoint: {google.google_ads_endpoint}}}"
    )


def test_an_account_under_a_manager_further_down_says_so(discover, google):
    accounts = google.ads.store.accounts
    google.ads.resources("campaign", "3000000001")  # accounts are made when asked for
    accounts["8888888888"] = replace(
        accounts["9999999999"], customer_id="8888888888", manager="9999999999"
    )
    accounts["3000000001"].manager = "8888888888"

    found = json.loads(discover("--json").stdout)
    accounts["3000000001"].manager = "9999999999"
    del accounts["8888888888"]

    assert [client["manager"] for client in found["clients"]] == [
        "999-999-9999",
        "888-888-8888",
        "999-999-9999",
    ]


def test_clients_that_share_a_conversion_manager_stand_together(tmp_path):
    clock = Clock(None)
    sites = agency_world(3, clock=clock).sites.values()
    shared = ("client-0000", "client-0002")
    world = World(
        (
            replace(s, conversion_customer_id=MANAGER_ID) if s.key in shared else s
            for s in sites
        ),
        clock=clock,
    )
    with serve(world=world) as google:
        env = {
            "CONVBRIDGE_GA4_ENDPOINT": google.ga4_endpoint,
            "CONVBRIDGE_GOOGLE_ADS_ENDPOINT": google.google_ads_endpoint,
        }
        access = access_from_environment(env, base=tmp_path)
        found = discover_clients(access, CustomerId(MANAGER_ID), clock=clock)

    text = skeleton(found).partition("clients:\n")[2]

    assert [line.strip() for line in text.splitlines() if line[2] in '"#'] == [
        '"client-0001":  # Client 0001, PLN',
        "# Conversion actions of these live in 999-999-9999.",
        '"client-0000":  # Client 0000, THB',
        '"client-0002":  # Client 0002, THB',
    ]


def test_a_login_that_sees_nothing_is_told_what_to_do(discover):
    ran = discover(login="123-000-0000")

    assert ran.exit_code == 7
    assert "CUSTOMER_NOT_FOUND" in ran.stderr
    assert "Hint: check google_ads.customer_id" in ran.stderr
