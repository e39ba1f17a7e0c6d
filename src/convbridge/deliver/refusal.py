"""The fate of one row that is not sent."""

from __future__ import annotations

from convbridge.model.conversions import RowState


class RowRefused(Exception):  # noqa: N818 - no error of the run: one row's fate
    """A row that will not be sent; the reason holds no personal data."""

    def __init__(self, reason: str, state: RowState = RowState.REJECTED) -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state
