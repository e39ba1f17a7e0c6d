"""One delivery: read, check, accept, send, write down; in pieces, in any size."""

from __future__ import annotations

import time
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from convbridge.collecting import Settled
from convbridge.deliver.dead_letters import DeadLetters
from convbridge.deliver.intake import Intake
from convbridge.deliver.rates import RequestRate
from convbridge.deliver.reading import read_ahead, read_block
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.rows import RowReader
from convbridge.deliver.sending import Sender
from convbridge.deliver.sources import open_source
from convbridge.deliver.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from convbridge.deliver.blocks import Rows
    from convbridge.deliver.reading import Reading
    from convbridge.model.conversions import DeliveryPolicy, DeliveryReport
    from convbridge.ports import (
        Clock,
        ConversionSink,
        Outbox,
        PersonHasher,
        Progress,
    )

_BLOCKS_AT_ONCE = 5
"""What is accepted in one transaction, and kept in memory until it is answered."""


def deliver(
    source: Any,  # whatever `open_source` takes
    *,
    client: str,
    sink: ConversionSink,
    outbox: Outbox,
    policy: DeliveryPolicy,
    hasher: PersonHasher,
    clock: Clock,
    rate: RequestRate | None = None,
    columns: Mapping[str, str] | None = None,
    dead_letters: Path | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> DeliveryReport:
    """
    Send conversions exactly once, and tell what became of each.

    First goes what earlier runs left: rows whose time has come, and requests
    that got no answer, repeated with the same transaction ids. Then the source
    is read; what the outbox has already is not sent again, whatever file it
    comes from. When Google stops the run (`report.stopped`), the rest of the
    source is still accepted and waits for the next one.

    Args:
        source: A path, a dataframe, or a `Source`; None to send only what waits.
        client: Whose conversions they are; names are unique in a ledger.
        sink: Where they go.
        outbox: What is known of them.
        policy: Actions, values, consent, waits and rates of the client.
        hasher: Turns personal data into what Google matches.
        clock: Tells ages and spaces requests.
        rate: When requests may go; by the sink's own limits when left out.
        columns: Field to column of the source, where the names differ.
        dead_letters: Where to write rows that were refused, as they were.
        progress: Told of rows read.
        sleep: Waits for the minute's quota.

    Raises:
        DataError: The source cannot be read; rows before that are delivered.
        LedgerError: The outbox cannot be kept; nothing is sent without it.
    """
    rate = rate or RequestRate(
        clock,
        outbox,
        service=sink.name,
        per_minute=policy.requests_per_minute,
        per_day=policy.requests_per_day,
        sleep=sleep,
    )
    tally = Tally(client)
    sender = Sender(
        sink,
        outbox,
        rate=rate,
        clock=clock,
        tally=tally,
        concurrency=policy.concurrency,
    )
    with Settled() as settled, sender:
        settled()
        _send_waiting(client, outbox, sender, clock)
        if source is None:
            sender.drain()
            return tally.report()
        found = open_source(source, columns=columns)
        with found.open as rows, DeadLetters(dead_letters, rows.header) as letters:
            tally.letters = letters
            reader = RowReader(
                policy, rows.columns, client=client, hasher=hasher, now=clock.now()
            )
            intake = Intake(
                client,
                found.name,
                outbox,
                sender=sender,
                tally=tally,
                clock=clock,
                max_rows=sink.max_rows,
            )
            _read(rows, reader, intake, tally, progress)
            sender.drain()
    return tally.report()


def _send_waiting(client: str, outbox: Outbox, sender: Sender, clock: Clock) -> None:
    """Send what earlier runs left: postponed, given back, or without an answer."""
    after = 0
    while (batch := outbox.claim(client, now=clock.now(), after=after)) is not None:
        after = batch.id
        sender.resend(batch)
    sender.flush()


def _read(
    rows: Rows,
    reader: RowReader,
    intake: Intake,
    tally: Tally,
    progress: Progress | None,
) -> None:
    chunks = _chunks(rows, reader)
    with closing(read_ahead(chunks) if rows.is_file else chunks) as found:
        for chunk in found:
            for reading in chunk:
                tally.read += len(reading.block.rows)
                _take(reading, intake, tally)
            intake.flush()
            if progress is not None:
                progress("deliver", tally.read, None)


def _chunks(rows: Rows, reader: RowReader) -> Generator[list[Reading]]:
    """Yield what is accepted in one transaction."""
    while chunk := list(islice(rows.blocks, _BLOCKS_AT_ONCE)):
        yield [part for block in chunk for part in read_block(reader, block)]


def _take(reading: Reading, intake: Intake, tally: Tally) -> None:
    lines, rows = reading.block
    if reading.whole is not None:
        intake.add_plain(reading.whole, rows)
        return
    for line, row, found in zip(lines, rows, reading.each, strict=True):
        if isinstance(found, RowRefused):
            tally.refuse(line, row, found.reason, found.state)
        else:
            intake.add(found, row)
