"""
The pytest plugin: `--record` and the fixture `record_mode`.

Load it with `pytest_plugins = ["convbridge.testing.plugin"]` in the topmost
conftest.py.
"""

from __future__ import annotations

import pytest

from convbridge.testing.cassettes import Mode


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say what is recorded, and from whom."""
    group = parser.getgroup("convbridge")
    group.addoption(
        "--record",
        default=str(Mode.NONE),
        choices=[str(mode) for mode in Mode],
        help="record cassettes instead of replaying them (default: none)",
    )
    group.addoption(
        "--record-live",
        default=None,
        metavar="CUSTOMER[:LOGIN[:PROPERTY]]",
        help="record from this Google test account; without it, from the sandbox",
    )


@pytest.fixture(scope="session")
def record_mode(request: pytest.FixtureRequest) -> Mode:
    """The mode cassettes are used in."""
    return Mode(request.config.getoption("--record"))


@pytest.fixture(scope="session")
def live_ids(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Customer, login customer and property of the test account, if one is given."""
    found = request.config.getoption("--record-live")
    return tuple(str(found).replace("-", "").split(":")) if found else ()
