"""A refused request, read: which rows are named, and is any to blame at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from convbridge.adapters.data_manager.codes import (
    HINTS,
    REQUEST_CODES,
    WAIT_CODES,
)
from convbridge.adapters.error_details import (
    is_page,
    read_rpc_details,
    redact,
    without_markup,
)
from convbridge.errors import RejectedError
from convbridge.model.conversions import RowState, SinkAnswer, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from convbridge.errors import VendorError

_Violation = Mapping[str, Any]
# `events.events[3].ad_identifiers.gclid` in one server's answers, `events[3]` in
# the guides: the number after the last `events` is the row.
_HTTP = re.compile(r"(?:GET|POST) \S+: ")
_ROW = re.compile(r"\bevents\[(\d+)\]")
_DESTINATION = re.compile(r"\bdestinations\[(\d+)\]")
_REFERENCE = re.compile(r"\bdestination_?references\b", re.IGNORECASE)
_AT_FAULT = Verdict(state=RowState.PENDING)


def read_refusal(
    details: Sequence[Any], message: str, request: Any
) -> SinkAnswer | None:
    """
    Return what a 400 means for the rows; None: it is about the request.

    Args:
        details: Over REST dicts, over gRPC messages.
        message: Google's words.
        request: What was refused, raw.
    """
    if is_page(message):  # a proxy's 400
        return None
    message = words(message)
    rows = [_as_dict(detail) for detail in details]
    every = [v for row in rows for v in row.get("fieldViolations", ())]
    violations = [v for v in every if v.get("field")]
    if len(request.destinations) < 2:
        codes = {v["reason"] for v in every if v.get("reason")}
        codes |= {r["reason"] for r in rows if _is_info(r) and r.get("reason")}
        return _read_only_part(violations, codes, message)
    by_part: dict[int | None, list[_Violation]] = {}
    for violation in violations:
        by_part.setdefault(_part_of(violation, request), []).append(violation)
    return _read_parts(by_part, message)


def _read_only_part(
    violations: Sequence[_Violation], codes: Collection[str], message: str
) -> SinkAnswer | None:
    about = _about_part(violations, codes, message)
    if about is _AT_FAULT:
        return None
    if about is not None:
        return SinkAnswer(rest=about)
    return SinkAnswer(verdicts=_named(violations), message=message)


def _read_parts(
    by_part: Mapping[int | None, Sequence[_Violation]], message: str
) -> SinkAnswer | None:
    parts: dict[int, Verdict | VendorError] = {}
    named: dict[int, Verdict] = {}
    for number, violations in by_part.items():
        if number is None:
            return None
        codes = {v.get("reason", "") for v in violations}
        about = _about_part(violations, codes, message)
        if about is _AT_FAULT:
            parts[number] = _rejected(violations, message)
        elif about is not None:
            parts[number] = about
        else:
            named |= _named(violations)
    return SinkAnswer(verdicts=named, parts=parts, message=message)


def _about_part(
    violations: Sequence[_Violation], codes: Collection[str], message: str
) -> Verdict | None:
    """Return what is so for all rows of an action; None: single ones are bad."""
    waits = sorted(code for code in codes if code in WAIT_CODES)
    if waits:
        longest = max(WAIT_CODES[code] for code in waits)
        return Verdict(
            state=RowState.PENDING, code=waits[0], reason=message, retry_after=longest
        )
    is_at_fault = not all(_is_row(v["field"]) for v in violations)
    return _AT_FAULT if is_at_fault or REQUEST_CODES.intersection(codes) else None


def _rejected(violations: Sequence[_Violation], message: str) -> RejectedError:
    """Return why no row of an action can be sent before a person acts."""
    codes = [v["reason"] for v in violations if v.get("reason")]
    return RejectedError(
        message,
        vendor="data_manager",
        operation="events:ingest",
        code=next(iter(codes), None),
        reasons=read_rpc_details([{"fieldViolations": violations}], {}).reasons,
        hint=next((HINTS[code] for code in codes if code in HINTS), None),
    )


def _part_of(violation: _Violation, request: Any) -> int | None:
    """Return the position of the destination that a violation is about, if any."""
    rows = _ROW.findall(violation["field"])
    found = _DESTINATION.findall(violation["field"])
    if rows and int(rows[-1]) < len(request.events):
        (wanted,) = request.events[int(rows[-1])].destination_references
        return [each.reference for each in request.destinations].index(wanted)
    if found and int(found[-1]) < len(request.destinations):
        return int(found[-1])
    return None


def _is_row(field: str) -> bool:
    """Tell whether a field is a single row's, and not what it shares with others."""
    return bool(_ROW.search(field)) and not _REFERENCE.search(field)


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


def _is_info(row: Mapping[str, Any]) -> bool:
    return str(row.get("@type", "")).endswith("google.rpc.ErrorInfo")


def _as_dict(detail: Any) -> dict[str, Any]:  # Any: a dict or a protobuf message
    if isinstance(detail, dict):
        return detail
    if isinstance(detail, Message):
        return {"@type": detail.DESCRIPTOR.full_name, **MessageToDict(detail)}
    return {}
