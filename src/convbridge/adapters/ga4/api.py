"""GA4's methods for one property, through the quota gate and the retry policy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as core

from convbridge.adapters.calls import guard
from convbridge.adapters.ga4.quota import POLICY, Quota, QuotaGate
from convbridge.errors import AuthError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from convbridge.adapters.ga4.clients import Ga4Clients
    from convbridge.model.ids import PropertyId
    from convbridge.ports import Clock

_GONE = frozenset({"NOT_FOUND", "UNIMPLEMENTED", "HTTP_404", "HTTP_501", "HTTP_405"})

PAGE_SIZE = 25_000
"""Rows a page: GA4 gives ten times as many, in ten times the memory."""

CORE, FUNNEL, ADMIN = "core", "funnel", "admin"
"""Quota families; GA4 counts each on its own."""


def is_missing(error: RejectedError) -> bool:
    """Tell whether the method itself is not there, rather than refused."""
    return error.code in _GONE


class Ga4Api:
    """
    What convbridge asks of GA4, one method per vendor method.

    Answers are the vendor's protobuf messages, without proto-plus around them.
    Every call has a timeout; Google's Data API client repeats nothing by itself.
    """

    def __init__(
        self,
        clients: Ga4Clients,
        *,
        property_id: PropertyId,
        clock: Clock,
        quota_floor: float = 0.1,
        concurrency: int = 4,
        page_size: int = PAGE_SIZE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.property_id = property_id
        self.clients = clients
        self.clock = clock
        self.concurrency = concurrency
        self.gate = QuotaGate(
            property_id=property_id,
            clock=clock,
            floor=quota_floor,
            concurrency=concurrency,
        )
        self.page_size = page_size
        self._sleep = sleep

    def run_report(self, request: dict[str, Any]) -> Any:
        """Return one page of a report."""
        client = self.clients.data
        answer = self._core("runReport", client.run_report, self._whole(request))
        self._note(answer, CORE)
        return answer

    def batch_run_reports(self, requests: Sequence[dict[str, Any]]) -> list[Any]:
        """Return up to five reports in one round trip; each is charged."""
        client = self.clients.data
        batch = {
            "property": self.property_id.resource_name,
            "requests": [self._whole(request) for request in requests],
        }
        answer = self._core("batchRunReports", client.batch_run_reports, batch)
        for report in answer.reports:
            self._note(report, CORE)
        return list(answer.reports)

    def get_metadata(self) -> Any:
        """Return every dimension and metric the property knows."""
        client = self.clients.data
        name = {"name": f"{self.property_id.resource_name}/metadata"}
        return self._core("getMetadata", client.get_metadata, name)

    def run_funnel_report(self, request: dict[str, Any]) -> Any:
        """Return a funnel (v1alpha)."""
        client = self.clients.funnels
        answer = self.send(
            client.run_funnel_report,
            self._whole(request),
            family=FUNNEL,
            operation="runFunnelReport",
        )
        self._note(answer, FUNNEL)
        return answer

    def list_all(
        self, method: Callable[..., Any], *, operation: str, parent: str | None = None
    ) -> list[Any]:
        """Return every entry of an Admin API list, under the property, to the end."""
        owner = parent or self.property_id.resource_name
        return list(self._pages(method, operation, owner))

    def _pages(
        self, method: Callable[..., Any], operation: str, parent: str
    ) -> Iterator[Any]:
        token, seen = "", set[str]()
        while True:
            request: dict[str, Any] = {"parent": parent, "page_size": 200}
            if token:
                request["page_token"] = token
            # The pager would fetch later pages without timeout or retry.
            page = self.send(
                lambda body, **options: next(iter(method(body, **options).pages)),
                request,
                family=ADMIN,
                operation=operation,
            )
            yield from _entries(page)
            token = page.next_page_token
            if not token:
                return
            if token in seen:
                raise RejectedError(
                    "the list repeats a page", vendor="ga4", operation=operation
                )
            seen.add(token)

    def send(
        self,
        method: Callable[..., Any],
        request: Any,
        *,
        family: str,
        operation: str,
        idempotent: bool = True,
    ) -> Any:
        """
        Send one request; return the message without its proto-plus wrapper.

        Raises:
            VendorError: As `calls.guard` does, quota told apart by its text.
        """

        def attempt() -> Any:
            return self.gate.send(
                lambda: method(request, timeout=POLICY.timeout, retry=None),
                family=family,
                operation=operation,
            )

        try:
            answer = guard(
                attempt,
                vendor="ga4",
                operation=operation,
                idempotent=idempotent,
                policy=POLICY,
                sleep=self._sleep,
            )
        except AuthError as exc:
            # Google's own words do not say which property the login cannot see.
            if isinstance(exc.__cause__, core.Forbidden):
                exc.message = f"property {self.property_id}: {exc.message}"
            raise
        return type(answer).pb(answer) if hasattr(type(answer), "pb") else answer

    def _core(self, operation: str, method: Callable[..., Any], request: Any) -> Any:
        return self.send(method, request, family=CORE, operation=operation)

    def _whole(self, request: dict[str, Any]) -> dict[str, Any]:
        return {
            "property": self.property_id.resource_name,
            "return_property_quota": True,
            **request,
        }

    def _note(self, answer: Any, family: str) -> None:
        if answer.HasField("property_quota"):
            quota = Quota.from_message(answer.property_quota)
            self.gate.record(quota, family=family)


def _entries(page: Any) -> Iterator[Any]:
    """Yield the entries of a list response, whatever they are called."""
    for field in page.DESCRIPTOR.fields:
        if field.message_type is not None:
            yield from getattr(page, field.name)
