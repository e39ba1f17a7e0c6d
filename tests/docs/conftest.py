"""A directory like a reader's: a convbridge.yaml, and Google on loopback."""

from __future__ import annotations

import shutil

import pytest

from convbridge.cli.businesses import mark_key_events, sandbox_config
from convbridge.sandbox import serve
from doc_pages import ROOT

SALES = """\
event,time,gclid,value,order_id
crm_sale,2026-11-19 10:00:00,Cj0KCQexample1,120.00,A-1
"""
RETURNS = """\
event,time,order_id,value
crm_sale,2026-11-21 10:00:00,A-1,60.00
"""


@pytest.fixture(scope="module")
def google():
    """One sandbox for the tests of a module."""
    with serve() as running:
        mark_key_events(running)
        yield running


@pytest.fixture(scope="module")
def reports(google, tmp_path_factory):
    """A store of GA4's reports, shared, so that each page does not read them anew."""
    return tmp_path_factory.mktemp("reports") / ".convbridge"


@pytest.fixture
def desk(google, reports, tmp_path, monkeypatch):
    """Where the reader sits."""
    (tmp_path / "convbridge.yaml").write_text(sandbox_config(google), encoding="utf-8")
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    (tmp_path / "returns.csv").write_text(RETURNS, encoding="utf-8")
    (tmp_path / "cassettes").symlink_to(ROOT / "cassettes")
    if reports.exists():
        shutil.copytree(reports, tmp_path / ".convbridge")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONVBRIDGE_CONFIG", raising=False)
    yield tmp_path
    if (tmp_path / ".convbridge").exists():
        shutil.copytree(tmp_path / ".convbridge", reports, dirs_exist_ok=True)
