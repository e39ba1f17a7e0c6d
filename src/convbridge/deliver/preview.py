"""What a delivery would do with a source, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.deliver.blocks import Broken
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.rows import RowReader
from convbridge.deliver.sources import open_source
from convbridge.deliver.tally import Tally
from convbridge.model.conversions import RowState

if TYPE_CHECKING:
    from collections.abc import Mapping

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
            for line, row in zip(*block, strict=True):
                tally.read += 1
                _check(line, row, reader, tally)
    return tally.report()


def _check(line: int, row: Any, reader: RowReader, tally: Tally) -> None:
    if isinstance(row, Broken):
        tally.refuse(line, row, row.reason, RowState.REJECTED)
        return
    try:
        found = reader.read(line, row)
    except RowRefused as refused:
        tally.refuse(line, row, refused.reason, refused.state)
        return
    # An anti-event is sent nowhere: it drops conversions that are held for it.
    tally.count(RowState.PENDING if found.action else RowState.SKIPPED, 1)
