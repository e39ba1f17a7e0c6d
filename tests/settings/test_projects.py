"""Which clients share a Cloud project, and so its quotas."""

from __future__ import annotations

from pathlib import Path

import pytest

from convbridge.settings import parse

CLIENT = """\
  {name}:
    template: ecommerce
    ga4: {{property_id: "{number}"}}
    google: {google}
"""


def projects(*googles, files="{quota_project_id: ours}"):
    """Return what tells the project of clients whose google sections are these."""
    text = f"version: 1\ngoogle: {files}\nclients:\n"
    for number, google in enumerate(googles, start=1):
        text += CLIENT.format(name=f"c{number}", number=number, google=google)
    settings = parse(text, base=Path(), env={})
    return [settings.project_of(client) for client in settings.clients.values()]


@pytest.mark.parametrize(
    "google",
    [
        "{}",
        "{quota_project_id: ours}",
        "{ga4_transport: rest}",
        "{client_id: another}",  # whose calls are still counted against ours
    ],
)
def test_a_client_without_a_project_of_its_own_has_the_files(google):
    assert projects(google) == [""]


def test_clients_with_one_project_of_their_own_share_it():
    own = "{quota_project_id: theirs}"

    first, again, other = projects(own, own, "{quota_project_id: another}")

    assert first == again
    assert len({"", first, other}) == 3


def test_where_no_project_is_named_it_is_who_calls():
    own = "{client_id: 12-name}"

    mine, its, same = projects("{}", own, own, files="{}")

    assert mine == ""
    assert its == same != ""
    assert "name" not in its  # the ledger keeps it
