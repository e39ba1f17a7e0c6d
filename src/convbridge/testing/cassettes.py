"""Cassettes of gRPC calls: YAML files of exchanges, and how a test uses one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from convbridge.errors import ConfigError
from convbridge.testing.allowed import allowed
from convbridge.testing.calls import RecordingCall, ReplayCall
from convbridge.testing.exchanges import Exchange
from convbridge.testing.messages import message_factory
from convbridge.testing.scrub import Scrubber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Mode(StrEnum):
    """Whether calls are recorded; the names and meanings are vcrpy's."""

    NONE = "none"
    """Replay only; the default, and what continuous integration does."""
    ONCE = "once"
    """Replay a file that exists, record one that does not."""
    NEW = "new_episodes"
    """Replay what is recorded, record what is new."""
    ALL = "all"
    """Record everything again."""


class Origin(StrEnum):
    """Where the answers come from. Nothing pretends to be Google."""

    RECORDED = "recorded"
    SANDBOX = "sandbox"
    COMPOSED = "composed"
    """Written by hand from documentation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """A scenario's exchanges, and where they come from."""

    origin: Origin
    api_version: str
    exchanges: tuple[Exchange, ...] = field(default=())
    note: str | None = None
    """What the scenario shows; for composed ones also after which page."""

    def to_dict(self) -> dict[str, Any]:
        """Return the cassette as the file has it."""
        note = {"note": self.note} if self.note else {}
        return {
            "origin": str(self.origin),
            **note,
            "api_version": self.api_version,
            "exchanges": [e.to_dict() for e in self.exchanges],
        }


def load_cassette(path: str | Path) -> Cassette:
    """
    Read a cassette.

    Raises:
        ConfigError: The file is not there, or is not a cassette.
    """
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return Cassette(
            origin=Origin(data["origin"]),
            api_version=data["api_version"],
            exchanges=tuple(Exchange(**e) for e in data["exchanges"]),
            note=data.get("note"),
        )
    except OSError as exc:
        raise ConfigError(
            f"cannot read the cassette {path}: {exc.strerror}",
            hint="record it: docs/reference/cassettes.md",
        ) from exc
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as exc:
        raise ConfigError(f"{path} is not a cassette: {exc}") from exc


def save_cassette(cassette: Cassette, path: str | Path) -> None:
    """Write a cassette, for people to review."""
    text = yaml.safe_dump(
        cassette.to_dict(), sort_keys=False, allow_unicode=True, width=88
    )
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


@contextmanager
def use_cassette(
    path: str | Path,
    *,
    mode: Mode = Mode.NONE,
    live: Callable[[], Callable[[str, Any], Any]] | None = None,
    origin: Origin = Origin.RECORDED,
    version: str = "v26",
    aliases: Mapping[str, str] | None = None,
    note: str | None = None,
) -> Iterator[Any]:
    """
    Give a `Call` that replays the cassette, or records it from `live`.

    The call has `new`, which makes messages of the cassette's API version. A
    replay that leaves exchanges unused fails. A composed cassette is never
    recorded over.

    `live` opens the real call and is not asked for when replaying. `aliases` are
    true ids and the false ones the tests use.
    """
    known = _known(Path(path), mode)
    extends = mode is Mode.NEW and known and known.origin is not Origin.COMPOSED
    if known is not None and not extends:
        scrubber = Scrubber(allowed("google_ads"), aliases=aliases, keep=True)
        call = _replay(known, scrubber)
        yield call
        call.assert_used()
        return
    if live is None:
        raise ConfigError(f"recording {path} needs something live to call")
    tape: list[Exchange] = list(known.exchanges) if known else []
    scrubber = Scrubber(
        allowed("google_ads"), aliases=aliases, keep=origin is Origin.SANDBOX
    )
    recording = RecordingCall(
        live(),
        tape.append,
        scrubber=scrubber,
        new=message_factory(version),
        version=version,
    )
    yield _Extending(recording, known, scrubber) if known else recording
    made = Cassette(
        origin=origin, api_version=version, exchanges=tuple(tape), note=note
    )
    save_cassette(made, path)


class _Extending:
    """Replays what is known and records the rest."""

    def __init__(
        self, recording: RecordingCall, known: Cassette, scrubber: Scrubber
    ) -> None:
        self.new = recording.new
        self._recording = recording
        self._replay = _replay(known, scrubber)

    def __call__(self, method: str, request: Any, /) -> Any:
        try:
            return self._replay(method, request)
        except AssertionError:
            return self._recording(method, request)


def _known(path: Path, mode: Mode) -> Cassette | None:
    """Return the cassette to replay, or None where it is to be recorded."""
    if mode is Mode.NONE:
        return load_cassette(path)
    known = load_cassette(path) if path.exists() else None
    if known and (mode is not Mode.ALL or known.origin is Origin.COMPOSED):
        return known
    return None


def _replay(known: Cassette, scrubber: Scrubber) -> ReplayCall:
    return ReplayCall(
        known.exchanges,
        new=message_factory(known.api_version),
        version=known.api_version,
        scrubber=scrubber,
    )
