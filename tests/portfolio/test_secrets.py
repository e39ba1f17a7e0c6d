"""Each client's secret comes from its own command, and stays nowhere."""

from __future__ import annotations

import io
import logging
from contextlib import closing

import pytest

from convbridge.cli.logs import JsonLines
from convbridge.portfolio import Portfolio
from proof.logins import TokenServer, write_keys

COMMANDS = {
    "client-0000": "[sh, -c, 'printf hush-0000']",
    "client-0001": "[sh, -c, 'printf hush-0001']",
    "client-0002": "[sh, -c, 'echo hush-0002; echo and more']",
}


@pytest.fixture
def tokens():
    with closing(TokenServer()) as server:
        yield server


def write_commands(path, tokens):
    write_keys(path.parent / "keys", COMMANDS, token_uri=tokens.uri)
    text = path.read_text().replace("credentials: anonymous", "credentials: adc")
    for client, command in COMMANDS.items():
        own = f"""
    google:
      credentials: service_account
      service_account_file: keys/{client}.json
      developer_token: {{secret_command: {command}}}
"""
        text = text.replace(f"  {client}:\n", f"  {client}:{own}")
    path.write_text(text)


def test_every_client_has_its_own_and_none_is_kept(agency, tokens, monkeypatch, caplog):
    google, path = agency(3)
    write_commands(path, tokens)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(JsonLines())
    monkeypatch.setattr(logging.getLogger("convbridge"), "handlers", [handler])
    caplog.set_level(logging.DEBUG, logger="convbridge")

    results = Portfolio.from_config(path).sync(yes=True)

    sent = {
        (call.ids["customer_id"], call.headers["developer-token"])
        for call in google.calls.where(service="google_ads")
    }
    assert sent == {("3000000000", "hush-0000"), ("3000000001", "hush-0001")}
    assert [(r.client, r.error.message) for r in results.failed] == [
        ("client-0002", "the secret's command 'sh' printed more than one line")
    ]
    path.unlink()
    left = [file.read_bytes() for file in path.parent.rglob("*") if file.is_file()]
    said = [log.getvalue(), *map(repr, results), str(results.to_dict())]
    assert "client.done" in said[0]
    assert b"hush" not in b"".join(left)
    assert "hush" not in "".join(said)
