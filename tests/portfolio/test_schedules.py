"""The examples for cron, systemd and GitHub Actions, run as those would run them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.syncs import SyncJournal
from convbridge.sandbox import serve
from convbridge.sandbox.clock import Clock
from convbridge.sandbox.sites import agency_world
from portfolio.conftest import agency_config

SCHEDULES = Path(__file__).parents[2] / "docs" / "how-to" / "schedules"
# The command as it was installed, started anew: a user's own.
BIN = Path(sys.executable).parent
CLIENT = "client-0000"


@pytest.fixture(scope="module")
def google():
    with serve(world=agency_world(1, clock=Clock(None))) as served:
        yield served


@pytest.fixture
def home(google, tmp_path):
    """Return a folder with a configuration; the first run changes, the next do not."""
    (tmp_path / "convbridge.yaml").write_text(agency_config(google))
    return tmp_path


def placed(name, home):
    """Return an example's text with this computer's places in it."""
    text = (SCHEDULES / name).read_text().replace("/opt/convbridge/bin", str(BIN))
    return re.sub(r"/(?:etc|var/lib)/convbridge", str(home), text)


def run(words, *, env, cwd):
    done = subprocess.run(
        words, env=env, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def synced(ledger):
    with open_ledger(f"sqlite:///{ledger}") as found:
        return list(SyncJournal(found.database).last(but="failed"))


def events(text):
    """Return the events of a log of JSON lines, and of nothing else but them."""
    return [json.loads(line)["event"] for line in text.splitlines() if line[0] == "{"]


def test_cron_runs_its_line(home):
    # crontab(5): comments, NAME=value lines, jobs of five fields and a command.
    lines = [x for x in placed("crontab", home).splitlines() if x[:1] not in {"", "#"}]
    env = {"HOME": str(home), "LOGNAME": "me", "PATH": "/usr/bin:/bin"}
    env |= dict(line.split("=", 1) for line in lines[:-1])
    minute, hour, *every, command = lines[-1].split(None, 5)

    done = run(["/bin/sh", "-c", command], env=env, cwd=home)

    assert (int(minute) < 60, int(hour) < 24, every) == (True, True, ["*"] * 3)
    assert "%" not in command  # which cron makes a line's end of
    assert (done.stdout, done.stderr) == ("", "")  # cron mails what is printed
    assert events((home / "convbridge.log").read_text())[-1] == "client.done"
    assert synced(home / "convbridge.db") == [CLIENT]


def unit(text):
    """Return what a unit says, by key: each may be there several times."""
    said = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            said.setdefault(key, []).append(value)
    return said


def test_systemd_starts_the_service(home):
    said = unit(placed("convbridge.service", home))
    (start,), (folder,) = said["ExecStart"], said["WorkingDirectory"]
    words = shlex.split(start)
    # systemd.exec(5): the default PATH, and what a dynamic user has.
    env = {"PATH": "/usr/local/bin:/usr/bin", "HOME": "/", "USER": "convbridge"}
    env |= dict(
        x.split("=", 1) for line in said["Environment"] for x in shlex.split(line)
    )

    done = run(words, env=env, cwd=folder)

    assert Path(words[0]).is_absolute()
    assert said["StateDirectory"] == ["convbridge"]  # /var/lib/convbridge
    assert events(done.stderr)[-1] == "client.done"
    assert synced(home / "convbridge.db") == [CLIENT]
    assert (home / ".convbridge").is_dir()  # reports are not read anew each day


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
    timer = unit((SCHEDULES / "convbridge.timer").read_text())

    assert "Unit" not in timer
    assert timer["Persistent"] == ["true"]
    (when,) = timer["OnCalendar"]
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d", when)


def test_the_steps_of_github_actions_run(home):
    flow = yaml.safe_load((SCHEDULES / "github-actions.yml").read_text())
    (job,) = flow["jobs"].values()
    ledger, summary = home / "team.db", home / "summary.md"
    env = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(home), "CI": "true"}
    env |= {"GITHUB_STEP_SUMMARY": str(summary)}
    # pip looks at what is installed, and fetches nothing.
    env |= {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_DRY_RUN": "1"}
    secrets = {"${{ secrets.CONVBRIDGE_LEDGER }}": f"sqlite:///{ledger}"}

    done = []
    for number, step in enumerate(s for s in job["steps"] if "run" in s):
        script = home / f"step{number}.sh"
        script.write_text(step["run"])
        own = {key: secrets[value] for key, value in step.get("env", {}).items()}
        done.append(run(["bash", "-e", script], env=env | own, cwd=home))

    installed, sync = done
    assert "Requirement already satisfied: convbridge[postgres]" in installed.stdout
    assert events(sync.stderr)[-1] == "client.done"
    assert re.match(
        r"\*\*convbridge, 1 client: 1 (un)?changed\*\*\n", summary.read_text()
    )
    assert synced(ledger) == [CLIENT]
    # YAML 1.1 reads the key `on` as true.
    assert flow[True]["schedule"] == [{"cron": "0 5 * * *"}]
    assert job["timeout-minutes"] > 50  # --max-minutes, and what is still going then
    assert flow["permissions"]["id-token"] == "write"
    assert all("@" in step["uses"] for step in job["steps"] if "uses" in step)
