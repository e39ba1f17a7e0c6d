"""What a reader can copy runs."""

from __future__ import annotations

import logging
import tomllib

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from convbridge.cli.app import app
from doc_pages import DOCS, PAGES, ROOT, blocks, commands, mentions, name

ROOT_COMMAND = get_command(app)
WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]
WITH_YAML = [page for page in PAGES if blocks(page, "yaml")]
WITH_COMMANDS = [page for page in PAGES if commands(page)]
FOLLOWED = [
    page
    for page in WITH_COMMANDS
    if page.parent != DOCS / "reference" and page.name != "CONTRIBUTING.md"
]
# These wait for Ctrl-C, need a run's name, or start a new file; README tests them.
NOT_HERE = {"demo", "init", "rollback", "sandbox"}


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name)
def test_python_of_a_page_runs_from_top_to_bottom(page, desk):
    scope = {"__name__": "__main__"}

    for number, block in enumerate(blocks(page, "python"), start=1):
        code = compile(block, f"{name(page)} block {number}", "exec")
        exec(code, scope)


@pytest.mark.parametrize("page", WITH_YAML, ids=name)
def test_yaml_of_a_page_is_yaml(page):
    for block in blocks(page, "yaml"):
        assert isinstance(yaml.safe_load(block), dict)


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name)
def test_commands_of_a_page_parse(page):
    for words in commands(page):
        command = ROOT_COMMAND.commands[words[1]]
        command.make_context(words[1], words[2:])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_command_that_is_mentioned_exists(page):
    known = {*ROOT_COMMAND.commands, "--version", "--help", "--install-completion"}

    assert [verb for verb in mentions(page) if verb not in known] == []


@pytest.mark.parametrize("page", FOLLOWED, ids=name)
def test_commands_of_a_page_run_in_order(page, desk, google, monkeypatch):
    logger = logging.getLogger("convbridge")
    before = logger.handlers[:], logger.level

    for words in commands(page):
        if words[1] in NOT_HERE:
            continue
        if words[1] in {"apply", "deliver", "sync"} and "--yes" not in words:
            words.append("--yes")  # nobody is there to be asked
        # discover comes before there is a file: it has no login but the sandbox's.
        is_first = words[1] == "discover"
        (desk / "new").mkdir(exist_ok=True)
        monkeypatch.chdir(desk / "new" if is_first else desk)
        env = endpoints(google) if is_first else {}
        result = CliRunner().invoke(app, words[1:], env={"NO_COLOR": "1", **env})
        assert not result.exception or isinstance(result.exception, SystemExit), (
            result.exception
        )
        assert result.exit_code in CODES.get(words[1], {0}), (words, result.output)

    logger.handlers[:], level = before
    logger.setLevel(level)


def endpoints(google):
    return {
        "CONVBRIDGE_GA4_ENDPOINT": google.ga4_endpoint,
        "CONVBRIDGE_GOOGLE_ADS_ENDPOINT": google.google_ads_endpoint,
    }


# doctor says 1 when a check failed; deliver, adjust and status name what they lack:
# the example's sales are nobody's.
CODES = {"doctor": {0, 1}, "deliver": {0, 1, 3, 4}, "adjust": {4}, "status": {0, 3}}


def test_extras_that_the_docs_name_exist():
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = set(tomllib.load(file)["project"]["optional-dependencies"])
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    named = {part.split("]")[0] for part in text.split("convbridge[")[1:]}

    assert named - extras == set()
