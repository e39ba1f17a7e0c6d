"""The loop over clients: one client's failure never stops another's run."""

from __future__ import annotations

import traceback
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from convbridge.cli.progress import bars
from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convbridge.bridge import Bridge
    from convbridge.cli.session import Session
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
) -> list[T]:
    """
    Do the work for every chosen client, and print what comes of it.

    With `--json` everything is printed at the end, as one list.

    Args:
        session: The command's session; its exit code is set.
        work: What is done for one client.
        show: Prints one client's result.
        to_dict: Makes JSON-ready data of one client's result.
        blank: What `to_dict` holds before `error` where there is no result.
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
) -> list[T]:
    """Do the work for these clients; see `each_client`."""
    results: list[T] = []
    entries: list[Any] = []
    for client in clients:
        try:
            found = _work(session, settings, client, work)
        except ConvbridgeError as exc:
            code = exc.exit_code if len(clients) == 1 else 1
            failed = _failed(session, client.name, exc, code)
            entries.append({"client": client.name, **blank, "error": failed})
            continue
        except Exception as exc:  # noqa: BLE001 - the account loop: others go on
            crashed = _crashed(session, client.name, exc)
            entries.append({"client": client.name, **blank, "error": crashed})
            continue
        results.append(found)
        entries.append(to_dict(found))
        if not session.is_json:
            show(found)
    if session.is_json:
        session.print_json(entries)
    return results


def _work(
    session: Session,
    settings: Settings,
    client: ClientSettings,
    work: Callable[[Bridge], T],
) -> T:
    from convbridge.adapters.clock import SystemClock
    from convbridge.bridge import Bridge, Connections

    with (
        bars(session) as progress,
        Bridge(
            Connections(settings, client, clock=SystemClock(), progress=progress)
        ) as bridge,
    ):
        return work(bridge)


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
