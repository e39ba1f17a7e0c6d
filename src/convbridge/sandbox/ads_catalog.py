"""The catalogue of fields: GoogleAdsFieldService, as far as it is served here."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from .ads_conditions import holds, prepare
from .ads_fields import (
    ACTION_SEGMENTS,
    DATE_SEGMENTS,
    METRICS,
    RESOURCES,
    row_descriptor,
)
from .ads_gaql import parse, query_error
from .ads_messages import copy_field, message_class, number, read, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ads_messages import Message

_CLAUSE = re.compile(r"\s+(?=(?:WHERE|ORDER\s+BY|LIMIT)\b)|$", re.IGNORECASE)
# No field of a field is a date.
_NO_DAY = date.min
_SEGMENTS = tuple(sorted(DATE_SEGMENTS | ACTION_SEGMENTS))


def search_fields(request: Message, version: str) -> Message:
    """Answer a query on fields; it has no FROM clause."""
    # The language is the same but for the resource, which is always this one.
    text = _CLAUSE.sub(" FROM google_ads_field ", request.query, count=1)
    query = parse(text)
    kind = message_class("resources.GoogleAdsField", version)
    chains = {name: resolve(kind.DESCRIPTOR, name) for name in query.fields}
    for name, chain in chains.items():
        if chain is None:
            message = f"Unrecognized field in the query: '{name}'."
            raise query_error("UNRECOGNIZED_FIELD", message)
    conditions = [prepare(c, (chains[c.field] or ())[-1], _NO_DAY) for c in query.where]
    response = message_class("services.SearchGoogleAdsFieldsResponse", version)()
    for field in _fields(version):
        if all(holds(c, read(field, chains[c.field] or ())) for c in conditions):
            shown = response.results.add(resource_name=field.resource_name)
            for name in query.select:
                copy_field(field, shown, chains[name] or ())
    response.total_results_count = len(response.results)
    if query.limit is not None:
        del response.results[query.limit :]
    return response


def _fields(version: str) -> Iterator[Message]:
    row = row_descriptor(version)
    for resource in RESOURCES:
        yield _field(resource, "RESOURCE", version)
        descriptor = row.fields_by_name[resource].message_type
        for name in _leaves(descriptor, resource):
            yield _field(name, "ATTRIBUTE", version)
    for name in sorted(frozenset().union(*METRICS.values())):
        yield _field(f"metrics.{name}", "METRIC", version)
    for name in _SEGMENTS:
        yield _field(f"segments.{name}", "SEGMENT", version)


def _leaves(descriptor: Message, prefix: str) -> Iterator[str]:
    for field in descriptor.fields:
        name = f"{prefix}.{field.name.rstrip('_')}"
        is_tree = field.message_type is not None and not field.is_repeated
        if is_tree and field.message_type.fields:
            yield from _leaves(field.message_type, name)
        else:
            yield name


def _field(name: str, category: str, version: str) -> Message:
    is_resource = category == "RESOURCE"
    return message_class("resources.GoogleAdsField", version)(
        resource_name=f"googleAdsFields/{name}",
        name=name,
        category=number("GoogleAdsFieldCategory", category),
        selectable=not is_resource,
        filterable=not is_resource,
        sortable=not is_resource,
    )
