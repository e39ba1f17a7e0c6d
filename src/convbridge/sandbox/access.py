"""Who may read what: access tokens and the ids each of them opens."""

from __future__ import annotations

import threading


class Access:
    """
    The access tokens Google knows.

    Nothing is checked until the first `allow`; from then on a call without a
    known token is refused, and a token given ids opens only those.
    """

    def __init__(self) -> None:
        self._tokens: dict[str, frozenset[str] | None] = {}
        self._lock = threading.Lock()

    def allow(self, token: str, *ids: str) -> None:
        """Accept a token, for these property and customer ids or for all."""
        with self._lock:
            self._tokens[token] = frozenset(ids) or None

    def knows(self, authorization: str) -> bool:
        """Tell whether an Authorization header is good."""
        return not self._tokens or _token(authorization) in self._tokens

    def opens(self, authorization: str, resource_id: str) -> bool:
        """Tell whether an Authorization header opens a property or customer."""
        ids = self._tokens.get(_token(authorization))
        return ids is None or resource_id in ids


def _token(authorization: str) -> str:
    return authorization.removeprefix("Bearer ").strip()
