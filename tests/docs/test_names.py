"""Everything a user can name has a place in the docs."""

from __future__ import annotations

import inspect
import re

import pytest
from typer.main import get_command

import convbridge
from convbridge import errors
from convbridge.adapters.ledger import outbox_schema
from convbridge.cli.app import app
from convbridge.plan.limits import LIMITS
from convbridge.settings.google import ENDPOINTS
from doc_pages import DOCS, PAGES, text

COMMANDS = get_command(app).commands
CLI = text(DOCS / "reference" / "cli.md")
CATALOGUE = text(DOCS / "reference" / "errors.md")
ERRORS = [
    found
    for found in vars(errors).values()
    if inspect.isclass(found) and issubclass(found, errors.ConvbridgeError)
]


def section(page: str, title: str) -> str:
    """Return what a page says under a heading of the second level."""
    return page.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_its_section_with_every_option(command):
    said = section(CLI, command)

    options = {
        option
        for param in COMMANDS[command].params
        for option in (*param.opts, *param.secondary_opts)
        if option.startswith("-")
    }

    assert {option for option in options if option not in said} == set()


def test_every_public_name_is_in_the_python_reference():
    said = text(DOCS / "reference" / "api.md") + CATALOGUE

    assert [n for n in convbridge.__all__ if not re.search(rf"\b{n}\b", said)] == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_says_meaning_cause_and_next_step(error):
    said = section(CATALOGUE, error.__name__)

    assert re.findall(r"\*\*(\w+):\*\*", said) == ["Means", "Cause", "Next"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_the_drawing_gives_an_error_its_exit_code(error):
    drawn = re.search(
        rf"^[├└│─ ]*{error.__name__} .*exit (\d)$", CATALOGUE, re.MULTILINE
    )

    assert int(drawn[1]) == error.exit_code if drawn else error.exit_code == 7


def test_the_drawing_is_that_of_the_module():
    drawing = "\n".join(
        line.removeprefix("    ")
        for line in str(errors.__doc__).splitlines()
        if line.startswith("    ")
    )

    assert drawing in CATALOGUE


def test_every_exit_code_is_explained():
    codes = {str(error.exit_code) for error in ERRORS} | {"0", "2", "130"}

    assert set(re.findall(r"^\| (\d+) \|", CATALOGUE, re.MULTILINE)) == codes


def test_every_table_that_holds_data_is_in_the_security_page():
    said = text(DOCS / "security.md")

    tables = [*outbox_schema.metadata.tables, "alembic_version"]

    assert [table for table in tables if f"`{table}`" not in said] == []


def test_every_limit_is_explained_with_its_flag():
    said = text(DOCS / "lifecycle.md")

    assert [
        limit
        for limit in LIMITS
        if f"`{limit}`" not in said or f"--allow-{limit.replace('_', '-')}" not in said
    ] == []


def test_every_environment_variable_is_named():
    said = "".join(text(page) for page in PAGES)

    names = [*ENDPOINTS, "CONVBRIDGE_CONFIG", "CONVBRIDGE_LEDGER"]

    assert [name for name in names if name not in said] == []
