"""Log lines on standard error, as text or as JSON."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(log_format: str, *, verbose: bool) -> None:
    """
    Send the package's log records to standard error.

    Warnings by default, every step with `verbose` or with JSON lines, which are
    for machines that filter themselves.
    """
    is_json = log_format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if is_json else TextLines())
    logger = logging.getLogger("convbridge")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO if verbose or is_json else logging.WARNING)


class TextLines(logging.Formatter):
    """`time LEVEL event key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = "".join(f" {key}={value}" for key, value in _fields(record).items())
        return f"{_time(record)} {record.levelname} {record.getMessage()}{fields}"


class JsonLines(logging.Formatter):
    """One JSON object per line; fields that are no JSON become text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        import json

        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _OWN}


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds")
