"""One call and its answer, as a cassette keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call: what was asked, and the answer or the refusal."""

    method: str
    request_type: str
    request: Mapping[str, Any]
    response_type: str | None = None
    response: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    request_id: str | None = None
    """Google's id of the answer; a refusal has it among the error's facts."""

    def to_dict(self) -> dict[str, Any]:
        """Return the exchange as the file has it."""
        found: dict[str, Any] = {
            "method": self.method,
            "request_type": self.request_type,
            "request": dict(self.request),
        }
        if self.error is not None:
            return {**found, "error": dict(self.error)}
        found["response_type"] = self.response_type
        found["response"] = dict(self.response or {})
        return {**found, "request_id": self.request_id} if self.request_id else found
