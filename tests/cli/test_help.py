"""Help: quick, complete, and with an example for each command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from convbridge.cli.app import app
from convbridge.cli.registry import LIMITS
from convbridge.plan.limits import LIMITS as PLAN_LIMITS

NAMES = [command.name for command in app.registered_commands]
HEAVY = {
    "alembic",
    "convbridge.adapters",
    "google",
    "grpc",
    "numpy",
    "pyarrow",
    "pydantic",
    "rich",
    "scipy",
    "sqlalchemy",
    "yaml",
}


@pytest.mark.parametrize("name", NAMES)
def test_command_explains_itself_with_an_example(convbridge, name):
    text = convbridge(name, "--help", code=0).out

    assert text.startswith(f"Usage: convbridge {name} [OPTIONS]")
    assert f"  Example:\n    convbridge {name}" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_command_is_explained(convbridge, name):
    lines = convbridge(name, "--help", code=0).out.split("Options:\n")[1].splitlines()

    bare = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if line.startswith("  -")
        and "  " not in line.strip()
        and not following.startswith(" " * 10)
    ]

    assert bare == []


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "sys.argv = ['convbridge', '--help']\n"
        "from convbridge.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert HEAVY & set(done.stdout.splitlines()) == set()


def test_import_of_the_package_imports_nothing_heavy():
    code = "import sys, convbridge\nprint('\\n'.join(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert (HEAVY | {"typer"}) & set(done.stdout.splitlines()) == set()


def test_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "convbridge", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "convbridge 0.1.0\n"


def test_limits_that_flags_lift_are_those_of_the_plan():
    assert tuple(LIMITS) == PLAN_LIMITS


def test_completion_is_offered(convbridge):
    assert "--install-completion" in convbridge("--help", code=0).out


def test_unknown_command_is_told(convbridge):
    ran = convbridge("plam", code=2)

    assert "No such command 'plam'" in ran.err
    assert ran.out == ""
