"""A refused request, read: which rows are named, and is any to blame at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from convbridge.adapters.data_manager.codes import REQUEST_CODES, WAIT_CODES
from convbridge.adapters.error_details import is_page, redact, without_markup
from convbridge.model.conversions import RowState, SinkAnswer, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# `events.events[3].ad_identifiers.gclid` in one server's answers, `events[3]` in
# the guides: the number after the last `events` is the row.
_HTTP = re.compile(r"(?:GET|POST) \S+: ")
_ROW = re.compile(r"\bevents\[(\d+)\]")


def read_refusal(details: Sequence[Any], message: str) -> SinkAnswer | None:
    """
    Return what a 400 means for the rows; None: it is about the request.

    Over REST details are dicts, over gRPC messages.
    """
    if is_page(message):  # a proxy's 400
        return None
    message = words(message)
    rows = [_as_dict(detail) for detail in details]
    violations = [v for row in rows for v in row.get("fieldViolations", ())]
    codes = {v["reason"] for v in violations if v.get("reason")}
    codes |= {row["reason"] for row in rows if _is_info(row) and row.get("reason")}
    waits = [WAIT_CODES[code] for code in codes if code in WAIT_CODES]
    if waits:
        code = next(c for c in sorted(codes) if c in WAIT_CODES)
        rest = Verdict(
            state=RowState.PENDING,
            code=code,
            reason=message,
            retry_after=max(waits),
        )
        return SinkAnswer(rest=rest)
    if codes & REQUEST_CODES or any(_is_shared(v) for v in violations):
        return None
    return SinkAnswer(verdicts=_named(violations), message=message)


def words(message: str) -> str:
    """Return Google's own words, without the address that REST puts before them."""
    return redact(without_markup(_HTTP.sub("", message)))


def _named(violations: Sequence[Mapping[str, Any]]) -> dict[int, Verdict]:
    """Return a verdict for each row named; several violations make one."""
    reasons: dict[int, list[str]] = {}
    codes: dict[int, str] = {}
    for violation in violations:
        found = _ROW.findall(violation.get("field", ""))
        if not found:
            continue
        index = int(found[-1])
        field = violation["field"].rpartition(f"events[{index}]")[2].lstrip(".")
        text = violation.get("description") or violation.get("reason") or "invalid"
        text = redact(f"{field}: {text}" if field else text)
        reasons.setdefault(index, []).append(text)
        codes.setdefault(index, violation.get("reason", ""))
    return {
        index: Verdict(
            state=RowState.REJECTED, code=codes[index], reason="; ".join(texts)
        )
        for index, texts in reasons.items()
    }


def _is_shared(violation: Mapping[str, Any]) -> bool:
    """Tell whether a violation is about something that all rows share."""
    field = violation.get("field", "")
    return bool(field) and not _ROW.search(field)


def _is_info(row: Mapping[str, Any]) -> bool:
    return str(row.get("@type", "")).endswith("google.rpc.ErrorInfo")


def _as_dict(detail: Any) -> dict[str, Any]:  # Any: a dict or a protobuf message
    if isinstance(detail, dict):
        return detail
    if isinstance(detail, Message):
        return {"@type": detail.DESCRIPTOR.full_name, **MessageToDict(detail)}
    return {}
