"""The journal of syncs: when each client was last done, and what was spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from convbridge.adapters.ledger.tables import leases, syncs

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement

    from convbridge.adapters.ledger.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRecord:
    """How one client's sync ended."""

    client: str
    at: datetime
    status: str
    operations: int = 0
    """Google Ads API operations spent."""
    tokens: int = 0
    """GA4 quota tokens spent."""
    worth: Decimal | None = None
    """Revenue of the window."""
    currency: str | None = None


class SyncJournal:
    """Syncs of all clients, only ever added to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, done: SyncRecord) -> None:
        """Write down how a sync ended."""
        row = {
            "client": done.client,
            "at": done.at.isoformat(),
            "status": done.status,
            "operations": done.operations,
            "tokens": done.tokens,
            "worth": None if done.worth is None else str(done.worth),
            "currency": done.currency,
        }
        with self._database.writing() as connection:
            connection.execute(insert(syncs), row)

    def last(self, *, but: str) -> dict[str, SyncRecord]:
        """Return each client's last sync whose status is not `but`: one query."""
        newest = select(func.max(syncs.c.id).label("id")).where(syncs.c.status != but)
        ids = newest.group_by(syncs.c.client).subquery("newest")
        query = select(syncs).join(ids, ids.c.id == syncs.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {
            row.client: SyncRecord(
                client=row.client,
                at=datetime.fromisoformat(row.at),
                status=row.status,
                operations=row.operations,
                tokens=row.tokens,
                worth=None if row.worth is None else Decimal(row.worth),
                currency=row.currency,
            )
            for row in rows
        }

    def operations_since(
        self,
        moment: datetime,
        *,
        only: Collection[str] | None = None,
        but: Collection[str] = (),
    ) -> int:
        """
        Return the Google Ads API operations since a moment.

        Args:
            moment: Syncs from then on are counted.
            only: Clients whose operations are counted; all when left out.
            but: Clients whose operations are not.
        """
        total = func.coalesce(func.sum(syncs.c.operations), 0)
        query = select(total).where(*_spent_by(moment, only, but))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def first_spent(
        self,
        moment: datetime,
        *,
        only: Collection[str] | None = None,
        but: Collection[str] = (),
    ) -> datetime | None:
        """Return when the first of these operations were spent; as above."""
        spent = _spent_by(moment, only, but)
        query = select(func.min(syncs.c.at)).where(*spent, syncs.c.operations > 0)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one()
        return datetime.fromisoformat(found) if found else None

    def locked(self, prefix: str, *, at: datetime) -> set[str]:
        """Return the clients whose lease begins so and holds, without the prefix."""
        mine = leases.c.client.startswith(prefix, autoescape=True)
        query = select(leases.c.client).where(mine, leases.c.until > at.isoformat())
        with self._database.reading() as connection:
            found = connection.execute(query).scalars().all()
        return {name.removeprefix(prefix) for name in found}


def _spent_by(
    moment: datetime, only: Collection[str] | None, but: Collection[str]
) -> list[ColumnElement[bool]]:
    found = [syncs.c.at >= moment.isoformat()]
    if only is not None:
        found.append(syncs.c.client.in_(only))
    if but:
        found.append(syncs.c.client.not_in(but))
    return found
