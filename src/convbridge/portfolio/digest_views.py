"""A digest as text, Markdown, HTML and JSON, from the same facts."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from convbridge.portfolio.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from convbridge.portfolio.digest import ClientLine, Digest, Move

_URGENT = (Status.FAILED, Status.ATTENTION)
_SHOWN = 4
_MOVES = 3
_ROWS = 20
_MOVE_COLUMNS = ("client", "event", "before", "after", "why")
_COLUMNS = ("client", "status", "changes", "delivered", "operations")
_MOST_CLIENTS = 100
_NAMES = {
    Status.ATTENTION: "needs attention",
    Status.NOT_BEGUN: "not begun",
}


def to_text(digest: Digest) -> str:
    """Return at most ten lines."""
    urgent, waiting = digest.of(*_URGENT), waiting_line(digest)
    lines = [headline(digest)]
    shown = _SHOWN - 1 if waiting else _SHOWN
    lines += _capped((f"! {_urgent(line)}" for line in urgent), urgent, shown)
    lines += [waiting] if waiting else []
    moves = (f"~ {_moved(move)}" for move in digest.moves)
    lines += _capped(moves, digest.moves, _MOVES)
    lines += [data_line(digest), cost_line(digest)]
    return "\n".join(lines)


def to_markdown(digest: Digest) -> str:
    """Return headings and tables, for a pull request or a chat."""
    parts = [f"**{_md(headline(digest))}**"]
    urgent = digest.of(*_URGENT)
    if urgent:
        parts.append("\n".join(f"- {_md(_urgent(line))}" for line in urgent))
    waiting = waiting_line(digest)
    if waiting:
        parts.append(_md(waiting))
    if digest.moves:
        head = f"| {' | '.join(_MOVE_COLUMNS)} |\n|---|---|--:|--:|---|"
        moves = map(_cells, digest.moves[:_ROWS])
        rows = (f"| {' | '.join(map(_md, cells))} |" for cells in moves)
        parts.append("\n".join([head, *rows]))
    told = _told(digest)
    if told:
        head = f"| {' | '.join(_COLUMNS)} |\n|---|---|--:|---|--:|"
        rows = (f"| {' | '.join(map(_md, _facts(line)))} |" for line in told)
        parts.append("\n".join([head, *rows]))
    parts.append(f"{_md(data_line(digest))}  \n{_md(cost_line(digest))}")
    return "\n\n".join(parts)


def to_html(digest: Digest) -> str:
    """Return a fragment that mail programs show: no script, no style sheet."""
    parts = [f"<p><strong>{escape(headline(digest))}</strong></p>"]
    urgent = "".join(f"<li>{escape(_urgent(e))}</li>" for e in digest.of(*_URGENT))
    if urgent:
        parts.append(f"<ul>{urgent}</ul>")
    waiting = waiting_line(digest)
    if waiting:
        parts.append(f"<p>{escape(waiting)}</p>")
    if digest.moves:
        rows = [_cells(move) for move in digest.moves[:_ROWS]]
        parts.append(_table("Values that moved", _MOVE_COLUMNS, rows))
    told = _told(digest)
    if told:
        parts.append(_table("Clients", _COLUMNS, [_facts(line) for line in told]))
    parts.append(f"<p>{escape(data_line(digest))}<br>{escape(cost_line(digest))}</p>")
    return "\n".join(parts)


def to_json(digest: Digest) -> str:
    """Return the digest's dict as JSON text."""
    return json.dumps(digest.to_dict(), indent=2, ensure_ascii=False)


FORMS: Mapping[str, Callable[[Digest], str]] = {
    "text": to_text,
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
}


def headline(digest: Digest) -> str:
    """Return how many clients ended how; the subject of a mail."""
    total = len(digest.lines)
    clients = "1 client" if total == 1 else f"{total} clients"
    counts = ", ".join(f"{n} {_name(status)}" for status, n in digest.counts.items())
    return f"convbridge, {clients}: {counts}" if counts else f"convbridge, {clients}"


def waiting_line(digest: Digest) -> str:
    """Return who was left for the next run, and why most of them were."""
    told = []
    for status in (Status.NOT_BEGUN, Status.BUSY):
        lines = digest.of(status)
        reasons = Counter(line.says for line in lines if line.says)
        who = lines[0].client if len(lines) == 1 else f"{len(lines)} clients"
        why = "".join(f" ({reason})" for reason, _ in reasons.most_common(1))
        told += [f"{who} {_name(status)}{why}"] if lines else []
    return _one_line(f"left for the next run: {', '.join(told)}") if told else ""


def data_line(digest: Digest) -> str:
    """Return how far the data can be trusted, and what was delivered."""
    doubts = ", ".join(
        f"{code.replace('_', ' ')} ({n} of {len(digest.lines)})"
        for code, n in digest.trust.items()
    )
    sent = ", ".join(f"{n:,} {state}" for state, n in digest.delivered.items())
    return (
        f"data trust: {doubts or 'no doubts'}; "
        f"delivered since yesterday: {sent or 'nothing'}"
    )


def cost_line(digest: Digest) -> str:
    """Return what the run cost of everybody's quota."""
    return (
        f"spent: {digest.operations:,} Google Ads operations, "
        f"{digest.tokens:,} GA4 tokens"
    )


def _name(status: Status) -> str:
    return _NAMES.get(status, str(status))


def _told(digest: Digest) -> tuple[ClientLine, ...]:
    """Return the clients of the table: those with anything but quiet to tell."""
    told = [e for e in digest.lines if e.status is not Status.UNCHANGED or e.delivered]
    return tuple(told[:_MOST_CLIENTS])


def _facts(line: ClientLine) -> tuple[str, ...]:
    sent = ", ".join(f"{n:,} {state}" for state, n in line.delivered.items())
    status = _name(line.status)
    return line.client, status, str(line.changes), sent, f"{line.operations:,}"


def _table(
    caption: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]
) -> str:
    head = "".join(f'<th scope="col" align="left">{name}</th>' for name in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{caption}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _urgent(line: ClientLine) -> str:
    text = f"{line.client} {_name(line.status)}"
    return _one_line(f"{text}: {line.says}" if line.says else text)


def _moved(move: Move) -> str:
    """Return one line; the reason's first part, since what follows is detail."""
    _, _, before, after, reason = _cells(move)
    why = reason.partition(";")[0]
    return _one_line(f"{move.client} {move.event}: {before} → {after}, {why}")


def _cells(move: Move) -> tuple[str, str, str, str, str]:
    money = f" {move.currency}" if move.currency else ""
    before = "new" if move.before is None else f"{move.before:,.2f}"
    after = f"{move.after:,.2f}{money}"
    return move.client, move.event, before, after, _one_line(move.reason)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _md(text: str) -> str:
    """Keep names from being read as Markdown, and cells from ending early."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return text


def _capped(
    lines: Iterable[str], whole: tuple[object, ...], most: int
) -> Iterator[str]:
    """Yield so many lines at most; the last says how many more there are."""
    shown = most if len(whole) <= most else most - 1
    for _, line in zip(range(shown), lines, strict=False):
        yield line
    if len(whole) > most:
        yield f"  and {len(whole) - shown} more"
