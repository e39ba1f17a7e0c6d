"""What Google's errors say beyond their status: codes, fields, delays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from html import unescape
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as core
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from convbridge.adapters.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# People and secrets that Google may quote back: e-mail addresses, phone
# numbers in E.164, hashes, tokens, click ids and other long opaque strings.
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|\+\d[\d ()-]{6,}\d"
    r"|\b(?:ya29\.|1//|GOCSPX-)[\w./-]+"
    r"|\b[A-Za-z0-9_-]{40,}\b"
)

# A used-up quota told with another status than 429: the reasons of ErrorInfo
# and of the older error format, and the beginnings of GA4's own texts.
_USED_UP = frozenset(
    {
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_QUOTA_EXCEEDED",
        "dailyLimitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)
_USED_UP_WORDS = re.compile(
    r"(?:\A|: )(?:exhausted |quota exceeded|(?:user )?rate limit exceeded)",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_LONGEST_TITLE = 100
# urllib3 tells a whole object; what matters is where it went and what the system said.
_UNREACHED = re.compile(
    r"host='([^']+)', port=(\d+)\): Max retries.*\[Errno -?\d+\] ([^\"')]+)", re.DOTALL
)
# What gRPC says of a message over the receiver's limit, with a quota's status.
_TOO_LARGE = "message larger than max"
_HTTP_TOO_LARGE = 413
_REFUSALS = frozenset(range(400, 500)) - {408, 425}  # those two: not in time


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """An error's particulars, safe to show."""

    code: str | None = None
    """Google's own code, such as `DUPLICATE_NAME`."""
    category: str | None = None
    """Google Ads groups its codes: `conversion_action_error`."""
    message: str | None = None
    request_id: str | None = None
    reasons: tuple[str, ...] = ()
    retry_after: float | None = None


def redact(text: str) -> str:
    """
    Return the text without anything that may name a person or open a door.

    >>> redact("jane@example.com is not allowed")
    '[redacted] is not allowed'
    """
    return _PERSONAL.sub("[redacted]", text)


def is_page(text: str) -> bool:
    """Tell whether an answer's text is a web page: a proxy's, not an API's."""
    return bool(_PAGE.search(text))


def without_markup(text: str) -> str:
    """
    Return the text; of a web page no more than its title.

    >>> without_markup("<html><title>502 Bad Gateway</title><p>...</html>")
    'a web page came instead of an answer: 502 Bad Gateway'
    """
    if not is_page(text):
        return text
    found = _TITLE.search(text)
    title = " ".join(unescape(found[1]).split())[:_LONGEST_TITLE] if found else ""
    told = "a web page came instead of an answer"
    return f"{told}: {title}" if title else told


def without_pool(text: str) -> str:
    """Return urllib3's report of a connection that was never made, in plain words."""
    found = _UNREACHED.search(text)
    if found is None:
        return text
    return f"{found[1]}:{found[2]} could not be reached: {found[3]}"


def is_used_up(error: Any, reason: str | None) -> bool:
    """Tell whether a refusal, by its reasons or words, is about a quota."""
    older = {e.get("reason") for e in error.errors if isinstance(e, dict)}
    named = bool(_USED_UP & {reason, *older})
    return named or bool(_USED_UP_WORDS.search(str(error.message)))


def is_too_large(exc: BaseException) -> bool:
    """Tell whether a server took a request for too large to be read at all."""
    words = str(getattr(exc, "message", ""))
    is_limit = isinstance(exc, core.ResourceExhausted) and _TOO_LARGE in words
    return is_limit or getattr(exc, "code", None) == _HTTP_TOO_LARGE


def is_plain_refusal(exc: core.GoogleAPICallError) -> bool:
    """Tell whether an answer refuses by a 4xx that api_core has no class for: 422."""
    is_unnamed = type(exc) is core.GoogleAPICallError
    return (is_unnamed and exc.code in _REFUSALS) or is_too_large(exc)


def read_rpc_details(details: Iterable[Any], headers: Mapping[str, str]) -> Details:
    """
    Read google.rpc error details, which gRPC gives as messages and REST as dicts.

    `headers` are the HTTP answer's, empty over gRPC.
    """
    rows = [row for row in map(_as_dict, details) if row]
    info = next((r for r in rows if _is(r, "ErrorInfo")), {})
    request = next((r for r in rows if _is(r, "RequestInfo")), {})
    retry = next((r for r in rows if _is(r, "RetryInfo")), {})
    metadata = info.get("metadata") or {}
    return Details(
        code=info.get("reason"),
        request_id=request.get("requestId") or metadata.get("requestId"),
        reasons=tuple(_reasons(rows)),
        retry_after=_seconds(retry.get("retryDelay") or headers.get("Retry-After")),
    )


def violated_fields(error: BaseException | None) -> tuple[str, ...]:
    """Return the fields that Google's library names in a refusal; often none."""
    details = getattr(error, "details", ())
    rows = () if callable(details) else map(_as_dict, details)
    found = (v.get("field") for row in rows for v in row.get("fieldViolations", ()))
    return tuple(dict.fromkeys(field for field in found if field))


def _as_dict(detail: Any) -> dict[str, Any]:
    if isinstance(detail, dict):
        return detail
    if isinstance(detail, Message):
        return {"@type": detail.DESCRIPTOR.full_name, **MessageToDict(detail)}
    return {}


def _is(row: Mapping[str, Any], name: str) -> bool:
    return str(row.get("@type", "")).endswith(f"google.rpc.{name}")


def _reasons(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for row in rows:
        for found in row.get("fieldViolations", ()):
            text = found.get("description") or "invalid"
            named = " at ".join(filter(None, (found.get("reason"), found.get("field"))))
            yield redact(f"{named}: {text}" if named else text)
        for found in row.get("violations", ()):
            subject = found.get("subject") or found.get("type")
            text = found.get("description") or "quota used up"
            yield redact(f"{subject}: {text}" if subject else text)


def _seconds(text: str | None) -> float | None:
    """Read `3.5s` of a RetryInfo, `120` or a date of a Retry-After header."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)s?", text or "")
    if found or not text:
        return float(found.group(1)) if found else None
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - SystemClock().now()).total_seconds())
