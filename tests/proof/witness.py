"""Who stands at the sandbox's doors and tells whose data each call carries."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field

from proof.logins import issuer

# Whole runs of digits (ids, values) and whole names: 30000001 is not in 300000010.
_MARK = re.compile(r"client-\d{4}|\d+(?:\.\d+)?")
_LOGIN = re.compile(r"Bearer ([\w.-]+)")


@dataclass
class Witness:
    """
    Reads every request as Google gets it: login, headers, path and body.

    `owners` says which client each mark belongs to; marks of one client must be all
    that a call has, and its login among them.
    """

    owners: dict[str, str]
    managers: dict[str, str]
    """The login customer of each client."""
    heard: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls by client and service."""
    leaks: list[str] = field(default_factory=list)
    delivered: list[tuple[str, str, str]] = field(default_factory=list)
    """Account, conversion action and order id of each conversion taken in."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call, sent):
        found = _logins(call, sent)
        found |= self._owners(" ".join(call.headers.values()))
        found |= self._owners(_without_login(sent))
        with self._lock:
            if len(found) != 1 or None in found:
                whose = ", ".join(sorted(map(str, found)))
                self.leaks.append(f"{call.service} {call.method} has data of {whose}")
                return
            (client,) = found
            self.heard[client, call.service] += 1
            if call.method == "ingestEvents" and call.status == "OK":
                self.delivered += _conversions(sent)
            manager = call.headers.get("login-customer-id")
            if manager is not None and manager != self.managers[client]:
                self.leaks.append(f"{call.method} of {client}: login {manager}")

    def _owners(self, text):
        marks = set(_MARK.findall(text))
        return {self.owners[mark] for mark in marks if mark in self.owners}


def _logins(call, sent):
    """Return the clients whose credentials the call has; None for one it lacks."""
    if call.service != "google_ads":
        return {_whose(sent)}
    developer = call.headers.get("developer-token", "").removeprefix("developer-")
    return {developer or None, _whose(call.headers.get("authorization", ""))}


def _whose(text):
    """Return the client whose token there is; one it signed itself or was given."""
    token = _LOGIN.search(text)
    if token is None:
        return None
    is_own_jwt = token[1].count(".") == 2
    return issuer(token[1]) if is_own_jwt else token[1].removeprefix("token-")


def _conversions(sent):
    body = json.loads(sent.split("\n", 2)[2])
    places = {
        to.get("reference"): (
            to["operatingAccount"]["accountId"],
            to["productDestinationId"],
        )
        for to in body["destinations"]
    }
    return [
        (*places[reference], event["transactionId"])
        for event in body["events"]
        # An event that names no destination goes to all.
        for reference in event.get("destinationReferences", places)
    ]


def _without_login(sent):
    return _LOGIN.sub("", sent)
