"""GA4 over gRPC, the clients' other transport: the handlers are those of HTTP."""

from __future__ import annotations

import json
from concurrent import futures
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import grpc
from google.protobuf import json_format
from google.protobuf.empty_pb2 import Empty

from .ga4_http import Ga4, ga4_routes
from .http import ApiError, CutConnection, Request, answer

if TYPE_CHECKING:
    from .faults import FaultKind
    from .http import Response
    from .server import Google
    from .site import Site

_WORKERS = 32
_DATA, _ALPHA = "data.v1beta.BetaAnalyticsData", "data.v1alpha.AlphaAnalyticsData"
_ADMIN, _ADMIN_ALPHA = (
    f"admin.{version}.AnalyticsAdminService" for version in ("v1beta", "v1alpha")
)


@dataclass(frozen=True, slots=True)
class Method:
    """
    A method and the HTTP call it stands for.

    `body` is the request's field that is the HTTP body, `*` for all of it.
    """

    verb: str
    path: str
    body: str = ""
    response: str = ""


def _resource(
    kind: str, plural: str, parent: str = "{parent}", *, verbs: str
) -> dict[str, Method]:
    """Return the usual methods of a resource; `verbs` has some of LGCUD."""
    field = "".join(f"_{c.lower()}" if c.isupper() else c for c in kind).lstrip("_")
    many = f"{parent}/{plural}"
    usual = {
        "L": (f"List{kind}s", Method("GET", many)),
        "G": (f"Get{kind}", Method("GET", "{name}", response=kind)),
        "C": (f"Create{kind}", Method("POST", many, field, kind)),
        "U": (f"Update{kind}", Method("PATCH", f"{{{field}.name}}", field, kind)),
        "D": (f"Delete{kind}", Method("DELETE", "{name}", response="Empty")),
    }
    return dict(usual[verb] for verb in verbs)


_ADMIN_METHODS = {
    "ListAccountSummaries": Method(
        "GET", "accountSummaries", response="ListAccountSummariesResponse"
    ),
    **_resource("KeyEvent", "keyEvents", verbs="LGCUD"),
    **_resource("GoogleAdsLink", "googleAdsLinks", verbs="LCD"),
    **_resource("CustomDimension", "customDimensions", verbs="L"),
    **_resource("DataStream", "dataStreams", verbs="L"),
    "GetProperty": Method("GET", "{name}", response="Property"),
    "GetDataRetentionSettings": Method(
        "GET", "{name}", response="DataRetentionSettings"
    ),
}
METHODS: dict[str, dict[str, Method]] = {
    _DATA: {
        "RunReport": Method("POST", "{property}:runReport", "*"),
        "BatchRunReports": Method("POST", "{property}:batchRunReports", "*"),
        "CheckCompatibility": Method("POST", "{property}:checkCompatibility", "*"),
        "RunRealtimeReport": Method("POST", "{property}:runRealtimeReport", "*"),
        "GetMetadata": Method("GET", "{name}", response="Metadata"),
    },
    _ALPHA: {
        "RunFunnelReport": Method("POST", "{property}:runFunnelReport", "*"),
        "GetPropertyQuotasSnapshot": Method(
            "GET", "{name}", response="PropertyQuotasSnapshot"
        ),
    },
    _ADMIN: _ADMIN_METHODS,
    _ADMIN_ALPHA: {
        **_ADMIN_METHODS,
        **_resource("Audience", "audiences", verbs="LGCU"),
        "ArchiveAudience": Method("POST", "{name}:archive", "*", "Empty"),
        **_resource("EventCreateRule", "eventCreateRules", verbs="LGCUD"),
    },
}


