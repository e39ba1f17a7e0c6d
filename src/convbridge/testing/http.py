"""Cassettes of HTTP calls (GA4, Data Manager), by vcrpy with our allow-list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from convbridge.testing.allowed import allowed
from convbridge.testing.cassettes import Mode, Origin
from convbridge.testing.scrub import Scrubber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEADERS = ("content-type",)
# Cassettes say whose API was called, whatever stood in for it.
_HOSTS = {
    "ga4": "analyticsdata.googleapis.com",
    "data_manager": "datamanager.googleapis.com",
}


def http_cassettes(
    folder: Path,
    *,
    vendor: str,
    mode: Mode = Mode.NONE,
    origin: Origin = Origin.RECORDED,
    aliases: Mapping[str, str] | None = None,
) -> Any:
    """
    Return a `vcr.VCR` for `folder/<vendor>/<scenario>.yaml`.

    Requests are matched on method, path, query and body; the host is left out, so
    that a cassette of the sandbox replays wherever the client points. Bodies keep
    allowed fields only, headers only their content type. Use it as
    `with http_cassettes(...).use_cassette("report.yaml") as tape:`.
    """
    import vcr  # type: ignore[import-untyped]  # noqa: PLC0415 - only in tests

    scrubber = Scrubber(
        allowed("http"),
        aliases=aliases,
        keep=mode is Mode.NONE or origin is Origin.SANDBOX,
    )
    made = vcr.VCR(
        cassette_library_dir=str(folder / vendor),
        record_mode=vcr.mode(str(mode)),
        serializer="origin",
        match_on=("method", "path", "query", "json_body"),
        before_record_request=lambda request: _request(request, scrubber, vendor),
        before_record_response=lambda response: _response(response, scrubber),
        decode_compressed_response=True,
        drop_unused_requests=mode is Mode.ALL,
    )
    made.register_serializer("origin", _OriginSerializer(origin))
    made.register_matcher("json_body", _same_body)
    return made


class _OriginSerializer:
    """YAML with the origin on the first line."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def serialize(self, data: Mapping[str, Any]) -> str:
        """Return the file's text."""
        marked = {"origin": str(self._origin), **data}
        return yaml.safe_dump(marked, sort_keys=False, allow_unicode=True, width=88)

    def deserialize(self, text: str) -> Any:
        """Return the file's data."""
        return yaml.safe_load(text)


def _request(request: Any, scrubber: Scrubber, vendor: str) -> Any:
    """Return the request as it may be written; matching sees the same."""
    parts = urlsplit(request.uri)
    if parts.path.endswith("/token"):  # a login is nobody's business
        return None
    path = scrubber.path(parts.path)
    request.uri = urlunsplit(("https", _HOSTS[vendor], path, parts.query, ""))
    request.headers = {
        k: v for k, v in request.headers.items() if k.lower() in _HEADERS
    }
    if request.body:
        request.body = _scrubbed(request.body, scrubber)
    return request


def _response(response: dict[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    headers = response["headers"]
    kept = {k.lower(): v for k, v in headers.items() if k.lower() in _HEADERS}
    body = response["body"]["string"]
    return {
        "status": response["status"],
        "headers": kept,
        "body": {"string": _scrubbed(body, scrubber).encode() if body else b""},
    }


def _scrubbed(body: bytes | str, scrubber: Scrubber) -> str:
    """Return a JSON body with allowed fields only; nothing else is ever kept."""
    try:
        data = json.loads(body)
    except ValueError:
        return "{}"
    return json.dumps(scrubber(data), ensure_ascii=False, sort_keys=True)


def _same_body(left: Any, right: Any) -> None:
    first, second = (json.loads(side.body or "{}") for side in (left, right))
    if first != second:
        from convbridge.testing.differences import (  # noqa: PLC0415 - on a miss
            first_difference,
        )

        raise AssertionError(first_difference(second, first))
