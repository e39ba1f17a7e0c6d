"""The demo as JSON: by the verb what each verb prints."""

from __future__ import annotations

import json

from convbridge.cli.demo import first_run, second_run
from convbridge.cli.session import Session


def test_each_client_has_what_each_verb_prints_and_nothing_else_is_printed(
    config, capsys
):
    session = Session(is_json=True)

    found = first_run(session, config, "krakow-dental")
    found |= second_run(session, config, "krakow-dental")

    assert capsys.readouterr().out == ""
    assert list(found) == [
        "client",
        "counts",
        "classify",
        "value",
        "plan",
        "apply",
        "sync",
    ]
    assert json.loads(json.dumps(found)) == found
    assert {o["outcome"] for o in found["apply"]["outcomes"]} == {"applied"}
    assert (found["sync"]["changes"], session.exit_code) == (0, 0)
