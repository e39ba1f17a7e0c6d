"""Facts that seldom change, kept in small files so that they are not asked again."""

from __future__ import annotations

import json
import logging
import os
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from convbridge.ports import Clock

_log = logging.getLogger(__name__)

DAYS = 7
"""How long a fact is good for. Facts of this age never decide a change: a plan that
has one is made again from facts read anew."""
_FORMAT = 1
_STRANGE = re.compile(r"[^\w-]")


class Kept:
    """
    A folder of facts, one JSON file each, with the time they were read.

    A file that cannot be read is not there; one that cannot be written is told in
    the log, and the fact is asked again next time.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def get(self, name: str) -> Any:
        """Return a fact's data, or None when there is none or it is too old."""
        try:
            found = json.loads(self._path(name).read_text(encoding="utf-8"))
            at = datetime.fromisoformat(found["at"])
            is_current = found["format"] == _FORMAT
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, ValueError):
            _log.warning("kept.unreadable", extra={"fact": name})
            return None
        age = self._clock.now() - at
        return found["data"] if is_current and timedelta() <= age < _LIFE else None

    def put(self, name: str, data: Any) -> None:
        """Keep a fact; the file is replaced as a whole."""
        now = self._clock.now().isoformat()
        text = json.dumps({"format": _FORMAT, "at": now, "data": data})
        path = self._path(name)
        draft = path.with_suffix(f".{os.getpid()}.draft")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        except OSError as exc:
            _log.warning("kept.unwritable", extra={"fact": name, "why": exc.strerror})

    def forget(self) -> None:
        """Drop every fact."""
        for path in self._folder.glob("*.fact.json"):
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{_STRANGE.sub('-', name)}.fact.json"


_LIFE = timedelta(days=DAYS)
