"""A `Call` that is written down, and a `Call` that is read out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from convbridge.testing.differences import first_difference, nearest
from convbridge.testing.exchanges import Exchange
from convbridge.testing.messages import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.testing.scrub import Scrubber

_FAILURE = "google.ads.googleads.{}.errors.googleadsfailure-bin"


class ReplayError(AssertionError):
    """The cassette and the test do not agree; the message says where."""


class RecordedRefusal(grpc.RpcError, grpc.Call):
    """A refusal as gRPC raises it, out of a cassette."""

    def __init__(self, status: str, message: str, trailers: Sequence[Any]) -> None:
        super().__init__(message)
        self._code = grpc.StatusCode[status]
        self._message = message
        self._trailers = tuple(trailers)

    def code(self) -> Any:
        """Return the gRPC status."""
        return self._code

    def details(self) -> str:
        """Return the status' message."""
        return self._message

    def trailing_metadata(self) -> tuple[Any, ...]:
        """Return the trailers, with the failure's bytes."""
        return self._trailers

    def initial_metadata(self) -> tuple[Any, ...]:
        """Return nothing: headers are not recorded."""
        return ()

    def is_active(self) -> bool:
        """Return False: the call is over."""
        return False

    def time_remaining(self) -> None:
        """Return None: the call is over."""

    def cancel(self) -> bool:
        """Return False: there is nothing to cancel."""
        return False

    def add_callback(self, callback: Any) -> bool:
        """Return False: the callback will not be called."""
        del callback
        return False


class RecordingCall:
    """
    Passes each call on and writes down what was asked and answered.

    Args:
        call: The live call.
        record: Takes each exchange, in order.
        scrubber: Decides what is written.
        version: API version, for the failure's message.
    """

    def __init__(
        self,
        call: Callable[[str, Any], Any],
        record: Callable[[Exchange], None],
        *,
        scrubber: Scrubber,
        new: Callable[[str], Any],
        version: str,
    ) -> None:
        self._call = call
        self._record = record
        self._scrub = scrubber
        self._version = version
        self.new = new

    @property
    def request_id(self) -> str | None:
        """Google's id of the last answer, where the live call knows it."""
        return getattr(self._call, "request_id", None)

    def __call__(self, method: str, request: Any, /) -> Any:
        """Send the request, write down the exchange, and return the answer."""
        asked = {
            "method": method,
            "request_type": request.DESCRIPTOR.name,
            "request": self._scrub(to_json(request)),
        }
        try:
            response = self._call(method, request)
        except Exception as exc:
            error = self._error(exc)
            if error is not None:
                self._record(Exchange(**asked, error=error))
            raise
        self._record(
            Exchange(
                **asked,
                response_type=response.DESCRIPTOR.name,
                response=self._scrub(to_json(response)),
                request_id=self.request_id,
            )
        )
        return response

    def _error(self, exc: BaseException) -> dict[str, Any] | None:
        """Return a refusal as data; what is no refusal is not recorded."""
        call = _status_of(exc)
        if call is None:
            return None
        trailers = {str(k): v for k, v in call.trailing_metadata() or ()}
        found = {
            "status": call.code().name,
            "message": self._scrub.path(call.details() or ""),
            "request_id": trailers.get("request-id"),
        }
        failure = trailers.get(_FAILURE.format(self._version))
        if failure is not None:
            message = self.new("GoogleAdsFailure").FromString(failure)
            found["failure"] = self._scrub(to_json(message))
        return found


class ReplayCall:
    """
    Answers from recorded exchanges, each used once; nothing leaves the computer.

    A request that was not recorded raises, with the nearest one that was and the
    first field in which they differ.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        *,
        new: Callable[[str], Any],
        version: str,
        scrubber: Scrubber,
    ) -> None:
        self._left = list(exchanges)
        self._version = version
        self._scrub = scrubber
        self.new = new
        self.request_id: str | None = None
        """Google's id of the last answer, where it was recorded."""

    def __call__(self, method: str, request: Any, /) -> Any:
        """Return the recorded answer, or raise the recorded refusal."""
        asked = self._scrub(to_json(request))
        for at, exchange in enumerate(self._left):
            if exchange.method == method and exchange.request == asked:
                del self._left[at]
                return self._answer(exchange)
        raise ReplayError(self._miss(method, asked))

    @property
    def unused(self) -> tuple[Exchange, ...]:
        """The exchanges that nobody asked for."""
        return tuple(self._left)

    def assert_used(self) -> None:
        """Raise unless every recorded exchange was asked for."""
        if self._left:
            names = ", ".join(e.method for e in self._left)
            raise ReplayError(f"{len(self._left)} recorded exchanges unused: {names}")

    def _answer(self, exchange: Exchange) -> Any:
        if exchange.error is not None:
            raise self._refusal(exchange.error)
        self.request_id = exchange.request_id
        message = self.new(str(exchange.response_type))
        return from_json(dict(exchange.response or {}), message)

    def _refusal(self, error: Mapping[str, Any]) -> RecordedRefusal:
        trailers: list[tuple[str, Any]] = []
        if error.get("request_id"):
            trailers.append(("request-id", error["request_id"]))
        if "failure" in error:
            message = from_json(dict(error["failure"]), self.new("GoogleAdsFailure"))
            key = _FAILURE.format(self._version)
            trailers.append((key, message.SerializeToString()))
        return RecordedRefusal(error["status"], error["message"], trailers)

    def _miss(self, method: str, asked: dict[str, Any]) -> str:
        same = [e.request for e in self._left if e.method == method]
        if not same:
            return f"no recorded call of {method} is left"
        close = nearest(asked, same)
        return (
            f"no recorded {method} is like this one; the nearest differs at "
            f"{first_difference(close, asked)}"
        )


def _status_of(exc: BaseException) -> Any:
    """Return the gRPC status inside what google's libraries raise."""
    for found in (exc, getattr(exc, "error", None), getattr(exc, "response", None)):
        if callable(getattr(found, "trailing_metadata", None)) and callable(
            getattr(found, "code", None)
        ):
            return found
    return None
