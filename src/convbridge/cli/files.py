"""Files that a command writes where an option says; refused before the work."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from convbridge.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def check_file(path: Path, *, option: str) -> None:
    """
    Refuse a file that cannot be written, before Google is asked for anything.

    Raises:
        ConfigError: It is a directory, has none to stand in, or may not be written.
    """
    try:
        number = _obstacle(path)
    except OSError as exc:  # a name that is too long
        number = exc.errno
    if number is not None:
        raise _unwritable(path, number, option)


def make_directory(path: Path, *, option: str) -> None:
    """
    Make a directory, with those above it, for files to be written to.

    Raises:
        ConfigError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _unwritable(path, exc.errno, option) from exc


def write_file(path: Path, text: str, *, option: str) -> None:
    """
    Write text to a file, over what was there.

    Raises:
        ConfigError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise _unwritable(path, exc.errno, option) from exc


def _obstacle(path: Path) -> int | None:
    place = path if path.exists() else path.parent
    if path.is_dir():
        return errno.EISDIR
    if not place.exists():
        return errno.ENOENT
    if place != path and not place.is_dir():
        return errno.ENOTDIR
    return None if os.access(place, os.W_OK) else errno.EACCES


def _unwritable(path: Path, number: int | None, option: str) -> ConfigError:
    reason = os.strerror(number or errno.EIO)
    return ConfigError(
        f"{path} cannot be written: {reason}",
        hint=f"make room, or name another place with {option}",
    )
