"""Progress bars on standard error, where somebody watches."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID

    from convbridge.cli.session import Session
    from convbridge.ports import Progress


@contextmanager
def bars(session: Session) -> Iterator[Progress | None]:
    """Draw a bar per step while the block runs; nothing without a terminal."""
    if not session.err.is_terminal:
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(
        *columns,
        console=session.err,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as drawn:
        session.pause, session.resume = drawn.stop, drawn.start

        def report(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = drawn.add_task(step, total=total)
            drawn.update(tasks[step], completed=done, total=total)

        yield report
