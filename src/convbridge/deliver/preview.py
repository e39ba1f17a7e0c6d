"""What a delivery would do with a source, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.deliver.reading import read_block
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.rows import RowReader
from convbridge.deliver.sources import open_source
from convbridge.deliver.tally import Tally
from convbridge.model.conversions import RowState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.deliver.reading import Reading
    from convbridge.model.conversions import DeliveryPolicy, DeliveryReport
    from convbridge.ports import Clock, PersonHasher


def preview(
    source: Any,  # whatever `open_source` takes
    *,
    client: str,
    policy: DeliveryPolicy,
    hasher: PersonHasher,
    clock: Clock,
    columns: Mapping[str, str] | None = None,
) -> DeliveryReport:
    """
    Read and check every row; nothing is sent and nothing is kept.

    Rows that would go out, now or later, are counted as pending. What the outbox
    has already is among them: a delivery would find that it was sent before.

    Raises:
        DataError: The source cannot be read.
    """
    tally = Tally(client)
    with open_source(source, columns=columns).open as rows:
        reader = RowReader(
            policy, rows.columns, client=client, hasher=hasher, now=clock.now()
        )
        for block in rows.blocks:
            for reading in read_block(reader, block):
                tally.read += len(reading.block.rows)
                _count(reading, tally)
    return tally.report()


def _count(reading: Reading, tally: Tally) -> None:
    if reading.whole is not None:
        tally.count(RowState.PENDING, len(reading.whole))
        return
    lines, rows = reading.block
    for line, row, found in zip(lines, rows, reading.each, strict=True):
        if isinstance(found, RowRefused):
            tally.refuse(line, row, found.reason, found.state)
        else:
            # An anti event is sent nowhere: it drops what is held for it.
            tally.count(RowState.PENDING if found.action else RowState.SKIPPED, 1)
