"""What is taken out of a recording before it is written."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Names that people gave; a live account's are replaced.
_NAMES = frozenset(
    {"name", "displayName", "descriptiveName", "propertyName", "conversionActionName"}
)
_IDS = frozenset(
    {"id", "customerId", "accountId", "propertyId", "productDestinationId"}
)
_IN_PATH = re.compile(r"(?<=/)\d{4,}(?=$|[/~:?])|(?<=/)\d{4,}(?=~)")
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\+\d{8,}|\b[A-Fa-f0-9]{64}\b")


class Scrubber:
    """
    Keeps allowed fields, and gives accounts, ids and names fixed false ones.

    A recording and its replay meet because the same true value always becomes
    the same false one. What the sandbox says is false already and stays.

    Args:
        allowed: Names of JSON fields that may be written.
        aliases: True ids and the false ones that tests use, such as the account's.
        keep: Keep ids and names that have no alias: for the sandbox, and for
            replays, which ask what is false already.
    """

    def __init__(
        self,
        allowed: Collection[str],
        *,
        aliases: Mapping[str, str] | None = None,
        keep: bool = False,
    ) -> None:
        self._allowed = frozenset(allowed)
        self._aliases = dict(aliases or {})
        self._keep = keep
        self._accounts = count(1_000_000_001)
        self._ids = count(1001)
        self._names = count(1)

    def __call__(self, data: Any, key: str = "") -> Any:
        """Return JSON data with only what may be written."""
        if isinstance(data, dict):
            return {k: self(v, k) for k, v in data.items() if self._may_keep(k, key)}
        if isinstance(data, list):
            return [self(item, key) for item in data]
        return self._text(data, key) if isinstance(data, str) else data

    def path(self, text: str) -> str:
        """Return a resource name, URL or message with false ids."""
        return _IN_PATH.sub(self._replace, _PERSONAL.sub("[scrubbed]", text))

    def _may_keep(self, key: str, parent: str) -> bool:
        return key in self._allowed or parent == "errorCode"

    def _text(self, text: str, key: str) -> str:
        if key in _IDS and text.isdigit():
            return self._alias(text)
        if key in _NAMES and "/" not in text and not self._keep:
            return self._aliases.setdefault(text, f"Name {next(self._names)}")
        return self.path(text)

    def _replace(self, found: re.Match[str]) -> str:
        return self._alias(found.group())

    def _alias(self, number: str) -> str:
        if number not in self._aliases and not self._keep:
            numbers = self._accounts if len(number) == 10 else self._ids
            self._aliases[number] = str(next(numbers))
        return self._aliases.get(number, number)
