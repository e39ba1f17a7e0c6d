"""GA4 over HTTP: routes, credentials, faults, quota and the call log."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .faults import Call, FaultKind
from .ga4_admin import Admin
from .ga4_data import Caches, Core
from .ga4_funnel import run_funnel
from .ga4_metadata import check_compatibility, metadata
from .ga4_quota import CATEGORIES
from .ga4_realtime import run_realtime
from .http import ApiError, CutConnection, JsonServer, Response, route

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from .faults import Fault
    from .ga4_quota import Quota
    from .http import Request, Route
    from .server import Google
    from .site import Site

_PERMISSION = "User does not have sufficient permissions for this property."
_KEPT_HEADERS = ("x-goog-user-project", "x-goog-request-params", "user-agent")
FAULT_MESSAGES = {
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
    429: "Exhausted property tokens per hour.",
    403: _PERMISSION,
    401: "Request had invalid authentication credentials.",
}


@dataclass(slots=True)
class Ga4:
    """The GA4 services of a running sandbox."""

    google: Google
    caches: Caches = field(default_factory=Caches)

    def core(self, site: Site) -> Core:
        """Return the reports of a site."""
        quota = self.google.quota(site.property_id)
        return Core(site, self.google.clock, quota, self.caches)

    def call(
        self,
        method: str,
        category: str,
        request: Request,
        property_id: str,
        handler: Callable[[Site, FaultKind | None], Any],
    ) -> Response:
        """Run a handler behind everything Google puts in front of it."""
        service = "ga4" if category in CATEGORIES else "ga4_admin"
        status = "OK"
        try:
            return self._admitted(
                service, method, category, request, property_id, handler
            )
        except ApiError as error:
            status = error.status
            raise
        except CutConnection:
            status = "CUT"
            raise
        finally:
            self.record(service, method, request, property_id, status)

    def _admitted(  # noqa: PLR0917  # private; the same arguments as `call`
        self,
        service: str,
        method: str,
        category: str,
        request: Request,
        property_id: str,
        handler: Callable[[Site, FaultKind | None], Any],
    ) -> Response:
        site = self.open(request, property_id)
        quota = self.google.quota(property_id)
        admitted = quota.admitted(category) if category in CATEGORIES else nullcontext()
        with admitted:
            time.sleep(self.google.faults.latency(service))
            fault = self.google.faults.take(
                service, method, {"property_id": property_id}
            )
            strike(fault, quota, category)
            body = handler(site, fault.kind if fault else None)
            if fault is not None and fault.kind is FaultKind.CUT:
                raise CutConnection
        return Response(body=body.encode() if isinstance(body, str) else body)

    def open(self, request: Request, property_id: str) -> Site:
        """Return the property's site if the caller may read it."""
        token = request.headers.get("authorization", "")
        if not self.google.access.knows(token):
            raise ApiError(
                401,
                "Request is missing required authentication credential. "
                "Expected OAuth 2 access token, login cookie or other valid "
                "authentication credential.",
            )
        site = self.google.world.site_of_property(property_id)
        allowed = self.google.access.opens(token, property_id)
        if site is None or not allowed or site.ga4.switches.unreadable:
            raise ApiError(
                403,
                f"{_PERMISSION} To learn more about Property ID, see "
                "https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.",
            )
        return site

    def record(
        self, service: str, method: str, request: Request, property_id: str, status: str
    ) -> None:
        """Write a call to the log."""
        kept = {
            name: request.headers[name]
            for name in _KEPT_HEADERS
            if name in request.headers
        }
        self.google.calls.record(
            Call(
                service=service,
                method=method,
                time=self.google.clock.now(),
                ids={"property_id": property_id},
                headers=kept,
                status=status,
            ),
            request.text,
        )


def strike(fault: Fault | None, quota: Quota, category: str) -> None:
    """Do what a fault does before the call is served."""
    if fault is None:
        return
    time.sleep(fault.delay)
    if fault.kind is FaultKind.DROP:
        raise CutConnection
    if fault.kind is not FaultKind.ERROR:
        return
    code = int(fault.status)
    if code in {500, 503} and category in CATEGORIES:
        quota.count_server_error(category)
    message = fault.message or FAULT_MESSAGES.get(code, "Request failed.")
    raise ApiError(code, message)


def start_ga4(google: Google, port: int) -> JsonServer:
    """Start the GA4 server of a sandbox."""
    return JsonServer(ga4_routes(Ga4(google)), google.host, port)


def ga4_routes(ga4: Ga4) -> tuple[Route, ...]:
    """Return every route of the Data and Admin APIs."""
    return (*data_routes(ga4), *Admin(ga4).routes())


def data_routes(ga4: Ga4) -> list[Route]:
    """Return the routes of the Data API, v1beta and v1alpha."""

    def answer(
        method: str,
        category: str,
        run: Callable[[Core, Any, FaultKind | None], Any],
    ) -> Callable[[Request, re.Match[str]], Response]:
        def handler(request: Request, match: re.Match[str]) -> Response:
            body = request.json()
            return ga4.call(
                method,
                category,
                request,
                match[1],
                lambda site, fault: run(ga4.core(site), body, fault),
            )

        return handler

    def post(version: str, method: str, category: str, run: Any) -> Route:
        pattern = rf"/{version}/properties/(\d+):{method}"
        return route("POST", pattern, answer(method, category, run))

    return [
        post(
            "v1beta",
            "runReport",
            "core",
            lambda core, body, fault: core.run_report(body, fault=fault),
        ),
        post(
            "v1beta",
            "batchRunReports",
            "core",
            lambda core, body, _: core.batch(body),
        ),
        post(
            "v1beta",
            "checkCompatibility",
            "core",
            lambda core, body, _: check_compatibility(core, body),
        ),
        post(
            "v1beta",
            "runRealtimeReport",
            "realtime",
            lambda core, body, _: run_realtime(core, body),
        ),
        post(
            "v1alpha",
            "runFunnelReport",
            "funnel",
            lambda core, body, _: run_funnel(core, body),
        ),
        route(
            "GET",
            r"/v1(?:beta|alpha)/properties/(\d+)/metadata",
            answer("getMetadata", "core", lambda core, _body, _: metadata(core)),
        ),
        route(
            "GET",
            r"/v1alpha/properties/(\d+)/propertyQuotasSnapshot",
            answer(
                "getPropertyQuotasSnapshot",
                "core",
                lambda core, _body, _: quotas_snapshot(core),
            ),
        ),
    ]


def quotas_snapshot(core: Core) -> dict[str, Any]:
    """Answer getPropertyQuotasSnapshot, which costs a token itself."""
    core.quota.charge("core", 1)
    return {
        "name": f"properties/{core.site.property_id}/propertyQuotasSnapshot",
        "corePropertyQuota": core.quota.snapshot("core", 1),
        "realtimePropertyQuota": core.quota.snapshot("realtime"),
        "funnelPropertyQuota": core.quota.snapshot("funnel"),
    }
