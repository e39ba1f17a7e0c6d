"""What happens around every command: logs, Ctrl-C, defects."""

from __future__ import annotations

import json
import logging
import sys

import pytest
import typer
from typer.testing import CliRunner

from convbridge.cli.logs import set_up
from convbridge.cli.registry import Command, register


def run(function, *args):
    app = typer.Typer(rich_markup_mode=None)
    command = Command(name="do", function=function, example="do", has_config=False)
    register(app, [command, Command(name="other", function=function, example="x")])
    return CliRunner().invoke(app, ["do", *args])


def test_ctrl_c_says_that_nothing_was_changed():
    def stop(session):
        raise KeyboardInterrupt

    result = run(stop)

    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "\nStopped. Nothing was changed.\n"


def test_ctrl_c_in_the_middle_says_where_things_stand():
    def stop(session):
        session.standing = "siam-coffee was being changed."
        raise KeyboardInterrupt

    assert run(stop).stderr == "\nStopped. siam-coffee was being changed.\n"


def test_exit_code_of_the_session_ends_the_command():
    def fail(session):
        session.exit_code = 2

    assert run(fail).exit_code == 2


@pytest.fixture
def log():
    """Log lines, and the logger as it was afterwards."""
    logger = logging.getLogger("convbridge")
    handlers, level = logger.handlers[:], logger.level
    yield logging.getLogger("convbridge.apply")
    logger.handlers[:] = handlers
    logger.setLevel(level)


def test_log_lines_as_text_begin_at_warnings(log, capsys):
    set_up("text", verbose=False)

    log.info("run.started")
    log.warning("run.slow", extra={"client": "a", "seconds": 3})

    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("+00:00 WARNING run.slow client=a seconds=3")


def test_log_lines_as_text_tell_every_step_when_asked(log, capsys):
    set_up("text", verbose=True)

    log.info("run.started")

    assert capsys.readouterr().err.endswith("INFO run.started\n")


def test_log_lines_as_json_are_objects(log, capsys):
    set_up("json", verbose=False)

    try:
        raise ValueError("bad")  # noqa: TRY301 - an exception to log
    except ValueError:
        log.exception("run.failed", extra={"at": sys.version_info[:1], "odd": {1}})

    line = json.loads(capsys.readouterr().err)
    assert line.pop("time")
    assert line.pop("error").endswith("ValueError: bad")
    assert line == {
        "level": "error",
        "logger": "convbridge.apply",
        "event": "run.failed",
        "at": [3],
        "odd": "{1}",
    }
