"""Rows of the outbox: inserted once, looked up by transaction id."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, update

from convbridge.adapters.ledger.outbox_content import from_content
from convbridge.adapters.ledger.outbox_schema import batches, contents, rows
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from convbridge.model.conversions import Conversion

# One statement with many rows costs a third of many statements with one; they
# stay under SQLite's limit of 32,766 parameters.
_ROWS_PER_STATEMENT = 500
_ROWS_INSERTED = 2_000


class Known(NamedTuple):
    """A row the outbox has already."""

    batch: int
    state: RowState
    is_own: bool
    """Whether the state is the row's own, not its batch's."""
    not_before: str | None
    code: str
    reason: str

    @property
    def may_change(self) -> bool:
        """Whether a changed row takes this one's place."""
        is_held = self.state is RowState.HELD and self.not_before is None
        return is_held or self.state is RowState.REJECTED

    @property
    def verdict(self) -> Verdict:
        """What is known about the row."""
        return Verdict(state=self.state, code=self.code, reason=self.reason)


def insert_new(
    conn: Connection, target: int, batch: int, conversions: Sequence[Conversion]
) -> int:
    """Insert the rows that are not there yet; return how many that were."""
    found = 0
    every = Conversions.of(conversions)
    columns = every.column("transaction_id"), every.column("time")
    for ids, times in zip(*(parts(c, _ROWS_INSERTED) for c in columns), strict=True):
        statement = _insert_statement(conn.dialect.name, len(ids))
        values: list[Any] = [target, batch]
        if conn.dialect.name == "sqlite":
            values += chain.from_iterable(zip(ids, times, strict=True))
        else:
            values += (list(ids), list(times))
        found += conn.exec_driver_sql(statement, tuple(values)).rowcount
    return found


def find_known(
    conn: Connection, target: int, transaction_ids: Sequence[str]
) -> dict[str, Known]:
    """Return what is known about rows, by transaction id."""
    joined = rows.join(batches, batches.c.id == rows.c.batch)
    found: dict[str, Known] = {}
    for part in parts(transaction_ids, _ROWS_PER_STATEMENT):
        query = (
            select(
                rows.c.transaction_id,
                rows.c.batch,
                rows.c.state,
                batches.c.state,
                batches.c.not_before,
                rows.c.code,
                rows.c.reason,
                batches.c.reason,
            )
            .select_from(joined)
            .where(rows.c.target == target, rows.c.transaction_id.in_(part))
        )
        found.update((row[0], _known(row)) for row in conn.execute(query))
    return found


def sort_out(
    conn: Connection, target: int, batch: int, conversions: Sequence[Conversion]
) -> tuple[list[Conversion], list[tuple[Conversion, Verdict]]]:
    """
    Tell a new batch's rows from those the outbox had already.

    A row that was refused, or is held for want of something, is taken anew when
    it has changed since: then the user has seen to it.
    """
    known = find_known(conn, target, [c.transaction_id for c in conversions])
    changed = _changed(conn, known, conversions)
    move(conn, target, batch, changed)
    fresh = {t for t, row in known.items() if row.batch == batch}
    fresh |= {c.transaction_id for c in changed}
    new: list[Conversion] = []
    old: list[tuple[Conversion, Verdict]] = []
    for conversion in conversions:
        if conversion.transaction_id in fresh:
            fresh.discard(conversion.transaction_id)
            new.append(conversion)
        else:
            old.append((conversion, known[conversion.transaction_id].verdict))
    return new, old


def members(
    conn: Connection, target: int, batch: int, conversions: Sequence[Conversion]
) -> list[Conversion]:
    """Return those conversions that still share this batch's state."""
    known = find_known(conn, target, [c.transaction_id for c in conversions])
    own = {
        transaction_id
        for transaction_id, row in known.items()
        if row.batch == batch and not row.is_own
    }
    return [c for c in conversions if c.transaction_id in own]


def move(
    conn: Connection, target: int, batch: int, conversions: Sequence[Conversion]
) -> None:
    """Make rows members of another batch, with its state; the old one gets smaller."""
    for part in parts(conversions, _ROWS_PER_STATEMENT):
        ids = [c.transaction_id for c in part]
        own = rows.c.target == target, rows.c.transaction_id.in_(ids)
        left = select(rows.c.batch, func.count()).where(*own).group_by(rows.c.batch)
        for number, count in conn.execute(left).all():
            smaller = update(batches).where(batches.c.id == number)
            conn.execute(smaller.values(size=batches.c.size - count))
        conn.execute(
            update(rows)
            .where(*own)
            .values(batch=batch, state=None, code=None, reason=None)
        )


def set_verdicts(
    conn: Connection, target: int, verdicts: Mapping[str, Verdict]
) -> None:
    """Write down what became of single rows."""
    for transaction_id, verdict in verdicts.items():
        conn.execute(
            update(rows)
            .where(rows.c.target == target, rows.c.transaction_id == transaction_id)
            .values(state=verdict.state, code=verdict.code, reason=verdict.reason)
        )


def parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut a sequence into pieces of at most `size`."""
    return (items[i : i + size] for i in range(0, len(items), size))


def _known(row: Any) -> Known:
    return Known(
        batch=row[1],
        state=RowState(row[2] or row[3]),
        is_own=row[2] is not None,
        not_before=row[4],
        code=row[5] or "",
        reason=row[6] or row[7] or "",
    )


def _changed(
    conn: Connection, known: Mapping[str, Known], conversions: Sequence[Conversion]
) -> list[Conversion]:
    """Return the rows that differ from a refused or held one of the same id."""
    open_batches = {row.batch for row in known.values() if row.may_change}
    query = select(contents.c.content).where(contents.c.batch.in_(open_batches))
    before = {
        conversion.transaction_id: _essence(conversion)
        for content in (conn.scalars(query) if open_batches else ())
        for conversion in from_content(content)
        if known.get(conversion.transaction_id)
    }
    found = {}
    for conversion in conversions:
        row = known[conversion.transaction_id]
        if row.may_change and before[conversion.transaction_id] != _essence(conversion):
            found[conversion.transaction_id] = conversion
    return list(found.values())


def _essence(conversion: Conversion) -> Conversion:
    """Return the row without what may differ between two readings of it."""
    address = tuple(conversion.address) if conversion.address else None
    return conversion._replace(line=0, wait_until=0, address=address)


@cache
def _insert_statement(dialect: str, count: int) -> str:
    """Return the INSERT for that many rows; what they share is given once."""
    if dialect == "sqlite":
        marks = (f"(?1, ?{n}, ?2, ?{n + 1})" for n in range(3, 2 * count + 3, 2))
        values = f"VALUES {', '.join(marks)}"
    else:
        values = (
            "SELECT %s, given.id, %s, given.time "
            "FROM unnest(%s::text[], %s::bigint[]) AS given(id, time)"
        )
    names = "target, transaction_id, batch, time"
    return f"INSERT INTO outbox_rows ({names}) {values} ON CONFLICT DO NOTHING"
