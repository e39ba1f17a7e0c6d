"""The examples for cron, systemd and GitHub Actions: read by the real thing, run."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.syncs import SyncJournal
from convbridge.cli.app import app

SCHEDULES = Path(__file__).parents[2] / "docs" / "how-to" / "schedules"
# Stands for a command on the PATH: writes down how the shell called it.
STAND_IN = """\
#!{python} -IS
import json, os, sys
with open({calls!r}, "a") as file:
    file.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
print("ran")
"""


@pytest.fixture
def shell(agency, tmp_path, monkeypatch):
    """Run a line in a shell, then what it called against the sandbox."""
    _, config = agency(1)
    calls = tmp_path / "calls.jsonl"
    path = tmp_path / "bin"
    path.mkdir()
    for name in ("convbridge", "pip"):
        file = path / name
        file.write_text(STAND_IN.format(python=sys.executable, calls=str(calls)))
        file.chmod(0o755)
    monkeypatch.chdir(tmp_path)

    def run(line, **env):
        env = {"PATH": f"{path}:{os.environ['PATH']}", "HOME": str(tmp_path), **env}
        calls.unlink(missing_ok=True)
        subprocess.run(["sh", "-ec", line], env=env, check=True, cwd=tmp_path)
        ((words, seen),) = map(json.loads, calls.read_text().splitlines())
        own = {k: v for k, v in seen.items() if k.startswith("CONVBRIDGE")}
        result = CliRunner().invoke(app, words, env={"COLUMNS": "200", **own})
        assert result.exit_code == 0, result.output
        return result

    run.config = str(config)
    run.path = tmp_path
    logger = logging.getLogger("convbridge")  # which --log-format sets up
    before = logger.handlers[:], logger.level
    yield run
    logger.handlers[:] = before[0]
    logger.setLevel(before[1])


def synced(ledger):
    with open_ledger(f"sqlite:///{ledger}") as found:
        return list(SyncJournal(found.database).last(but="failed"))


def events(text):
    """Return the events of JSON log lines; every line is one."""
    return [json.loads(x)["event"] for x in text.splitlines() if x.startswith("{")]


def test_the_cron_line_syncs(shell):
    lines = (SCHEDULES / "crontab").read_text().splitlines()
    setting, job = [line for line in lines if not line.startswith("#")]
    minute, hour, day, month, weekday, command = job.split(None, 5)

    result = shell(command, CONVBRIDGE_CONFIG=shell.config)

    # crontab(5): NAME=value lines; five fields; % would end the command.
    assert re.fullmatch(r"CONVBRIDGE_CONFIG=/\S+", setting)
    assert (int(minute) < 60, int(hour) < 24) == (True, True)
    assert {day, month, weekday} == {"*"}
    assert "%" not in command
    assert (shell.path / "convbridge.log").read_text() == "ran\n"
    assert events(result.stderr)[-1] == "client.done"
    assert synced(shell.path / "convbridge.db") == ["client-0000"]


def unit(name):
    # systemd allows a key twice; the last Environment= is looked at apart.
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(SCHEDULES / name)
    return parser


def test_the_systemd_service_syncs_into_its_state_directory(shell, tmp_path):
    service = unit("convbridge.service")["Service"]
    words = shlex.split(service["ExecStart"])
    variable, _, url = service["Environment"].partition("=")
    ledger = tmp_path / "state.db"

    result = shell(
        shlex.join(words),
        CONVBRIDGE_CONFIG=shell.config,
        **{variable: url.replace("/var/lib/convbridge/convbridge.db", str(ledger))},
    )

    assert words[0] == "/usr/bin/env"  # systemd wants an absolute path
    assert url.startswith(f"sqlite:///{service['WorkingDirectory']}/")
    assert events(result.stderr)[-1] == "client.done"
    assert synced(ledger) == ["client-0000"]


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze, which reads units as systemd does, is not here",
)
def test_systemd_takes_the_units():
    done = subprocess.run(
        [
            "systemd-analyze",
            "verify",
            "--man=no",
            SCHEDULES / "convbridge.service",
            SCHEDULES / "convbridge.timer",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_timer_names_the_service_of_its_own_name():
    timer = unit("convbridge.timer")

    assert "Unit" not in timer["Timer"]
    assert timer["Timer"]["Persistent"] == "true"
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d", timer["Timer"]["OnCalendar"])


def test_the_steps_of_github_actions_run(shell, tmp_path):
    flow = yaml.safe_load((SCHEDULES / "github-actions.yml").read_text())
    (job,) = flow["jobs"].values()
    steps = [step for step in job["steps"] if "run" in step]
    install, sync = steps
    summary = tmp_path / "summary.md"
    ledger = tmp_path / "team.db"

    subprocess.run(
        ["sh", "-ec", install["run"]],
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (asked,) = (tmp_path / "calls.jsonl").read_text().splitlines()
    shell(
        sync["run"],
        CONVBRIDGE_CONFIG=shell.config,
        GITHUB_STEP_SUMMARY=str(summary),
        **dict.fromkeys(sync["env"], f"sqlite:///{ledger}"),
    )

    assert json.loads(asked)[0] == ["install", "convbridge[postgres]"]
    # YAML 1.1 reads the key `on` as true.
    assert flow[True]["schedule"] == [{"cron": "0 5 * * *"}]
    assert job["timeout-minutes"] > 50  # --max-minutes, and what is still going then
    assert flow["permissions"]["id-token"] == "write"
    assert all("@" in step["uses"] for step in job["steps"] if "uses" in step)
    assert sync["env"] == {"CONVBRIDGE_LEDGER": "${{ secrets.CONVBRIDGE_LEDGER }}"}
    assert summary.read_text().startswith("**convbridge, 1 client: 1 changed**")
    assert synced(ledger) == ["client-0000"]
