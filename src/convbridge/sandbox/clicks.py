"""Click ids: made from the click, so that an upload can be traced back to it."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .events import CLICK_KINDS, NONE
from .site import moment

if TYPE_CHECKING:
    from datetime import datetime

    from .events import Bools
    from .site import Site

_HEAD = "Cj0KCQ"
_BODY = struct.Struct(">QIB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A paid click; `id` is its gclid, gbraid or wbraid, as `kind` says."""

    id: str
    kind: str
    customer_id: str
    campaign_id: int
    time: datetime
    site_key: str
    session: int
    user: int


def click_id(site: Site, session: int) -> str:
    """Return the click id of a paid session, or "" when it has none."""
    kind = int(site.recording.sessions.click_kind[session])
    if not kind:
        return ""
    body = _BODY.pack(int(site.customer_id), session, kind)
    return _HEAD + _encode(body + _seal(body))


def read_click_id(text: str) -> tuple[str, int, int] | None:
    """Return customer, session and kind of a click id that this world made."""
    if not text.startswith(_HEAD):
        return None
    try:
        raw = base64.urlsafe_b64decode(text.removeprefix(_HEAD) + "==")
    except ValueError:
        return None
    body, seal = raw[: _BODY.size], raw[_BODY.size :]
    if len(body) < _BODY.size or seal != _seal(body):
        return None
    customer, session, kind = _BODY.unpack(body)
    return f"{customer:010d}", session, kind


def click_of(site: Site, session: int) -> Click | None:
    """Return the click that began a session."""
    sessions = site.recording.sessions
    if not 0 <= session < len(sessions) or sessions.campaign[session] == NONE:
        return None
    return Click(
        id=click_id(site, session),
        kind=CLICK_KINDS[int(sessions.click_kind[session])],
        customer_id=site.customer_id,
        campaign_id=site.campaigns[int(sessions.campaign[session])].id,
        time=moment(sessions.time[session]),
        site_key=site.key,
        session=session,
        user=int(sessions.user[session]),
    )


def clicks_between(site: Site, start: datetime, end: datetime) -> tuple[Click, ...]:
    """Return the paid clicks of a time, oldest first."""
    sessions = site.recording.sessions
    times = np.array([start.timestamp(), end.timestamp()]) * 1e6
    inside: Bools = (sessions.time >= times[0]) & (sessions.time < times[1])
    chosen = np.flatnonzero(inside & (sessions.campaign != NONE))
    ordered = chosen[np.argsort(sessions.time[chosen], kind="stable")]
    found = (click_of(site, int(session)) for session in ordered)
    return tuple(click for click in found if click is not None)


def email(site: Site, user: int) -> str:
    """Return the address a visitor leaves with an order or a lead."""
    return f"visitor{user}.{site.key}@example.com"


def _seal(body: bytes) -> bytes:
    # Filled to the usual length of a gclid; also what tells ours from a made-up one.
    return hashlib.blake2b(body, digest_size=45, key=b"sandbox").digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
