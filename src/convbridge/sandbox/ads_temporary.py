"""
Temporary names: resources created and referred to in one request.

Rules of GoogleAdsService.Mutate (its reference, and docs/mutating/best-practices):
the number is negative and used once in a request, whatever the types; a name is
defined before it is used; names are not remembered across requests; what failed
cannot be referred to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ads_errors import AdsError, AdsFailure, fail
from .ads_store import COLLECTIONS, customer_of

if TYPE_CHECKING:
    from .ads_errors import Path
    from .ads_messages import Message
    from .ads_store import Account

_CATEGORY = "new_resource_creation_error"


class TemporaryNames:
    """
    The temporary names of one request.

    Google documents them for GoogleAdsService.Mutate. What the services of the types
    here would say to one is not documented: `allowed` is false there, to be strict.
    """

    def __init__(self, *, allowed: bool) -> None:
        """Start a request."""
        self._allowed = allowed
        self._names: dict[str, str | None] = {}

    def define(self, account: Account, kind: str, wanted: str) -> None:
        """Check the name that a resource to be created is given, if any."""
        if not wanted:
            return
        at = "create.resource_name"
        if not (self._allowed and _is_temporary(wanted)):
            raise fail(_CATEGORY, "CANNOT_SET_ID_FOR_CREATE", at=at)
        if number_of(wanted) in map(number_of, self._names):
            raise fail(_CATEGORY, "DUPLICATE_TEMP_IDS", at=at)
        self._names[wanted] = None
        is_own = customer_of(wanted) == account.customer_id
        if not is_own or wanted.split("/")[2] != COLLECTIONS[kind]:
            raise fail("request_error", "RESOURCE_NAME_MALFORMED", at=at)

    def keep(self, wanted: str, name: str) -> None:
        """Let later operations refer to what was created."""
        if wanted:
            self._names[wanted] = name

    def put_in(self, operation: Message) -> None:
        """
        Replace every temporary name in an operation by the real one.

        What a resource to be created is called itself stays.
        """
        self._put_in(operation, ())

    def _put_in(self, message: Message, path: Path) -> None:
        for field, value in message.ListFields():
            at = (*path, (field.name.rstrip("_"), None))
            if field.message_type is not None:
                if field.message_type.full_name.startswith("google.ads"):
                    for item in value if field.is_repeated else (value,):
                        self._put_in(item, at)
            elif field.type == field.TYPE_STRING and field.is_repeated:
                found = enumerate(value)
                value[:] = [self._real(n, (*path, (field.name, i))) for i, n in found]
            elif field.type == field.TYPE_STRING:
                is_own = at == (("create", None), ("resource_name", None))
                setattr(message, field.name, value if is_own else self._real(value, at))

    def _real(self, name: str, at: Path) -> str:
        if not _is_temporary(name):
            return name
        if name not in self._names:
            raise _at(at, "mutate_error", "RESOURCE_NOT_FOUND", name)
        found = self._names[name]
        if found is None:
            raise _at(at, _CATEGORY, "TEMP_ID_RESOURCE_HAD_ERRORS", name)
        return found


def number_of(name: str) -> str:
    """Return the last part of a resource name."""
    return name.rsplit("/", 1)[-1]


def _is_temporary(name: str) -> bool:
    number = number_of(name)
    is_negative = number.startswith("-") and number[1:].isdigit() and int(number) < 0
    return name.startswith("customers/") and name.count("/") == 3 and is_negative


def _at(path: Path, category: str, code: str, trigger: str) -> AdsFailure:
    return AdsFailure(
        AdsError(category=category, code=code, path=path, trigger=trigger)
    )
