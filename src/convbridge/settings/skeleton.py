"""A configuration skeleton of what was discovered, for a person to go through."""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.model.discovery import Discovery, FoundClient

_HEAD = """\
# Written by `convbridge discover`. Go through the clients: choose a template for each
# (ecommerce, lead_gen or service), remove who is not yours, then: convbridge doctor
version: 1
"""


def skeleton(found: Discovery, *, google: str = "") -> str:
    """
    Return convbridge.yaml for the accounts found, grouped by conversion customer.

    Args:
        found: What the login sees.
        google: A `google:` section to put in front.
    """
    lines = [_HEAD + google + "defaults:", "  template: ecommerce", "clients:"]
    names: set[str] = set()
    ordered = sorted(found.clients, key=lambda c: (_owner(c), c.name, c.customer_id))
    groups = [(owner, list(group)) for owner, group in groupby(ordered, key=_owner)]
    # Those that share come last: nobody stands under their comment who does not.
    for owner, clients in sorted(groups, key=lambda found: len(found[1]) > 1):
        if len(clients) > 1:
            lines.append(f"  # Conversion actions of these live in {owner}.")
        for client in clients:
            lines += _client(client, _named(client, names), found)
    for spare in found.unlinked:
        lines.append(
            f"  # Property {spare.property_id} ({_plain(spare.name)}) is linked to "
            "none of these accounts."
        )
    return "\n".join(lines) + "\n"


def _client(client: FoundClient, name: str, found: Discovery) -> Iterator[str]:
    candidates = ", ".join(str(p.property_id) for p in client.properties)
    lead = "  "
    if client.property_id is None:
        why = f"one of {candidates}" if candidates else "no property is linked to it"
        yield f"  # {_plain(client.name)}: fill in property_id ({why})."
        lead = "  # "
    property_id = client.property_id or ""
    login = found.login_customer_id.dashed
    yield f"{lead}{json.dumps(name)}:  # {_plain(client.name)}, {client.currency}"
    yield f'{lead}  ga4: {{property_id: "{property_id}"}}'
    yield (
        f'{lead}  google_ads: {{customer_id: "{client.customer_id.dashed}", '
        f'login_customer_id: "{login}"}}'
    )


def _owner(client: FoundClient) -> str:
    owner = client.conversion_customer or client.customer_id
    return owner.dashed


def _named(client: FoundClient, taken: set[str]) -> str:
    """Return a key made of the account's name; a name given twice gets its id."""
    plain = unicodedata.normalize("NFKD", client.name).encode("ascii", "ignore")
    name = re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")
    if not name or name in taken:
        name = f"{name or 'client'}-{client.customer_id}"
    taken.add(name)
    return name


def _plain(text: str) -> str:
    """Names come from strangers: nothing in one ends a comment's line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
