"""init and schema, and what every command does with a wrong file."""

from __future__ import annotations

import json

import pytest

from convbridge.settings import load
from convbridge.settings.schema import json_schema


def test_init_writes_a_file_that_only_lacks_its_ids(convbridge, tmp_path):
    ran = convbridge("init", "--template", "ecommerce", code=0)

    assert ran.out == (
        "Wrote convbridge.yaml. Fill in property_id and customer_id there.\n"
        "Next: convbridge doctor\n"
    )
    assert convbridge("doctor", code=3).err == (
        "Error: convbridge.yaml has 2 faults:\n"
        "  convbridge.yaml:17:24: 'YOUR-PROPERTY-ID' is not a GA4 property id (a "
        "property id is a number such as 111111111, in GA4 under Admin > Property "
        "details; G-XXXX is a stream's id)\n"
        "  convbridge.yaml:18:31: 'YOUR-CUSTOMER-ID' is not a Google Ads customer id "
        "(a customer id has ten digits: 123-456-7890)\n"
    )


def test_init_says_as_json_what_is_missing(convbridge, tmp_path):
    words = ["--template=service", "--client=kawa", "--property-id=222222222"]

    ran = convbridge("init", *words, "--json", code=0)

    assert json.loads(ran.out) == {
        "file": "convbridge.yaml",
        "client": "kawa",
        "missing": ["customer_id"],
    }
    assert (tmp_path / "convbridge.yaml").exists()


def test_init_with_ids_writes_a_file_that_loads(convbridge, tmp_path):
    ran = convbridge(
        "init",
        "--template=lead_gen",
        "--client=krakow",
        "--property-id=222222222",
        "--customer-id=234-567-8901",
        "--login-customer-id=9999999999",
        "--config=c.yaml",
        code=0,
    )

    assert ran.out == "Wrote c.yaml.\nNext: convbridge doctor\n"
    assert load(tmp_path / "c.yaml", env={}).client().name == "krakow"


def test_init_never_writes_over_a_file(convbridge, tmp_path):
    (tmp_path / "convbridge.yaml").write_text("mine", encoding="utf-8")

    ran = convbridge("init", "--template", "service", code=3)

    assert ran.err == (
        "Error: convbridge.yaml is there already and was left as it is\n"
        "Hint: name another file with --config\n"
    )
    assert (tmp_path / "convbridge.yaml").read_text(encoding="utf-8") == "mine"


def test_init_refuses_an_id_that_is_none(convbridge, tmp_path):
    ran = convbridge("init", "--template=service", "--property-id=G-ABC", code=3)

    assert ran.err.startswith("Error: 'G-ABC' is not a GA4 property id\nHint: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_schema_is_printed_alone(options, convbridge):
    assert json.loads(convbridge("schema", *options, code=0).out) == json_schema()


@pytest.mark.parametrize("command", ["doctor", "counts", "value", "plan", "sync"])
def test_missing_file_is_told_with_exit_code_3(convbridge, command):
    ran = convbridge(command, code=3)

    assert ran.out == ""
    assert ran.err == (
        "Error: convbridge.yaml does not exist\n"
        "Hint: write one with `convbridge init`, or name it with --config\n"
    )


def test_unknown_client_is_told_before_anything_is_read(convbridge, config):
    ran = convbridge("plan", "--client", "siam-cofee", code=3)

    assert ran.err == (
        "Error: convbridge.yaml has no client 'siam-cofee'\n"
        "Hint: did you mean 'siam-coffee'?\n"
    )


def test_debug_shows_where_an_error_came_from(convbridge):
    from typer.testing import CliRunner

    from convbridge.cli.app import app

    result = CliRunner().invoke(app, ["plan", "--debug"])

    assert type(result.exception).__name__ == "ConfigError"
