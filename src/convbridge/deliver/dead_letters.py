"""The file of rows that were not delivered: as they were, and why."""

from __future__ import annotations

import csv
import errno
import os
from typing import TYPE_CHECKING, Any, Self

from convbridge.deliver.blocks import Broken
from convbridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    from convbridge.model.conversions import RowError

_NOTES = ("convbridge_line", "convbridge_state", "convbridge_reason")


class DeadLetters:
    """
    Writes refused rows to a CSV that can be mended and delivered again.

    The file is made with the first row, readable by its owner only: it holds
    personal data as the source had it. Rows of later runs are added to it. Without
    a path nothing is written.

    Raises:
        ConfigError: The file holds something else: nothing is written over. Or
            it cannot be written, which is found before a row is read.
    """

    def __init__(self, path: Path | None, header: Sequence[str]) -> None:
        self._path = path
        self._is_new = path is None or _is_new(path, [*header, *_NOTES])
        self._header = header
        self._file: TextIO | None = None
        self._writer: Any = None  # the csv module does not name its type

    def write(self, error: RowError, row: Sequence[Any] | None) -> None:
        """Append a row; None for one whose source is gone."""
        if self._path is None:
            return
        notes = [error.line, str(error.state), error.reason]
        try:
            self._opened(self._path).writerow([*self._cells(row), *notes])
        except OSError as exc:
            raise _unwritable(self._path, exc.strerror) from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self._path is not None:
            try:
                self._file.close()
            except OSError as exc:
                raise _unwritable(self._path, exc.strerror) from exc

    def _cells(self, row: Sequence[Any] | None) -> list[Any]:
        """Return a row's cells; a broken one stays too long or too short."""
        if isinstance(row, Broken):
            return list(row.cells)
        cells = list(row or ())[: len(self._header)]
        return cells + [""] * (len(self._header) - len(cells))

    def _opened(self, path: Path) -> Any:
        if self._writer is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            descriptor = os.open(path, flags, 0o600)
            self._file = os.fdopen(descriptor, "a", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            if self._is_new:
                self._writer.writerow([*self._header, *_NOTES])
        return self._writer


def _is_new(path: Path, header: Sequence[str]) -> bool:
    """Tell whether a header has to be written; refuse a file of another kind."""
    _check_writable(path)
    if not path.is_file():  # none yet, or a pipe: reading one could take for ever
        return True
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = next(csv.reader(file), None)
    except (OSError, UnicodeDecodeError, csv.Error):
        found = []
    if found is not None and found != [str(name) for name in header]:
        raise ConfigError(
            f"{path} exists and holds something else than refused rows of this kind",
            hint="name a new file: nothing is written over",
        )
    return found is None


def _check_writable(path: Path) -> None:
    """Refuse a place that no file can be made at: later, rows would be out."""
    place = path if path.exists() else path.parent
    if path.is_dir():
        raise _unwritable(path, os.strerror(errno.EISDIR))
    if not place.exists():
        raise _unwritable(path, os.strerror(errno.ENOENT))
    if not os.access(place, os.W_OK):
        raise _unwritable(path, os.strerror(errno.EACCES))


def _unwritable(path: Path, reason: str | None) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written: {reason}",
        hint="make room, or name another file for refused rows; what was sent is in "
        "the ledger",
    )
