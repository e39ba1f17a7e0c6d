"""The methods of the Google Ads services, from request to response message."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

from .ads_access import Quota, accessible, account_for
from .ads_adjustments import upload_adjustments
from .ads_book import Book
from .ads_errors import fail, partial_status
from .ads_messages import message_class, new
from .ads_mutate import Flags, Step, is_mutable_resource, run
from .ads_search import MAX_ROWS, Source, field_mask, search
from .ads_seed import Seeder
from .ads_store import AdsStore
from .ads_summaries import summaries
from .ads_uploads import upload_clicks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .ads_messages import Message
    from .ads_mutate import Outcome
    from .ads_store import Account
    from .world import World

# Service -> its mutate method and the kind of resource it changes.
MUTATES = {
    "BiddingStrategyService": ("MutateBiddingStrategies", "bidding_strategy"),
    "CampaignConversionGoalService": (
        "MutateCampaignConversionGoals",
        "campaign_conversion_goal",
    ),
    "CampaignService": ("MutateCampaigns", "campaign"),
    "ConversionActionService": ("MutateConversionActions", "conversion_action"),
    "ConversionGoalCampaignConfigService": (
        "MutateConversionGoalCampaignConfigs",
        "conversion_goal_campaign_config",
    ),
    "CustomConversionGoalService": (
        "MutateCustomConversionGoals",
        "custom_conversion_goal",
    ),
    "CustomerConversionGoalService": (
        "MutateCustomerConversionGoals",
        "customer_conversion_goal",
    ),
}
# gRPC method -> the name of its request type, where it is not `{Method}Request`.
REQUESTS = {
    "Search": "SearchGoogleAdsRequest",
    "SearchStream": "SearchGoogleAdsStreamRequest",
    "Mutate": "MutateGoogleAdsRequest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdsCall:
    """One call: who asks for what, in which version."""

    service: str
    method: str
    version: str
    request_id: str
    headers: Mapping[str, str]
    request: Message = field(repr=False)

    @property
    def customer_id(self) -> str:
        """Return the customer the request is for, or an empty string."""
        return str(getattr(self.request, "customer_id", ""))


class GoogleAds:
    """
    The state behind the Google Ads services; `google.ads` in a sandbox.

    `quota.access_level` is explorer, basic, test or standard. `uploads_allowed`
    says whether the Cloud project may still upload click conversions: no, as for
    every project that adopts the API now. `page_size` is the rows of one answer.
    With `is_sink` uploaded rows are counted and not looked at, to measure a sender.
    """

    def __init__(self, world: World) -> None:
        """Start with the accounts of a world."""
        self.world = world
        self.store = AdsStore(world.clock)
        self.seeder = Seeder(self.store, world)
        self.quota = Quota()
        self.book = Book()
        self.uploads_allowed = False
        self.is_sink = False
        self.received_count = 0
        self.unique_ids: set[int] = set()
        self.page_size = MAX_ROWS
        self.users_by_hash: dict[str, dict[str, int]] = {}

    def account(self, customer_id: str) -> Account:
        """Return one account, whose switches a test may turn."""
        return self.store.accounts[customer_id]

    def resources(self, kind: str, customer_id: str) -> tuple[Message, ...]:
        """Return what is stored of one kind for one customer, `conversion_action`."""
        with self.store.lock:
            self.seeder.refresh(customer_id)
            return tuple(self.store.table(kind, customer_id).values())

    def received_conversions(self) -> tuple[Message, ...]:
        """Return every ClickConversion row that came in, accepted or not."""
        return self.book.received_rows()

    def stream(self, call: AdsCall) -> list[Message]:
        """Answer SearchStream: batches of rows."""
        rows, mask = self._rows(call)
        response = message_class("services.SearchGoogleAdsStreamResponse", call.version)
        size = self.page_size
        starts = range(0, max(len(rows), 1), size)
        return [
            response(
                results=rows[at : at + size],
                field_mask={"paths": mask},
                request_id=call.request_id,
            )
            for at in starts
        ]

    def answer(self, call: AdsCall) -> Message:
        """Answer a unary call."""
        if call.service in MUTATES:
            return self._mutate(call)
        return self._methods()[call.method](call)

    def _methods(self) -> dict[str, Callable[[AdsCall], Message]]:
        return {
            "Search": self._search,
            "Mutate": self._mutate_many,
            "ListAccessibleCustomers": self._list_customers,
            "UploadClickConversions": self._upload_clicks,
            "UploadConversionAdjustments": self._upload_adjustments,
        }

    def _enter(self, call: AdsCall, operations: int = 1) -> Account:
        account = account_for(self.store, call.customer_id, call.headers)
        self.quota.spend(operations, self.store.clock.now())
        with self.store.lock:
            self.seeder.refresh(account.customer_id)
            if account.conversion_customer != account.customer_id:
                self.seeder.refresh(account.conversion_customer)
        return account

    def _rows(self, call: AdsCall) -> tuple[list[Message], list[str]]:
        account = self._enter(call)
        with self.store.lock:
            source = Source(
                store=self.store,
                world=self.world,
                uploads=self.book.attributed(),
                summaries=summaries(self.book, self.store, account),
                version=call.version,
            )
            query, rows = search(source, account, call.request.query)
        return rows, field_mask(query)

    def _search(self, call: AdsCall) -> Message:
        if call.request.page_size:
            code = "PAGE_SIZE_NOT_SUPPORTED"
            raise fail("request_error", code, at="page_size")
        rows, mask = self._rows(call)
        start = _read_token(call.request.page_token, call.request.query)
        end = start + self.page_size
        response = message_class("services.SearchGoogleAdsResponse", call.version)()
        if call.request.validate_only:
            return response
        response.results.extend(rows[start:end])
        response.field_mask.paths.extend(mask)
        if end < len(rows):
            response.next_page_token = _make_token(end, call.request.query)
        if call.request.search_settings.return_total_results_count:
            response.total_results_count = len(rows)
        return response

    def _mutate(self, call: AdsCall) -> Message:
        _, kind = MUTATES[call.service]
        operations = call.request.operations
        account = self._enter(call, len(operations))
        steps = [
            Step(kind=kind, operation=operation, place=(("operations", index),))
            for index, operation in enumerate(operations)
        ]
        outcome = run(self.store, account, steps, _flags(call.request))
        response = new(f"services.{call.method}Response")
        wants = _wants_resource(call.request)
        for name in outcome.names:
            self._fill(response.results.add(), kind, name, wants_resource=wants)
        _add_partial(response, outcome, call)
        return response

    def _mutate_many(self, call: AdsCall) -> Message:
        account = self._enter(call, len(call.request.mutate_operations))
        steps = [
            _step(operation, index)
            for index, operation in enumerate(call.request.mutate_operations)
        ]
        outcome = run(self.store, account, steps, _flags(call.request))
        response = new("services.MutateGoogleAdsResponse")
        wants = _wants_resource(call.request)
        for step, name in zip(steps, outcome.names, strict=False):
            result = response.mutate_operation_responses.add()
            if name:
                target = getattr(result, f"{step.kind}_result")
                self._fill(target, step.kind, name, wants_resource=wants)
        _add_partial(response, outcome, call)
        return response

    def _fill(
        self, result: Message, kind: str, name: str, *, wants_resource: bool
    ) -> None:
        result.resource_name = name
        if name and wants_resource and kind in result.DESCRIPTOR.fields_by_name:
            getattr(result, kind).CopyFrom(self.store.get(kind, name))

    def _list_customers(self, _call: AdsCall) -> Message:
        names = [f"customers/{customer}" for customer in accessible(self.store)]
        return new("services.ListAccessibleCustomersResponse", resource_names=names)

    def _upload_clicks(self, call: AdsCall) -> Message:
        account = self._enter(call)
        if self.is_sink:
            return self._sink(call.request)
        with self.store.lock:
            return upload_clicks(self, account, call)

    def _sink(self, request: Message) -> Message:
        """Count rows and answer as if each had been fine."""
        response = new("services.UploadClickConversionsResponse")
        add = response.results.add
        with self.store.lock:
            for row in request.conversions:
                self.unique_ids.add(hash(row.order_id))
                add(gclid=row.gclid, conversion_date_time=row.conversion_date_time)
            self.received_count += len(request.conversions)
        return response

    def _upload_adjustments(self, call: AdsCall) -> Message:
        account = self._enter(call)
        with self.store.lock:
            return upload_adjustments(self, account, call)


def _flags(request: Message) -> Flags:
    return Flags(
        partial_failure=getattr(request, "partial_failure", False),
        validate_only=request.validate_only,
    )


def _wants_resource(request: Message) -> bool:
    return is_mutable_resource(getattr(request, "response_content_type", 0))


def _step(operation: Message, index: int) -> Step:
    which = operation.WhichOneof("operation")
    place: tuple[tuple[str, int | None], ...] = (("mutate_operations", index),)
    if which is None:
        raise fail("request_error", "OPERATION_REQUIRED").under(*place)
    kind = which.removesuffix("_operation")
    if kind not in {kind for _, kind in MUTATES.values()}:
        raise fail("mutate_error", "MUTATE_NOT_ALLOWED").under(*place)
    return Step(
        kind=kind, operation=getattr(operation, which), place=(*place, (which, None))
    )


def _add_partial(response: Message, outcome: Outcome, call: AdsCall) -> None:
    if outcome.errors:
        status = partial_status(outcome.errors, call.request_id, call.version)
        response.partial_failure_error.MergeFrom(
            type(response.partial_failure_error)(**status)
        )


def _make_token(offset: int, query: str) -> str:
    return base64.urlsafe_b64encode(
        f"{offset}:{crc32(query.encode())}".encode()
    ).decode()


def _read_token(token: str, query: str) -> int:
    if not token:
        return 0
    try:
        offset, digest = base64.urlsafe_b64decode(token).decode().split(":")
    except (ValueError, binascii.Error):
        offset, digest = "", ""
    if not offset.isdigit() or digest != str(crc32(query.encode())):
        raise fail("request_error", "INVALID_PAGE_TOKEN", at="page_token")
    return int(offset)


def known_methods() -> Sequence[tuple[str, str]]:
    """Return every service and method that is served."""
    return (
        ("GoogleAdsService", "Search"),
        ("GoogleAdsService", "SearchStream"),
        ("GoogleAdsService", "Mutate"),
        ("CustomerService", "ListAccessibleCustomers"),
        ("ConversionUploadService", "UploadClickConversions"),
        ("ConversionAdjustmentUploadService", "UploadConversionAdjustments"),
        *((service, method) for service, (method, _) in MUTATES.items()),
    )
