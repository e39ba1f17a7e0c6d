"""`convbridge report`: which files it writes, and what it says of them."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from convbridge.cli.app import app


@pytest.fixture
def run(config, tmp_path, monkeypatch):
    """Run the command in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*options):
        found = CliRunner().invoke(app, ["report", "-c", str(config), *options])
        return found.exit_code, found.stdout, found.stderr

    return call


def test_one_file_per_client_and_one_over_all(run, tmp_path):
    code, out, err = run("--portfolio", "--lang", "pl")

    files = sorted(p.name for p in (tmp_path / "reports").iterdir())
    index = (tmp_path / "reports" / "index.html").read_text()
    assert (code, out.split(), err) == (
        0,
        ["reports/siam-coffee.html", "reports/krakow-dental.html"],
        "All clients: reports/index.html\n",
    )
    assert files == ["index.html", "krakow-dental.html", "siam-coffee.html"]
    assert re.findall(r'href="(\w[^"]+)"', index) == [
        "siam-coffee.html",
        "krakow-dental.html",
    ]
    assert '<html lang="pl">' in index


def test_a_failed_client_has_a_row_and_stops_no_other(run, google, tmp_path):
    google.world.site("krakow-dental").ga4.switches.unreadable = True

    code, out, err = run("--portfolio", "--json")

    index = (tmp_path / "reports" / "index.html").read_text()
    entries = json.loads(out)
    assert code == 1
    assert [e["client"] for e in entries] == ["siam-coffee", "krakow-dental"]
    assert entries[0]["file"] == "reports/siam-coffee.html"
    assert entries[1]["error"]["type"] == "AuthError"
    assert "Error in krakow-dental" in err
    assert '<span class="badge bad">failed</span>' in index


def test_one_file_is_not_for_several_clients(run):
    code, _, err = run("--out", "all.html")

    assert code == 3
    assert err == (
        "Error: --out all.html is one file, and this makes several\n"
        "Hint: name a directory, or choose one client with --client\n"
    )
