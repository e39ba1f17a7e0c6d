"""File names of pages: safe anywhere, and no two the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

INDEX = "index.html"
"""The page over all clients."""


def file_names(clients: Iterable[str]) -> dict[str, str]:
    """
    Return the file of each client's page.

    Letters that a file system or a link may stumble over become dashes; names
    that differ in case only stay apart, as some file systems see no case.

    >>> file_names(["siam-coffee", "a/b", "index"])
    {'siam-coffee': 'siam-coffee.html', 'a/b': 'a-b.html', 'index': 'index-2.html'}
    """
    taken = {INDEX}
    found: dict[str, str] = {}
    for client in clients:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", client).strip(".-") or "client"
        name, number = f"{plain}.html", 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}-{number}.html"
        taken.add(name.casefold())
        found[client] = name
    return found
