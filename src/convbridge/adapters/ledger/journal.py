"""The journal of runs, changes and outcomes, over SQLAlchemy."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import insert, select

from convbridge.adapters.ledger.engine import Database
from convbridge.adapters.ledger.history import (
    HISTORY,
    PUBLISHED,
    RUN_HISTORY,
    TYPES,
    UNSURE_RUNS,
)
from convbridge.adapters.ledger.leases import give_back, take
from convbridge.adapters.ledger.naming import insert_run
from convbridge.adapters.ledger.published import from_json, to_json
from convbridge.adapters.ledger.tables import (
    entries,
    outcomes,
    published,
    run_ends,
    runs,
)
from convbridge.model.changes import Outcome, OutcomeKind
from convbridge.model.journal import Entry, Run, Verb, named_entries
from convbridge.model.resources import ResourceType
from convbridge.plan import change_from_dict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Row

    from convbridge.model.changes import Change
    from convbridge.model.values import PublishedValue


def open_ledger(url: str) -> SqlLedger:
    """
    Open a ledger and bring its schema up to date.

    Args:
        url: Any SQLAlchemy URL of SQLite or PostgreSQL, such as
            `sqlite:///convbridge.db`.

    Raises:
        LedgerError: It cannot be opened, read or migrated.
    """
    database = Database(url)
    database.migrate()
    return SqlLedger(database)


class SqlLedger:
    """
    A `Ledger` in SQLite or PostgreSQL; a context manager that closes it.

    One ledger serves many threads and many clients.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SqlLedger {self.database.name}>"

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def begin_run(
        self,
        *,
        client: str,
        account: str,
        verb: Verb,
        plan_digest: str,
        actor: str,
        at: datetime,
        undoes: str | None = None,
    ) -> str:
        """Write down that a run starts, and return its id."""
        row = {
            "client": client,
            "account": account,
            "verb": str(verb),
            "plan_digest": plan_digest,
            "actor": actor,
            "undoes": undoes,
            "started_at": at.isoformat(),
        }
        stem = f"{at:%Y%m%dT%H%M%SZ}-{plan_digest[:8]}"
        with self.database.writing() as connection:
            return insert_run(connection, stem, row)

    def end_run(self, run: str, *, at: datetime, error: str | None = None) -> None:
        """Write down that a run ended, and why when it stopped early."""
        row = {"run_id": run, "ended_at": at.isoformat(), "error": error}
        with self.database.writing() as connection:
            connection.execute(insert(run_ends), row)

    def record_intents(
        self, run: str, changes: Sequence[Change], *, at: datetime
    ) -> tuple[int, ...]:
        """Write down what is about to be sent, all or nothing; return entry ids."""
        with self.database.writing() as connection:
            client = select(runs.c.client).where(runs.c.id == run)
            name = connection.execute(client).scalar_one()
            found: list[int] = []
            for change in changes:
                row = {"run_id": run, "client": name, **_entry_row(change, at)}
                key = connection.execute(insert(entries), row).inserted_primary_key
                assert key is not None
                found.append(key[0])
        return tuple(found)

    def record_outcomes(self, given: Mapping[int, Outcome], *, at: datetime) -> None:
        """Write down what became of entries; the last word on an entry counts."""
        rows = [_outcome_row(key, outcome, at) for key, outcome in given.items()]
        with self.database.writing() as connection:
            if rows:
                connection.execute(insert(outcomes), rows)

    def read_entries(self, client: str, *, run: str | None = None) -> tuple[Entry, ...]:
        """Return the client's entries, oldest first, each with its last outcome."""
        query = HISTORY if run is None else RUN_HISTORY
        with self.database.reading() as connection:
            rows = connection.execute(query, {"client": client, "run": run}).all()
        return named_entries(_entry(row) for row in rows)

    def read_unknown(self, client: str) -> tuple[Entry, ...]:
        """Return the entries whose outcome is unknown or was never written."""
        with self.database.reading() as connection:
            runs = connection.scalars(UNSURE_RUNS, {"client": client}).all()
        known = (e for run in runs for e in self.read_entries(client, run=run))
        return tuple(e for e in known if e.kind is OutcomeKind.UNKNOWN)

    def read_types(self, client: str) -> frozenset[ResourceType]:
        """Return the types of resources that a run of the client ever changed."""
        with self.database.reading() as connection:
            found = connection.scalars(TYPES, {"client": client}).all()
        return frozenset(map(ResourceType, found))

    def read_runs(self, client: str) -> tuple[Run, ...]:
        """Return the client's runs, oldest first."""
        query = (
            select(runs, run_ends.c.ended_at, run_ends.c.error)
            .outerjoin(run_ends, run_ends.c.run_id == runs.c.id)
            .where(runs.c.client == client)
            .order_by(runs.c.started_at, runs.c.id)
        )
        with self.database.reading() as connection:
            return tuple(_run(row) for row in connection.execute(query))

    def record_published(
        self, client: str, values: Mapping[str, PublishedValue], *, at: datetime
    ) -> None:
        """Keep what the publisher needs next time, by event."""
        rows = [
            {"client": client, "event": e, "at": at.isoformat(), "value": to_json(v)}
            for e, v in values.items()
        ]
        with self.database.writing() as connection:
            if rows:
                connection.execute(insert(published), rows)

    def read_published(self, client: str) -> dict[str, PublishedValue]:
        """Return what was last kept for each event."""
        with self.database.reading() as connection:
            rows = connection.execute(PUBLISHED, {"client": client}).all()
        return {row.event: from_json(row.value) for row in rows}

    @contextmanager
    def lease(self, client: str, *, holder: str, at: datetime) -> Iterator[None]:
        """Keep other runs from changing this client's accounts meanwhile."""
        with self.database.writing() as connection:
            take(connection, client, holder=holder, at=at)
        try:
            yield
        finally:
            with self.database.writing() as connection:
                give_back(connection, client, holder=holder)


def _entry_row(change: Change, at: datetime) -> dict[str, str]:
    return {
        "at": at.isoformat(),
        "resource": str(change.type),
        "action": str(change.action),
        "resource_key": change.key,
        "name": change.name,
        "change": json.dumps(change.to_dict(), sort_keys=True),
    }


def _outcome_row(entry: int, outcome: Outcome, at: datetime) -> dict[str, Any]:
    return {
        "entry_id": entry,
        "at": at.isoformat(),
        "kind": str(outcome.kind),
        "resource_name": outcome.resource_name,
        "error": outcome.error,
        "code": outcome.code,
        "request_id": outcome.request_id,
        "fields": json.dumps(list(outcome.fields)),
    }


def _entry(row: Row[Any]) -> Entry:
    change = change_from_dict(json.loads(row.change))
    return Entry(
        id=row.id,
        run=row.run_id,
        client=row.client,
        actor=row.actor,
        verb=Verb(row.verb),
        at=datetime.fromisoformat(row.at),
        change=change,
        outcome=_outcome(row, change),
    )


def _outcome(row: Row[Any], change: Change) -> Outcome | None:
    if row.kind is None:
        return None
    return Outcome(
        change=change,
        kind=OutcomeKind(row.kind),
        resource_name=row.resource_name,
        error=row.error,
        code=row.code,
        request_id=row.request_id,
        fields=tuple(json.loads(row.fields)),
    )


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        client=row.client,
        account=row.account,
        verb=Verb(row.verb),
        plan_digest=row.plan_digest,
        actor=row.actor,
        started_at=datetime.fromisoformat(row.started_at),
        undoes=row.undoes,
        ended_at=datetime.fromisoformat(row.ended_at) if row.ended_at else None,
        error=row.error,
    )
