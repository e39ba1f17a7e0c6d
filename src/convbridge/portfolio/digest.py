"""One run in ten lines: what changed, what needs a person, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from convbridge.portfolio.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convbridge.portfolio.results import ClientResult, PortfolioResult

_LONGEST = 160
"""Letters of an error; Google explains at length, and the hint comes after it."""
VALUE_FIELDS = frozenset(
    {"value_settings.default_value", "default_value.numeric_value"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One value that moved, or is planned to."""

    client: str
    event: str
    before: float | None
    after: float
    currency: str | None
    reason: str

    @property
    def size(self) -> float:
        """The factor between both, 1 or more; a new value is the largest move."""
        if not self.before or self.after <= 0:
            return float("inf")
        return max(self.after / self.before, self.before / self.after)

    def to_dict(self) -> dict[str, Any]:
        """Return the move as JSON-ready data."""
        return {
            "client": self.client,
            "event": self.event,
            "before": self.before,
            "after": self.after,
            "currency": self.currency,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLine:
    """One client in the digest."""

    client: str
    status: Status
    changes: int = 0
    run: str | None = None
    says: str | None = None
    """The first thing a person should read: the error, or what to look at."""
    trust: tuple[str, ...] = ()
    """Reasons to trust the client's data less, by their codes."""
    delivered: Mapping[str, int] = field(default_factory=dict)
    """Conversions sent in the last day, by state."""
    operations: int = 0
    tokens: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the line as JSON-ready data."""
        return {
            "client": self.client,
            "status": str(self.status),
            "changes": self.changes,
            "run": self.run,
            "says": self.says,
            "trust": list(self.trust),
            "delivered": dict(self.delivered),
            "operations": self.operations,
            "tokens": self.tokens,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A run over many clients, shown as text, Markdown, HTML or JSON."""

    lines: tuple[ClientLine, ...]
    """Most urgent first."""
    moves: tuple[Move, ...]
    """Largest first."""

    @property
    def counts(self) -> dict[Status, int]:
        """The number of clients by how they ended."""
        found = {s: sum(e.status is s for e in self.lines) for s in Status}
        return {status: n for status, n in found.items() if n}

    @property
    def operations(self) -> int:
        """Google Ads API operations spent."""
        return sum(line.operations for line in self.lines)

    @property
    def tokens(self) -> int:
        """GA4 quota tokens spent."""
        return sum(line.tokens for line in self.lines)

    @property
    def delivered(self) -> dict[str, int]:
        """Conversions sent in the last day, by state."""
        found: dict[str, int] = {}
        for line in self.lines:
            for state, rows in line.delivered.items():
                found[state] = found.get(state, 0) + rows
        return found

    @property
    def trust(self) -> dict[str, int]:
        """The number of clients by each reason to trust their data less."""
        found: dict[str, int] = {}
        for line in self.lines:
            for code in line.trust:
                found[code] = found.get(code, 0) + 1
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def of(self, *statuses: Status) -> tuple[ClientLine, ...]:
        """Return the clients that ended so."""
        return tuple(line for line in self.lines if line.status in statuses)

    def render(self, how: str) -> str:
        """
        Return the digest in one form.

        Args:
            how: `text`, `markdown`, `html` or `json`.
        """
        from convbridge.portfolio.digest_views import (  # noqa: PLC0415 - a cycle
            FORMS,
        )

        return FORMS[how](self)

    def to_dict(self) -> dict[str, Any]:
        """Return the digest as JSON-ready data."""
        return {
            "counts": {str(status): n for status, n in self.counts.items()},
            "moves": [move.to_dict() for move in self.moves],
            "operations": self.operations,
            "tokens": self.tokens,
            "trust": self.trust,
            "delivered": self.delivered,
            "clients": [line.to_dict() for line in self.lines],
        }

    def __str__(self) -> str:
        return self.render("text")

    def _repr_html_(self) -> str:
        return self.render("html")


def digest_of(results: PortfolioResult) -> Digest:
    """Return the digest of a run."""
    urgency = {status: place for place, status in enumerate(Status)}
    lines = [_line(result) for result in results]
    moves = [move for result in results for move in moves_of(result)]
    return Digest(
        lines=tuple(sorted(lines, key=lambda line: urgency[line.status])),
        moves=tuple(sorted(moves, key=lambda move: -move.size)),
    )


def moves_of(result: ClientResult) -> Iterator[Move]:
    """Yield each value that a client's plan moves, in the account's currency."""
    plan = result.plan
    seen: set[str] = set()
    for change in plan.changes if plan else ():
        info = change.info or {}
        event = str(info.get("event") or change.name)
        for moved in change.fields:
            after = _number(moved.after)
            if moved.name not in VALUE_FIELDS or after is None or event in seen:
                continue
            seen.add(event)  # GA4 and Google Ads get the same value
            currency = info.get("currency")
            yield Move(
                client=result.client,
                event=event,
                before=_number(moved.before),
                after=after,
                currency=str(currency) if currency else None,
                reason=change.reason,
            )


def _line(result: ClientResult) -> ClientLine:
    value = result.value
    report = getattr(value, "report", None)
    plan = result.plan
    valuation = getattr(value, "valuation", None)
    return ClientLine(
        client=result.client,
        status=result.status,
        changes=len(plan.changes) if plan else 0,
        run=report.run if report else None,
        says=_says(result),
        trust=tuple(dict.fromkeys(_codes(valuation.flags if valuation else ()))),
        delivered=result.delivered,
        operations=getattr(value, "operations", result.operations),
        tokens=getattr(value, "tokens", result.tokens),
    )


def _codes(flags: Iterable[Any]) -> Iterator[str]:
    for flag in flags:
        if flag.effect != "note":
            yield flag.code


def _says(result: ClientResult) -> str | None:
    """Return what happened and what to do; which call it was is for the log."""
    error = result.stopped_by
    if error:
        reasons = [str(each) for each in getattr(error, "reasons", ())]
        first = ": ".join([_first(error.message), *reasons[:1]])
        short = shorten(first, _LONGEST, placeholder=" ...")
        return f"{short} ({error.hint})" if error.hint else short
    return result.reason or next(result.concerns(), None)


def _first(message: str) -> str:
    """Return the first line, with the first of a list that it announces."""
    head, *rest = message.splitlines()
    if not head.endswith(":") or not rest:
        return head
    more = f" (and {len(rest) - 1} more)" if rest[1:] else ""
    return f"{head} {rest[0].strip(' -')}{more}"


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, Decimal) else None
