"""The command in this process, against a sandbox of its own."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from convbridge.bridge import Bridge
from convbridge.cli.app import app
from convbridge.cli.businesses import mark_key_events, sandbox_config
from convbridge.sandbox import serve

WIDTH = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Ran:
    """What one run of the command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def convbridge(tmp_path, monkeypatch):
    """Run the command in an empty directory, as in a pipe."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONVBRIDGE_CONFIG", raising=False)
    logger = logging.getLogger("convbridge")
    before = logger.handlers[:], logger.level

    def run(*args, code=None, stdin=None):
        result = CliRunner().invoke(app, [*map(str, args)], input=stdin, env=WIDTH)
        assert not result.exception or isinstance(result.exception, SystemExit), (
            result.exception
        )
        if code is not None:
            assert result.exit_code == code, result.stderr
        return Ran(result.exit_code, result.stdout, result.stderr)

    yield run
    logger.handlers[:], level = before
    logger.setLevel(level)


@pytest.fixture(scope="module")
def google():
    """One sandbox for the tests of a module."""
    with serve() as running:
        yield running


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """A directory where the sandbox's reports were kept, so tests read them once."""
    path = tmp_path_factory.mktemp("reports") / "convbridge.yaml"
    with serve() as running:
        mark_key_events(running)
        path.write_text(sandbox_config(running), encoding="utf-8")
        for client in ("siam-coffee", "krakow-dental"):
            with Bridge.open(path, client=client) as bridge:
                bridge.value()
    return path.parent / ".convbridge"


@pytest.fixture
def config(google, reports, tmp_path):
    """A convbridge.yaml for the sandbox, with a ledger of the test's own."""
    shutil.copytree(reports, tmp_path / ".convbridge")
    path = tmp_path / "convbridge.yaml"
    path.write_text(sandbox_config(google), encoding="utf-8")
    return path
