"""The loop over clients: one client's failure never stops another's run."""

from __future__ import annotations

import traceback
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from convbridge.cli.progress import bars
from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from convbridge.bridge import Bridge
    from convbridge.cli.session import Session
    from convbridge.portfolio import ClientResult
    from convbridge.settings import ClientSettings, Settings

T = TypeVar("T")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def as_dict(found: Any) -> Any:
    """Return what the library's own `to_dict` returns."""
    return found.to_dict()


def each_client(
    session: Session,
    work: Callable[[Bridge], T],
    *,
    show: Callable[[T], None],
    to_dict: Callable[[T], Any],
    blank: Mapping[str, Any] = _NOTHING,
    in_turn: bool = False,
) -> list[T]:
    """
    Do the work for every chosen client, and print what comes of it.

    Clients are worked on side by side; what comes of them is printed in the file's
    order, each as soon as those before it are done. With `--json` everything is
    printed at the end, as one list.

    Args:
        session: The command's session; its exit code is set.
        work: What is done for one client.
        show: Prints one client's result.
        to_dict: Makes JSON-ready data of one client's result.
        blank: What `to_dict` holds before `error` where there is no result.
        in_turn: One client after the other, for work that asks a person.
    """
    settings = session.load()
    return for_clients(
        session,
        settings,
        session.selected(settings),
        work,
        show=show,
        to_dict=to_dict,
        blank=blank,
        in_turn=in_turn,
    )


def for_clients(
    session: Session,
    settings: Settings,
    clients: tuple[ClientSettings, ...],
    work: Callable[[Bridge], T],
    *,
    show: Callable[[T], None],
    to_dict: Callable[[T], Any],
    blank: Mapping[str, Any] = _NOTHING,
    in_turn: bool = False,
) -> list[T]:
    """Do the work for these clients; see `each_client`."""
    names = [client.name for client in clients]
    results = _Results(session, names, show=show, to_dict=to_dict, blank=blank)
    # A traceback is in this process alone, and in one thread easier to read.
    if in_turn or session.debug or len(clients) == 1:
        for client in clients:
            results.take(client.name, _worked(session, settings, client, work))
    else:
        _side_by_side(session, settings, names, work, results)
    if session.is_json:
        session.print_json(results.entries)
    return results.found


class _Results(Generic[T]):
    """Takes results in any order, and prints them in the clients' own."""

    def __init__(
        self,
        session: Session,
        names: Iterable[str],
        *,
        show: Callable[[T], None],
        to_dict: Callable[[T], Any],
        blank: Mapping[str, Any],
    ) -> None:
        self.found: list[T] = []
        self.entries: list[Any] = []
        self._session = session
        self._ahead = list(names)
        self._is_alone = len(self._ahead) == 1
        self._waiting: dict[str, T | Exception] = {}
        self._show, self._to_dict, self._blank = show, to_dict, blank

    def take(self, name: str, result: T | Exception) -> None:
        self._waiting[name] = result
        while self._ahead and self._ahead[0] in self._waiting:
            first = self._ahead.pop(0)
            self._print(first, self._waiting.pop(first))

    def _print(self, name: str, result: T | Exception) -> None:
        if isinstance(result, Exception):
            error = self._told(name, result)
            self.entries.append({"client": name, **self._blank, "error": error})
            return
        self.found.append(result)
        self.entries.append(self._to_dict(result))
        if not self._session.is_json:
            self._show(result)

    def _told(self, name: str, error: Exception) -> dict[str, Any]:
        if not isinstance(error, ConvbridgeError):
            return _crashed(self._session, name, error)
        code = error.exit_code if self._is_alone else 1
        return _failed(self._session, name, error, code)


def _side_by_side(
    session: Session,
    settings: Settings,
    names: list[str],
    work: Callable[[Bridge], T],
    results: _Results[T],
) -> None:
    from convbridge.portfolio import ClientResult, Portfolio

    def take(done: ClientResult) -> None:
        left = done.error or (_not_begun(done) if done.left else None)
        results.take(done.client, left or done.value)

    def drop(done: ClientResult) -> ClientResult:
        return ClientResult(client=done.client)  # it is taken already

    with bars(session) as progress:
        portfolio = Portfolio(settings, names, progress=progress)
        portfolio.run(work, on_result=take, keep=drop)


def _not_begun(left: ClientResult) -> ConvbridgeError:
    return ConvbridgeError(f"not begun: {left.reason}", hint="run it again tomorrow")


def _worked(
    session: Session,
    settings: Settings,
    client: ClientSettings,
    work: Callable[[Bridge], T],
) -> T | Exception:
    """Return what came of one client, whatever it was: others go on."""
    from convbridge.adapters.clock import SystemClock
    from convbridge.bridge import Bridge, Connections

    try:
        with (
            bars(session) as progress,
            Bridge(
                Connections(settings, client, clock=SystemClock(), progress=progress)
            ) as bridge,
        ):
            return work(bridge)
    except Exception as exc:  # noqa: BLE001 - the account loop: others go on
        return exc


def _failed(
    session: Session, client: str, error: ConvbridgeError, code: int
) -> dict[str, Any]:
    session.exit_code = code
    session.say(f"Error in {client}: {error}")
    if session.debug:
        session.say("".join(traceback.format_exception(error)))
    return error.to_dict()


def _crashed(session: Session, client: str, error: Exception) -> dict[str, Any]:
    """Report a defect of convbridge's own; the traceback only when asked for."""
    session.exit_code = 1
    session.say(f"Error in {client}: {type(error).__name__} (a defect; see --debug)")
    if session.debug:
        session.say("".join(traceback.format_exception(error)))
    kind = type(error).__name__
    hint = "this is a defect of convbridge; run it with --debug and report it"
    return {"type": kind, "message": kind, "hint": hint}
