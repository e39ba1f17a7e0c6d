"""From a manager account to a configuration that loads."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from convbridge.cli.app import app
from convbridge.sandbox import serve
from convbridge.sandbox.clock import Clock
from convbridge.sandbox.sites import agency_world
from convbridge.settings import load


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


def test_a_login_that_sees_nothing_is_told_what_to_do(discover):
    ran = discover(login="123-000-0000")

    assert ran.exit_code != 0
    assert "Hint:" in ran.stderr
