"""The command where its output cannot go anywhere."""

from __future__ import annotations

import subprocess
import sys

import pytest
from requests.utils import should_bypass_proxies

from convbridge.cli.app import spare_loopback
from convbridge.cli.session import Session

FULL = "Error: standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        pytest.param("schema > /dev/full", 1, FULL, id="a full disk"),
        pytest.param("schema >&-", 0, "", id="no standard output"),
        pytest.param("value -c nowhere.yaml 2>&-", 3, "", id="no standard error"),
        pytest.param("schema | head -c 1 > /dev/null", 0, "", id="a reader that goes"),
    ],
)
def test_output_that_cannot_be_written_is_no_crash(line, code, said, tmp_path):
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m convbridge {line}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.parametrize(("columns", "width"), [("20", 60), ("60", 60), ("133", 133)])
def test_a_narrow_terminal_wraps_lines_and_loses_no_column(columns, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)

    assert Session().out.width == width


@pytest.mark.parametrize("said", ["", "example.com", "*"])
def test_no_proxy_stands_before_the_sandbox(said, monkeypatch):
    monkeypatch.setenv("no_proxy", said)
    monkeypatch.setenv("NO_PROXY", said)

    spare_loopback()

    for address in ("http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/"):
        assert should_bypass_proxies(address, None)
    assert should_bypass_proxies("https://example.com/", None) == bool(said)
    assert should_bypass_proxies("https://google.com/", None) == (said == "*")
