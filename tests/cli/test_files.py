"""Files that options name: one that cannot be written is told first, with code 3."""

from __future__ import annotations

import os
import socket

import pytest

UNREACHABLE = """\
version: 1
google:
  credentials: anonymous
  ga4_endpoint: http://127.0.0.1:9
  google_ads_endpoint: http://127.0.0.1:9
  data_manager_endpoint: http://127.0.0.1:9
clients:
  siam-coffee:
    template: ecommerce
    ga4: {property_id: "111111111"}
    google_ads: {customer_id: "123-456-7890"}
    events: {purchase: {class: primary}}
"""
COMMANDS = {
    "plan": ("plan", "--out"),
    "sync": ("sync", "--digest"),
    "report": ("report", "--out"),
    "discover": ("discover", "--login-customer-id=9999999999", "--out"),
    "init": ("init", "--template=service", "--config"),
    "sandbox": ("sandbox", "--port=0", "--write-config"),
}
PLACES = {
    "no directory": ("none/x.html", "No such file or directory"),
    "under a file": ("file/x.html", "Not a directory"),
    "a directory": ("taken.html", "Is a directory"),
    "no permission": ("new.html", "Permission denied"),
}


@pytest.fixture
def anywhere(convbridge, tmp_path):
    """Run the command where Google cannot be reached: nobody gets to ask it."""
    (tmp_path / "convbridge.yaml").write_text(UNREACHABLE, encoding="utf-8")
    (tmp_path / "file").touch()
    (tmp_path / "taken.html").mkdir()
    return convbridge


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("plan", "no directory"),
        ("plan", "under a file"),
        ("plan", "a directory"),
        ("plan", "no permission"),
        ("sync", "no directory"),
        ("sync", "a directory"),
        ("report", "a directory"),
        ("report", "no permission"),
        ("discover", "no directory"),
        ("discover", "no permission"),
        ("init", "no directory"),
        ("init", "under a file"),
        ("sandbox", "no directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before_google_is_asked(
    command, place, anywhere, monkeypatch
):
    if place == "no permission":  # root may write everywhere
        monkeypatch.setattr(os, "access", lambda *_: False)
    name, reason = PLACES[place]
    *words, option = COMMANDS[command]

    ran = anywhere(*words, option, name, code=3)

    assert ran.err.splitlines()[-2].endswith(f"{name} cannot be written: {reason}")
    assert ran.err.splitlines()[-1] == (
        f"Hint: make room, or name another place with {option}"
    )


def test_directories_of_a_report_are_made_and_a_file_in_their_place_is_told(anywhere):
    ran = anywhere("report", "--out=file/reports", code=3)

    assert ran.err.startswith("Error: file/reports cannot be written: Not a directory")


def test_a_configuration_that_is_there_is_told_before_google_is_asked(anywhere):
    words = ["discover", "--login-customer-id=9999999999", "--out=convbridge.yaml"]

    assert anywhere(*words, code=3).err == (
        "Error: convbridge.yaml is there already and was left as it is\n"
        "Hint: name another file with --out\n"
    )


def test_a_name_that_is_too_long_is_told(anywhere):
    ran = anywhere("plan", f"--out={'a' * 300}", code=3)

    assert ran.err.startswith(f"Error: {'a' * 300} cannot be written: File name too")


@pytest.mark.parametrize("text", ["{", "null", '[{"client": 3}]'])
def test_a_file_that_is_no_plan_is_named(text, anywhere, tmp_path):
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")

    ran = anywhere("apply", "plan.json", code=5)

    assert ran.err.startswith("Error: plan.json: this is not a saved plan")
    assert ran.err.endswith("Hint: make the plan again: convbridge plan --out FILE\n")


def test_a_port_that_is_taken_is_told(anywhere):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = min(other.getsockname()[1], 65533)

        ran = anywhere("sandbox", f"--port={port}", code=3)

    assert ran.err == (
        f"Error: the sandbox cannot listen on ports {port} to {port + 2} of 127.0.0.1\n"
        "Hint: another program may have one of them; --port 0 takes free ones\n"
    )


def test_the_sandbox_is_for_this_computer_alone(anywhere):
    ran = anywhere("sandbox", "--host=0.0.0.0", code=3)

    assert ran.err.startswith("Error: --host 0.0.0.0 is no loopback address\nHint: ")


def test_a_client_without_a_name_is_refused(convbridge, tmp_path):
    ran = convbridge("init", "--template=service", "--client=", code=3)

    assert ran.err.startswith("Error: a client needs a name\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("sandbox", "--port=65536"),
        ("status", "--days=99999999"),
        ("status", "--wait=99999999"),
        ("sync", "--max-minutes=1e308"),
    ],
)
def test_numbers_beyond_all_sense_are_refused(words, anywhere):
    assert "less than or equal to" in anywhere(*words, code=2).err