class Ga4GrpcServer:
    """GA4 on a plaintext gRPC port of loopback."""

    def __init__(self, google: Google, port: int) -> None:
        self._ga4 = Ga4(google)
        self._routes = ga4_routes(self._ga4)
        self._server = grpc.server(
            futures.ThreadPoolExecutor(_WORKERS),
            options=[("grpc.max_receive_message_length", -1)],
        )
        for service, methods in METHODS.items():
            handlers = {
                name: self._handler(service, name, method)
                for name, method in methods.items()
            }
            full = f"google.analytics.{service}"
            self._server.add_generic_rpc_handlers(
                [grpc.method_handlers_generic_handler(full, handlers)]
            )
        self._port = self._server.add_insecure_port(f"{google.host}:{port}")
        self._host = google.host
        self._server.start()

    @property
    def endpoint(self) -> str:
        """The target, `HOST:PORT`."""
        return f"{self._host}:{self._port}"

    def close(self) -> None:
        """Stop the server."""
        self._server.stop(None).wait()

    def _handler(self, service: str, name: str, method: Method) -> Any:
        def handle(raw: bytes, context: Any) -> bytes:
            headers = {key: str(value) for key, value in context.invocation_metadata()}
            try:
                request = to_http(service, name, method, raw, headers)
                if name in {"RunReport", "BatchRunReports"}:
                    return self._rows(name, request)
                return to_grpc(service, name, method, answer(self._routes, request))
            except ApiError as error:
                _abort(context, error)
            except CutConnection:
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            raise AssertionError  # abort has raised

        return grpc.unary_unary_rpc_method_handler(handle)

    def _rows(self, name: str, request: Request) -> bytes:
        """Rows in bytes at once: a page of them as JSON is slow to parse."""
        body = request.json()

        def run(site: Site, fault: FaultKind | None) -> bytes:
            core = self._ga4.core(site)
            if name == "RunReport":
                return core.run_report_bytes(body, fault=fault)
            return core.batch_bytes(body)

        property_id = request.path.partition("/properties/")[2].partition(":")[0]
        method = name[0].lower() + name[1:]
        made: bytes = self._ga4.call(method, "core", request, property_id, run).body
        return made


@cache
def _message(service: str, name: str) -> Any:
    """Return a generated message class by its API's package and its name."""
    from importlib import import_module  # noqa: PLC0415  # the packages are slow

    if name == "Empty":
        return Empty
    package = "_".join(service.split(".")[:2])
    return getattr(import_module(f"google.analytics.{package}.types"), name).pb()


def to_http(
    service: str, name: str, method: Method, raw: bytes, headers: dict[str, str]
) -> Request:
    """Return the HTTP request a gRPC request stands for."""
    message = _message(service, f"{name}Request").FromString(raw)
    fields: dict[str, Any] = json_format.MessageToDict(message)
    path = method.path.format_map(_Paths(message))
    body = fields
    if method.body not in {"", "*"}:
        body = fields.get(_camel(method.body), {})
    query: dict[str, Any] = {
        field: fields[field]
        for field in ("pageSize", "pageToken", "updateMask")
        if field in fields
    }
    outside = {"property", "name"} if method.body == "*" else set()
    sent = {key: value for key, value in body.items() if key not in outside}
    return Request(
        method=method.verb,
        path=f"/{service.split('.')[1]}/{path}",
        query=urlencode(query),
        headers=headers,
        body=json.dumps(sent if method.body else {}).encode(),
    )


class _Paths(dict[str, str]):
    """Looks a path's fields up in a message."""

    def __init__(self, message: Any) -> None:
        super().__init__()
        self._message = message

    def __missing__(self, key: str) -> Any:
        return getattr(self._message, key)


def to_grpc(service: str, name: str, method: Method, response: Response) -> bytes:
    """Return a JSON answer as a serialised message, or raise its error."""
    text = b"".join(response.parts())
    if response.status != 200:
        error = json.loads(text)["error"]
        raise ApiError(error["code"], error["message"], status=error["status"])
    message = _message(service, method.response or f"{name}Response")()
    json_format.Parse(text, message)
    made: bytes = message.SerializeToString()
    return made


def _abort(context: Any, error: ApiError) -> None:
    context.abort(grpc.StatusCode[error.status], error.message)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
