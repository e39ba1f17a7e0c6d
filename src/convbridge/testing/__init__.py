"""
Recorded calls for tests: of convbridge's own and of those who build on it.

gRPC is recorded at the adapter's call seam, HTTP by vcrpy; both as readable YAML,
written from an allow-list, with the same modes and the same `origin`.
"""

from __future__ import annotations

from convbridge.testing.calls import RecordingCall, ReplayCall, ReplayError
from convbridge.testing.cassettes import (
    Cassette,
    Mode,
    Origin,
    load_cassette,
    save_cassette,
    use_cassette,
)
from convbridge.testing.clock import FixedClock
from convbridge.testing.exchanges import Exchange
from convbridge.testing.http import http_cassettes
from convbridge.testing.scrub import Scrubber

__all__ = [
    "Cassette",
    "Exchange",
    "FixedClock",
    "Mode",
    "Origin",
    "RecordingCall",
    "ReplayCall",
    "ReplayError",
    "Scrubber",
    "http_cassettes",
    "load_cassette",
    "save_cassette",
    "use_cassette",
]
