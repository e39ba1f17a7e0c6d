"""
Every error convbridge raises, grouped by what the operator does next.

    ConvbridgeError                                              exit 1
    ├── ConfigError          a file or variable is wrong         exit 3
    ├── DataError            rows cannot carry a decision        exit 4
    ├── PlanError            the plan cannot be used             exit 5
    │   ├── UnsafePlanError  beyond limits                       exit 5
    │   └── StalePlanError   the account moved since planning    exit 6
    ├── VendorError          Google said no, or said nothing     exit 7
    │   ├── AuthError
    │   ├── QuotaError
    │   ├── UnavailableError
    │   ├── RejectedError
    │   └── OutcomeUnknownError
    └── LedgerError          the ledger cannot be read or kept   exit 8
        └── BusyError        another run is on the client        exit 8

A test holds the drawing against the classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConvbridgeError(Exception):
    """
    Base of all errors raised on purpose.

    Args:
        message: What is wrong, where, with which value. Never a secret.
        hint: What to do next, printed on a line of its own.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nHint: {self.hint}" if self.hint else self.message

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready data."""
        return {
            "type": type(self).__name__,
            "message": self.message,
            "hint": self.hint,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; keyword-only arguments do not pickle alone.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    cls: type[ConvbridgeError], args: tuple[Any, ...], fields: dict[str, Any]
) -> ConvbridgeError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(fields)
    return error


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in a file: where it stands and what would be right."""

    where: str
    """`file:line:column`, or the name of an environment variable."""
    message: str
    """What was found and what is allowed."""
    hint: str | None = None

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.where}: {self.message}{hint}"


class ConfigError(ConvbridgeError):
    """A configuration file or variable is wrong; lists every fault at once."""

    exit_code = 3

    def __init__(
        self, message: str, *, faults: Iterable[Fault] = (), hint: str | None = None
    ) -> None:
        self.faults = tuple(faults)
        lines = [message, *(f"  {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines), hint=hint)


class DataError(ConvbridgeError):
    """The data read cannot carry a decision: short, restricted, empty, absurd."""

    exit_code = 4


class PlanError(ConvbridgeError):
    """A plan cannot be used: edited by hand, or made for another account."""

    exit_code = 5


class UnsafePlanError(PlanError):
    """The plan goes beyond a limit; names the limit and the flag that lifts it."""

    exit_code = 5


class StalePlanError(PlanError):
    """The account has moved since the plan was made; plan again."""

    exit_code = 6


class VendorError(ConvbridgeError):
    """
    Google refused a call, or the call did not get through.

    Args:
        message: Google's own words where it sent any, without client data.
        vendor: `ga4`, `google_ads` or `data_manager`.
        operation: The method that was called.
        request_id: Google's request id, for its support.
        code: Google's error code, such as `DUPLICATE_NAME`.
        reasons: One line per error inside the answer.
        retry_after: Seconds after which Google says the request may pass.
        hint: What to do next.
    """

    exit_code = 7
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        vendor: str,
        operation: str,
        request_id: str | None = None,
        code: str | None = None,
        reasons: Iterable[str] = (),
        retry_after: float | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.vendor = vendor
        self.operation = operation
        self.request_id = request_id
        self.code = code
        self.reasons = tuple(reasons)
        self.retry_after = retry_after

    def __str__(self) -> str:
        request = f", request {self.request_id}" if self.request_id else ""
        head = f"{self.vendor} {self.operation}{request}: {self.message}"
        lines = [head, *(f"  {reason}" for reason in self.reasons)]
        if self.hint:
            lines.append(f"Hint: {self.hint}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready data."""
        return {
            **super().to_dict(),
            "vendor": self.vendor,
            "operation": self.operation,
            "request_id": self.request_id,
            "code": self.code,
            "reasons": list(self.reasons),
            "retry_after": self.retry_after,
        }


class AuthError(VendorError):
    """The credentials are missing, expired, or may not do this."""


class QuotaError(VendorError):
    """A quota is used up; nothing was done."""

    retryable = True


class UnavailableError(VendorError):
    """Google could not be reached or is overloaded; nothing was done."""

    retryable = True


class RejectedError(VendorError):
    """Google read the request and refused it; the same request fails again."""


class OutcomeUnknownError(VendorError):
    """The request was sent and no answer came: read back before any retry."""


class LedgerError(ConvbridgeError):
    """The ledger cannot be opened, read, written, or migrated."""

    exit_code = 8


class BusyError(LedgerError):
    """
    Another run is on the client; nothing was sent.

    Args:
        holder: The run, by its id or its process.
    """

    def __init__(
        self, message: str, *, holder: str = "another run", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.holder = holder
