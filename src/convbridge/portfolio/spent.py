"""A project's quota that a client found used up, and who need not begin for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.errors import QuotaError
from convbridge.portfolio.results import ClientResult, Status

if TYPE_CHECKING:
    from collections.abc import Mapping


class Spent:
    """
    Which Cloud projects have no operations of the day left, in one run.

    Args:
        projects: The project of each client that has not the file's own.
    """

    def __init__(self, projects: Mapping[str, str]) -> None:
        self._projects = projects
        self._found_by: dict[str, str] = {}

    def note(self, result: ClientResult) -> bool:
        """Take down what a client met; tell whether its project is spent by that."""
        if not _is_spent(result):
            return False
        self._found_by.setdefault(self._project(result.client), result.client)
        return True

    def refusal(self, client: str) -> ClientResult | None:
        """Return the result of a client that cannot get anywhere."""
        finder = self._found_by.get(self._project(client))
        if finder is None:
            return None
        whose = "everybody's" if client not in self._projects else "this client's, too"
        reason = f"the quota that {finder} found used up is {whose}"
        return ClientResult(client=client, left=Status.NOT_BEGUN, reason=reason)

    def _project(self, client: str) -> str:
        return self._projects.get(client, "")


def _is_spent(result: ClientResult) -> bool:
    """Tell whether the project's quota of the day is used up, for all its clients."""
    error = result.stopped_by
    if not isinstance(error, QuotaError) or error.vendor != "google_ads":
        return False
    return error.code == "RESOURCE_EXHAUSTED"
