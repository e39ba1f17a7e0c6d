"""A small Google Ads of its own: rows and masks from the vendor's messages alone."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
from google.ads.googleads.v26.services.types.google_ads_service import (
    GoogleAdsRow,
    MutateGoogleAdsRequest,
    MutateGoogleAdsResponse,
    SearchGoogleAdsRequest,
    SearchGoogleAdsResponse,
)

from google_ads.loopback import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_SERVICE = "/google.ads.googleads.v26.services.GoogleAdsService/"
_FAILURE = "google.ads.googleads.v26.errors.googleadsfailure-bin"
_QUERY = re.compile(r"SELECT (.+?) FROM (\w+)(?: WHERE (.+))?")
_Row = GoogleAdsRow.pb()
CLIENT = "1234567890"
# Read from the field comments of v26: what an update may not name.
FIXED = {
    "conversion_action": ("type", "origin", "owner_customer", "id", "google_analytics"),
    "conversion_goal_campaign_config": ("campaign",),
    "customer_conversion_goal": ("category", "origin"),
    "campaign_conversion_goal": ("campaign", "category", "origin"),
}
# Attributed resources: what may stand in a query beside its own fields.
JOINS = {"campaign": "bidding_strategy", "conversion_goal_campaign_config": "campaign"}


class RefusedError(Exception):
    """Errors as the fields of a GoogleAdsError each."""

    def __init__(self, *errors: dict[str, Any]) -> None:
        self.errors = errors


def refusal(
    category: str, code: str, path: str = "", at: int | None = None
) -> RefusedError:
    """Return a refusal; `at` is the operation, `path` what of it."""
    where: list[dict[str, Any]] = []
    if at is not None:
        where = [{"field_name": "mutate_operations", "index": at}]
        where += [{"field_name": name} for name in path.split(".") if name]
    found = {"error_code": {category: code}, "message": f"{code}."}
    return RefusedError({**found, "location": {"field_path_elements": where}})


@dataclass
class Account:
    """
    What one customer holds, and how this server differs from others.

    Attributes:
        rows: Rows with one resource each, by resource name.
        joins: Resources that may stand beside another in a query.
        rules: Called with each operation: its kind, verb, message and number.
        shown: Called with each row before it is sent.
    """

    rows: dict[str, Any] = field(default_factory=dict)
    joins: dict[str, str] = field(default_factory=lambda: dict(JOINS))
    rules: list[Callable[..., None]] = field(default_factory=list)
    shown: Callable[[Any], None] = lambda row: None
    hidden: dict[str, Any] = field(default_factory=dict)
    """Rows that no search shows before something is written to them."""
    asked: dict[str, Any] = field(default_factory=dict)
    """The rows as they were when the request came."""

    def put(self, kind: str, key: str, /, **values: Any) -> Any:
        """Add a resource; values are by path, `__` for its dots."""
        row = _Row()
        message = getattr(row, kind)
        message.resource_name = key
        for path, value in values.items():
            _set(message, path.replace("__", "."), value)
        self.rows[key] = row
        return message

    def get(self, name: str) -> Any:
        """Return a resource by its name."""
        row = self.rows[name]
        return getattr(row, _kind(row))

    # Reading

    def search(self, customer: str, query: str) -> list[Any]:
        found = _QUERY.fullmatch(query)
        if found is None:
            raise refusal("query_error", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE")
        paths, kind = found[1].split(", "), found[2]
        for path in paths:
            owner = path.split(".")[0]
            if owner != kind and self.joins.get(kind) != owner:
                raise refusal(
                    "query_error", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"
                )
        rows = [self._joined(row, kind) for row in self._of(customer, kind)]
        kept = [row for row in rows if _passes(row, found[3])]
        return [self._selected(row, paths, kind) for row in kept]

    def _of(self, customer: str, kind: str) -> Iterator[Any]:
        for name, row in self.rows.items():
            if _kind(row) == kind and name.startswith(f"customers/{customer}"):
                yield row

    def _joined(self, row: Any, kind: str) -> Any:
        joined = _Row()
        joined.CopyFrom(row)
        link = {"campaign": "bidding_strategy"}.get(kind, self.joins.get(kind))
        key = getattr(getattr(row, kind), link, "") if link else ""
        if key in self.rows:
            joined.MergeFrom(self.rows[key])
        return joined

    def _selected(self, row: Any, paths: Sequence[str], kind: str) -> Any:
        found = _Row()
        for path in [*paths, *(f"{p.split('.')[0]}.resource_name" for p in paths)]:
            _copy(row, found, path)
        self.shown(found)
        return found

    # Writing

    def mutate(self, request: Any) -> Any:
        before = {name: copied(row) for name, row in self.rows.items()}
        names: dict[str, str] = {}
        self.asked = before
        try:
            response = MutateGoogleAdsResponse.pb()()
            for at, operation in enumerate(request.mutate_operations):
                made = self._operate(request.customer_id, operation, names, at)
                answer = response.mutate_operation_responses.add()
                getattr(answer, made[0]).resource_name = made[1]
        except BaseException:
            self.rows = before
            raise
        if request.validate_only:
            self.rows = before
            return MutateGoogleAdsResponse.pb()()
        return response

    def _operate(
        self, customer: str, operation: Any, names: dict[str, str], at: int
    ) -> tuple[str, str]:
        which = operation.WhichOneof("operation")
        kind, found = which.removesuffix("_operation"), getattr(operation, which)
        verb = found.WhichOneof("operation")
        body = getattr(found, verb)
        target = body if isinstance(body, str) else body.resource_name
        if target and not target.startswith(f"customers/{customer}/"):
            raise refusal("mutate_error", "RESOURCE_NOT_FOUND", "", at)
        for rule in self.rules:
            rule(self, kind, verb, found, at)
        if verb == "create":
            name = self._create(customer, kind, body, names)
        elif verb == "update":
            name = self._update(kind, found, names, at)
        else:
            name = body
            self.get(name).status = 3  # REMOVED
        return f"{kind}_result", name

    def _create(self, customer: str, kind: str, body: Any, names: Any) -> str:
        number = str(9_000 + len(self.rows))
        plural = {
            "conversion_action": "conversionActions",
            "custom_conversion_goal": "customConversionGoals",
        }[kind]
        name = f"customers/{customer}/{plural}/{number}"
        if body.resource_name:
            names[body.resource_name] = name
        made = self.put(kind, name)
        made.MergeFrom(body)
        made.resource_name, made.id = name, int(number)
        self._resolve(made, names)
        if not made.status:
            made.status = 2
        return name

    def _update(self, kind: str, found: Any, names: Any, at: int) -> str:
        name = names.get(found.update.resource_name, found.update.resource_name)
        if name in self.hidden:
            self.rows[name] = copied(self.hidden[name])
        if name not in self.rows:
            raise refusal("mutate_error", "RESOURCE_NOT_FOUND", "", at)
        if not found.update_mask.paths:
            raise refusal("field_mask_error", "FIELD_MASK_MISSING", "", at)
        current = self.get(name)
        for path in found.update_mask.paths:
            if path.startswith(FIXED.get(kind, ("resource_name",))):
                raise refusal("field_error", "IMMUTABLE_FIELD", f"update.{path}", at)
            *parents, last = path.split(".")
            target, source = current, found.update
            for parent in parents:
                target, source = getattr(target, parent), getattr(source, parent)
                target.SetInParent()
            described = target.DESCRIPTOR.fields_by_name.get(last)
            if described is None:
                raise refusal("field_mask_error", "FIELD_NOT_FOUND", path, at)
            if described.message_type is not None:
                raise refusal("field_mask_error", "FIELD_HAS_SUBFIELDS", path, at)
            target.ClearField(last)
            _copy(source, target, last)
        self._resolve(current, names)
        return name

    @staticmethod
    def _resolve(message: Any, names: dict[str, str]) -> None:
        for described, value in list(message.ListFields()):
            if isinstance(value, str) and value in names:
                setattr(message, described.name, names[value])
            elif described.name == "conversion_actions":
                resolved = [names.get(item, item) for item in value]
                message.ClearField(described.name)
                getattr(message, described.name).extend(resolved)


def copied(row: Any) -> Any:
    """Return a row that no later change reaches."""
    return _Row.FromString(row.SerializeToString())


def _kind(row: Any) -> str:
    return next(described.name for described, _ in row.ListFields())


def _name(message: Any, name: str) -> str:
    return name if name in message.DESCRIPTOR.fields_by_name else f"{name}_"


def _set(message: Any, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    described = message.DESCRIPTOR.fields_by_name[_name(message, last)]
    if described.is_repeated:
        getattr(message, described.name).extend(value)
    elif described.enum_type is not None:
        value = described.enum_type.values_by_name[value].number
        setattr(message, described.name, value)
    else:
        setattr(message, described.name, value)


def _copy(source: Any, target: Any, path: str) -> None:
    """Copy a field that is there; what is absent stays absent."""
    *parents, last = path.split(".")
    for parent in parents:
        if not source.HasField(parent):
            return
        source, target = getattr(source, parent), getattr(target, parent)
    name = _name(source, last)
    described = source.DESCRIPTOR.fields_by_name[name]
    if described.is_repeated:
        target.ClearField(name)
        getattr(target, name).extend(getattr(source, name))
    elif not described.has_presence or source.HasField(name):
        setattr(target, name, getattr(source, name))


def _passes(row: Any, condition: str | None) -> bool:
    if condition is None:
        return True
    found = re.fullmatch(r"(\w+)\.status (=|!=) 'REMOVED'", condition)
    if found is None:
        raise refusal("query_error", "PROHIBITED_FIELD_IN_WHERE_CLAUSE")
    message = getattr(row, found[1])
    described = message.DESCRIPTOR.fields_by_name["status"]
    removed = described.enum_type.values_by_name["REMOVED"].number
    return bool(message.status == removed) is (found[2] == "=")


@contextmanager
def serving(account: Account) -> Iterator[str]:
    """Serve one login's customers over gRPC; yields the endpoint."""

    def answer(method: str, body: bytes, context: Any) -> bytes:
        try:
            if method == f"{_SERVICE}Search":
                asked = SearchGoogleAdsRequest.pb().FromString(body)
                response = SearchGoogleAdsResponse.pb()()
                response.results.extend(account.search(asked.customer_id, asked.query))
            elif method == f"{_SERVICE}Mutate":
                request = MutateGoogleAdsRequest.pb().FromString(body)
                response = account.mutate(request)
            else:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, method)
        except RefusedError as exc:
            details = ((_FAILURE, failure(*exc.errors)), ("request-id", "r"))
            context.set_trailing_metadata(details)
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "RefusedError.")
        octets: bytes = response.SerializeToString()
        return octets

    class Anything(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(
                lambda body, context: answer(details.method, body, context)
            )

    server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((Anything(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
