"""The methods of the Google Ads services, from request to response message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .ads_access import Quota, accessible, account_for
from .ads_adjustments import upload_adjustments
from .ads_book import Book
from .ads_catalog import search_fields
from .ads_errors import fail, partial_status
from .ads_messages import clone, message_class, new
from .ads_methods import MUTATES
from .ads_mutate import Flags, Step, is_mutable_resource, run
from .ads_pages import make_token, read_token
from .ads_search import MAX_ROWS, Source, field_mask, search
from .ads_seed import Seeder
from .ads_store import AdsStore, customer_of
from .ads_summaries import summaries
from .ads_uploads import upload_clicks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ads_messages import Message
    from .ads_methods import AdsCall
    from .ads_mutate import Outcome
    from .ads_store import Account
    from .clicks import Click
    from .world import World


class GoogleAds:
    """
    The state behind the Google Ads services; `google.ads` in a sandbox.

    `quota.access_level` is explorer, basic, test or standard. `uploads_allowed`
    says whether the Cloud project may still upload click conversions: no, as for
    every project that adopts the API now. `page_size` is the rows of one answer.
    `row_errors` are the errors (`category.CODE`) of upload rows by order id.
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
        self.row_errors: dict[str, tuple[str, ...]] = {}
        self.is_sink = False
        self.received_count = 0
        self.unique_ids: set[int] = set()
        self.page_size = MAX_ROWS
        self.users_by_hash: dict[str, dict[str, int]] = {}
        self.clicks_by_id: dict[tuple[str, str], Click] = {}

    def account(self, customer_id: str) -> Account:
        """Return one account, whose switches a test may turn."""
        return self.store.accounts[customer_id]

    def resources(self, kind: str, customer_id: str) -> tuple[Message, ...]:
        """Return what is stored of one kind for one customer, `conversion_action`."""
        with self.store.lock:
            self.seeder.refresh(customer_id)
            return tuple(self.store.table(kind, customer_id).values())

    def edit(self, kind: str, name: str, /, **fields: Any) -> None:
        """Change a resource as somebody in the UI would, past every check."""
        with self.store.lock:
            self.seeder.refresh(customer_of(name))
            changed = clone(self.store.table(kind, customer_of(name))[name])
            known = changed.DESCRIPTOR.fields_by_name
            for field in fields:
                if known[field].message_type is None:
                    changed.ClearField(field)
            changed.MergeFrom(type(changed)(**fields))
            self.store.put(kind, changed)

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
            "SearchGoogleAdsFields": lambda call: search_fields(
                call.request, call.version
            ),
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
                received=self.book.received_times(),
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
        start = read_token(call.request.page_token, call.request.query)
        end = start + self.page_size
        response = message_class("services.SearchGoogleAdsResponse", call.version)()
        if call.request.validate_only:
            return response
        response.results.extend(rows[start:end])
        response.field_mask.paths.extend(mask)
        if end < len(rows):
            response.next_page_token = make_token(end, call.request.query)
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
        flags = replace(_flags(call.request), temporary_names=True)
        outcome = run(self.store, account, steps, flags)
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
