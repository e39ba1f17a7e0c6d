"""Searches: rows of a query, filtered, ordered, cut, and with only what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from .ads_conditions import holds, prepare
from .ads_fields import check, named, prefix, row_descriptor
from .ads_gaql import parse, query_error
from .ads_messages import (
    NEWEST,
    Message,
    copy_field,
    is_set,
    message_class,
    read,
    resolve,
)
from .ads_rows import resource_rows
from .ads_store import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from .ads_gaql import Condition, Query
    from .ads_metrics import Uploaded
    from .ads_store import Account, AdsStore
    from .world import World

MAX_ROWS = 10_000
# One candidate row: the messages it is made of, by resource (or metrics, segments).
Parts = dict[str, Message]
_Chain = tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where rows come from."""

    store: AdsStore
    world: World
    uploads: Iterable[Uploaded]
    received: Mapping[str, datetime]
    summaries: dict[str, list[Message]]
    version: str = NEWEST


def search(source: Source, account: Account, text: str) -> tuple[Query, list[Message]]:
    """Return the parsed query and its rows, as messages of the caller's version."""
    query = parse(text)
    check(query, source.version)
    if account.is_manager and named(query, "metrics"):
        raise query_error(
            "REQUESTED_METRICS_FOR_MANAGER",
            "Metrics cannot be requested for a manager account. To retrieve metrics, "
            "issue separate requests against each client account under the manager.",
        )
    return query, _Rows(source, account, query).build()


def field_mask(query: Query) -> list[str]:
    """Return the paths of the fields that were selected."""
    return list(query.select)


class _Rows:
    """The rows of one query on one account."""

    def __init__(self, source: Source, account: Account, query: Query) -> None:
        self._source = source
        self._account = account
        self._query = query
        self._row = row_descriptor(source.version)
        today = source.store.clock.now().astimezone(account.zone).date()
        self._conditions = [
            prepare(condition, self._chain(condition.field)[-1], today)
            for condition in query.where
        ]

    def build(self) -> list[Message]:
        rows = [parts for parts in self._candidates() if self._is_kept(parts)]
        if self._query.order_by:
            rows.sort(key=cmp_to_key(self._compare))
        if self._query.limit is not None:
            rows = rows[: self._query.limit]
        return [self._selected(parts) for parts in rows]

    def _chain(self, name: str) -> _Chain:
        chain = resolve(self._row, name)
        if chain is None:
            raise query_error("UNRECOGNIZED_FIELD", f"Unrecognized field: '{name}'.")
        return chain

    def _candidates(self) -> Iterator[Parts]:
        for parts in self._newest_candidates():
            yield parts if self._source.version == NEWEST else self._translated(parts)

    def _newest_candidates(self) -> Iterator[Parts]:
        if any(named(self._query, group) for group in ("metrics", "segments")):
            yield from self._with_metrics()
            return
        yield from resource_rows(
            self._source.store,
            self._account,
            self._query.resource,
            self._source.summaries,
        )

    def _with_metrics(self) -> Iterator[Parts]:
        from .ads_metrics import Ledger  # noqa: PLC0415  # numpy only when needed
        from .ads_report import metric_rows  # noqa: PLC0415  # numpy only when needed

        source, cid = self._source, self._account.customer_id
        site = source.world.site_of_customer(cid)
        if site is None:
            return
        ledger = Ledger(
            store=source.store,
            world=source.world,
            account=self._account,
            site=site,
            received=source.received,
        )
        resource = self._query.resource
        rows = list(resource_rows(source.store, self._account, resource, {}))
        by_name = {parts[resource].resource_name: parts for parts in rows}
        for campaign, action, extra in metric_rows(
            self._query, ledger, source.uploads, self._conditions
        ):
            name = f"customers/{cid}" if campaign is None else ""
            if campaign is not None:
                campaign_id = site.campaigns[campaign].id
                name = resource_name("campaign", cid, campaign_id)
            parts = by_name.get(action if resource == "conversion_action" else name)
            if parts is not None:
                yield {**parts, **extra}

    def _translated(self, parts: Parts) -> Parts:
        """Return the same row in the messages of an older version, field by number."""
        return {
            name: self._older(name, message.SerializeToString())
            for name, message in parts.items()
        }

    def _older(self, name: str, data: bytes) -> Message:
        full_name = self._row.fields_by_name[name].message_type.full_name
        short = full_name.split(f".{self._source.version}.", 1)[1]
        message = message_class(short, self._source.version).FromString(data)
        flag = "enhanced_conversions_for_leads_enabled"
        setting = getattr(message, "conversion_tracking_setting", None)
        if setting is not None and flag in setting.DESCRIPTOR.fields_by_name:
            setattr(setting, flag, self._account.enhanced_conversions_for_leads)
        return message

    def _is_kept(self, parts: Parts) -> bool:
        return all(self._holds(condition, parts) for condition in self._conditions)

    def _holds(self, condition: Condition, parts: Parts) -> bool:
        group = prefix(condition.field)
        is_date = group == "segments" and condition.field not in self._query.select
        if is_date:
            return True  # the days were chosen before they were summed
        chain = self._chain(condition.field)[1:]
        message = parts.get(group)
        if message is None:
            return condition.operator == "IS NULL"
        is_present = is_set(message, chain)
        return holds(condition, read(message, chain), is_present=is_present)

    def _value(self, parts: Parts, name: str) -> Any:
        return read(parts[prefix(name)], self._chain(name)[1:])

    def _compare(self, left: Parts, right: Parts) -> int:
        for name, descends in self._query.order_by:
            first, second = self._value(left, name), self._value(right, name)
            if first != second:
                return 1 if (first > second) != descends else -1
        return 0

    def _selected(self, parts: Parts) -> Message:
        row = message_class("services.GoogleAdsRow", self._source.version)()
        for group in {prefix(name) for name in self._query.select} & parts.keys():
            if group not in {"metrics", "segments"}:
                getattr(row, group).resource_name = parts[group].resource_name
        getattr(row, self._query.resource).resource_name = parts[
            self._query.resource
        ].resource_name
        for name in self._query.select:
            group = prefix(name)
            if group in parts:
                chain = self._chain(name)[1:]
                getattr(row, group).SetInParent()
                copy_field(parts[group], getattr(row, group), chain)
        return row
