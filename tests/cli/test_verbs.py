"""The verbs against a sandbox: what they print is what the library returns."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys

import pytest

from convbridge.bridge import Bridge
from convbridge.cli.serve import sandbox_config
from convbridge.plan.saved import plan_from_json
from convbridge.sandbox import serve

pytestmark = pytest.mark.xdist_group("cli_sandbox")


def opened(config, client="siam-coffee") -> Bridge:
    return Bridge.open(config, client=client)


def test_counts_prints_what_fetch_counts_returns(convbridge, config):
    ran = convbridge("counts", "--json", "--client=siam-coffee", code=0)

    with opened(config) as bridge:
        expected = bridge.fetch_counts().to_dict()
    (printed,) = json.loads(ran.out)
    assert {**printed, "flags": []} == {
        "client": "siam-coffee",
        **expected,
        "flags": [],
    }
    assert ran.err == ""


def test_counts_of_a_window(convbridge, config):
    args = ("--start=2026-10-01", "--end=2026-10-02", "--client=siam-coffee")

    (printed,) = json.loads(convbridge("counts", "--json", *args, code=0).out)

    assert printed["window"] == {"start": "2026-10-01", "end": "2026-10-02"}


def test_half_a_window_is_told(convbridge, config):
    ran = convbridge("counts", "--start=2026-10-01", "--client=siam-coffee", code=3)

    assert ran.err == (
        "Error in siam-coffee: a window needs both of --start and --end\n"
    )


def test_classify_prints_what_the_library_returns_for_every_client(convbridge, config):
    ran = convbridge("classify", "--json", code=0)

    expected = []
    for client in ("siam-coffee", "krakow-dental"):
        with opened(config, client) as bridge:
            expected.append(bridge.classify().to_dict())
    assert json.loads(ran.out) == expected


def test_value_prints_what_the_library_returns(convbridge, config):
    ran = convbridge("value", "--json", "--client=krakow-dental", code=0)

    with opened(config, "krakow-dental") as bridge:
        expected = bridge.value().to_dict()
    assert json.loads(ran.out) == [json.loads(json.dumps(expected))]


def test_tables_have_no_colour_and_no_bars_in_a_pipe(convbridge, config):
    ran = convbridge("classify", "--client=siam-coffee", code=0)

    assert ran.out.startswith("siam-coffee   ")
    assert "\x1b" not in ran.out
    assert ran.err == ""


def test_plan_is_saved_and_applied_as_it_is(convbridge, config, tmp_path):
    client = "--client=krakow-dental"
    planned = convbridge(
        "plan", client, "--json", "--out=plan.json", "--detailed-exitcode", code=2
    )
    (saved,) = plan_from_json((tmp_path / "plan.json").read_text(encoding="utf-8"))

    (printed,) = json.loads(planned.out)
    assert planned.err == "Saved to plan.json. Next: convbridge apply plan.json\n"
    assert printed == saved.to_dict()

    without_yes = convbridge("apply", "plan.json", "--json", code=0)
    (kept,) = json.loads(without_yes.out)
    assert (kept["run"], kept["error"]) == (None, None)
    assert {o["outcome"] for o in kept["outcomes"]} == {"skipped"}
    assert [o["name"] for o in kept["outcomes"]] == [c.name for c in saved.changes]

    applied = convbridge("apply", "plan.json", "--json", "--yes", code=0)
    (done,) = json.loads(applied.out)
    assert {o["outcome"] for o in done["outcomes"]} == {"applied"}

    history = convbridge("history", client, "--json", code=0)
    (entries,) = json.loads(history.out)
    assert {row["run"] for row in entries["entries"]} == {done["run"]}

    again = convbridge("apply", "plan.json", "--yes", code=6)
    assert again.err.startswith("Error in krakow-dental: ")

    back = convbridge("rollback", done["run"], "--json", code=0)
    (planned_back,) = json.loads(back.out)
    assert planned_back["client"] == "krakow-dental"
    assert planned_back["run"] is None


def test_plan_formats(convbridge, config):
    client = "--client=siam-coffee"

    markdown = convbridge("plan", client, "--format=markdown", code=0).out
    html = convbridge("plan", client, "--format=html", code=0).out
    as_json = convbridge("plan", client, "--format=json", code=0).out

    assert "| change | name | field |" in markdown
    assert html.startswith("<section")
    assert json.loads(as_json)[0]["client"] == "siam-coffee"


def test_sync_without_yes_plans_only(convbridge, config, google):
    before = len(google.calls)

    ran = convbridge("sync", "--client=siam-coffee", code=0)

    assert ran.err == "Nothing was changed: add --yes to make these changes.\n"
    methods = {call.method for call in list(google.calls)[before:]}
    assert not {m for m in methods if "Mutate" in m}


def test_sync_with_yes_applies_and_says_what_it_cost(convbridge, config):
    ran = convbridge("sync", "--client=siam-coffee", "--yes", "--json", code=0)

    (done,) = json.loads(ran.out)
    assert done["run"]
    assert {o["outcome"] for o in done["outcomes"]} == {"applied"}
    assert done["operations"] > 0


def test_doctor_is_ready(convbridge, config):
    ran = convbridge("doctor", "--json", "--client=siam-coffee", code=0)

    (report,) = json.loads(ran.out)
    assert report["ready"]
    assert [c["check"] for c in report["checks"]][:4] == [
        "ledger",
        "property",
        "account",
        "conversion customer",
    ]


@pytest.fixture
def broken(config):
    """The first of two clients has a property that nobody can read."""
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("111111111", "999999999"), encoding="utf-8")
    return config


def test_one_clients_failure_does_not_stop_the_others(convbridge, broken):
    ran = convbridge("classify", "--json", code=1)

    first, second = json.loads(ran.out)
    assert (first["client"], first["error"]["type"]) == ("siam-coffee", "AuthError")
    assert second["client"] == "krakow-dental"
    assert ran.err.startswith("Error in siam-coffee: ga4 ")


def test_failed_apply_prints_the_shape_of_every_other(convbridge, broken):
    ran = convbridge("apply", "--yes", "--client", "siam-coffee", "--json", code=7)

    (entry,) = json.loads(ran.out)
    assert list(entry) == ["client", "run", "outcomes", "error"]
    assert (entry["run"], entry["outcomes"]) == (None, [])


def test_plan_of_nothing_is_not_saved(convbridge, broken, tmp_path):
    file = tmp_path / "plan.json"

    ran = convbridge("plan", "--out", str(file), "--client", "siam-coffee", code=7)

    assert not file.exists()
    assert "Saved" not in ran.err


def test_single_clients_failure_has_its_own_exit_code(convbridge, broken):
    ran = convbridge("classify", "--client=siam-coffee", code=7)

    assert ran.out == ""
    assert ran.err.startswith("Error in siam-coffee: ga4 ")


def test_doctor_names_the_next_step(convbridge, broken):
    ran = convbridge("doctor", "--json", "--client=siam-coffee", code=1)

    (report,) = json.loads(ran.out)
    failed = [c for c in report["checks"] if c["status"] == "fail"]
    assert [c["check"] for c in failed] == ["property"]
    assert failed[0]["next"]


def test_edited_plan_is_refused(convbridge, config, tmp_path):
    convbridge("plan", "--client=siam-coffee", "--out=plan.json", code=0)
    path = tmp_path / "plan.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"kept": ', '"kept": 1'), encoding="utf-8")

    ran = convbridge("apply", "plan.json", "--yes", code=5)

    assert ran.err.startswith(
        "Error: plan.json: the plan for siam-coffee was changed after it was made\n"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none.json", "No such file or directory"), (".", "Is a directory")],
)
def test_plan_that_cannot_be_read_is_told(convbridge, config, name, reason):
    ran = convbridge("apply", name, code=5)

    assert ran.err == (
        f"Error: {name} cannot be read: {reason}\nHint: plans are saved by plan --out\n"
    )


def test_a_disk_that_is_full_when_the_plan_is_saved_is_told(convbridge, config):
    ran = convbridge("plan", "--client=krakow-dental", "--out=/dev/full", code=3)

    assert ran.err == (
        "Error: /dev/full cannot be written: No space left on device\n"
        "Hint: make room, or name another place with --out\n"
    )


def test_plan_of_another_client_is_told(convbridge, config):
    convbridge("plan", "--client=siam-coffee", "--out=plan.json", code=0)

    ran = convbridge("apply", "plan.json", "--client=krakow-dental", code=5)

    assert ran.err == (
        "Error: plan.json has no plan for these clients\nHint: it has siam-coffee\n"
    )


def test_unknown_run_is_told(convbridge, config):
    ran = convbridge("rollback", "nope", code=5)

    assert ran.err == (
        "Error: the ledger has no run 'nope'\nHint: convbridge history names the runs\n"
    )


def test_history_of_nothing(convbridge, config):
    ran = convbridge("history", "--client=siam-coffee", code=0)

    assert ran.out == "siam-coffee   nothing was changed yet\n"


def on_terminal(*args: str, cwd, answer: str) -> tuple[int, str]:
    """Run the command with a terminal at both ends and answer its question."""
    child, descriptor = pty.fork()
    if not child:
        os.chdir(cwd)
        os.environ.update(TERM="dumb", COLUMNS="120")
        os.execv(sys.executable, [sys.executable, "-m", "convbridge", *args])
    shown = b""
    while select.select([descriptor], [], [], 60)[0]:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux: the other side is closed
            break
        if not part:
            break
        shown += part
        if shown.rstrip().endswith(b"[y/N]"):
            os.write(descriptor, answer.encode())
            shown += b"\n"
    os.close(descriptor)  # hangs up: a command that still waits is ended
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_apply_asks_on_a_terminal(tmp_path, reports):
    shutil.copytree(reports, tmp_path / ".convbridge")
    path = tmp_path / "convbridge.yaml"
    with serve() as google:
        path.write_text(sandbox_config(google), encoding="utf-8")
        with opened(path, "krakow-dental") as bridge:
            plan = json.dumps(bridge.plan().to_dict())
        (tmp_path / "plan.json").write_text(plan, encoding="utf-8")

        no, asked = on_terminal("apply", "plan.json", cwd=tmp_path, answer="n\n")
        yes, applied = on_terminal("apply", "plan.json", cwd=tmp_path, answer="y\n")

    assert (no, yes) == (0, 0)
    assert "Make these changes for krakow-dental? [y/N]" in asked
    assert asked.splitlines()[-1] == "krakow-dental: nothing was changed."
    assert re.search(r"krakow-dental   run \S+   \d+ applied", applied)


def test_interrupted_sandbox_says_where_things_stand(tmp_path):
    command = [sys.executable, "-m", "convbridge", "sandbox", "--port=0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr.readline() == (
            "Serving Google on loopback. Ctrl-C ends it.\n"
        )
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)

    assert running.returncode == 130
    assert err == "\nStopped. The sandbox and everything in it are gone.\n"
    said = json.loads(out)
    assert said["config"].startswith("version: 1\ngoogle:\n  credentials: anonymous\n")
    assert said.keys() == {
        "ga4_endpoint",
        "google_ads_endpoint",
        "data_manager_endpoint",
        "config",
        "file",
    }


def test_sync_contains_one_clients_failure(convbridge, broken):
    ran = convbridge("sync", "--json", code=1)

    first, second = json.loads(ran.out)
    assert (first["client"], first["error"]["type"]) == ("siam-coffee", "AuthError")
    assert (second["client"], second["error"]) == ("krakow-dental", None)
    assert ran.err.startswith("Error in siam-coffee: ga4 ")


def test_sync_of_one_client_has_the_errors_own_exit_code(convbridge, broken):
    assert convbridge("sync", "--client=siam-coffee", code=7).out == ""
