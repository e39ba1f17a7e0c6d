"""Commands with their common options, and what happens when one fails."""

from __future__ import annotations

import contextlib
import errno
import inspect
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from convbridge.cli.session import Session


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="CONVBRIDGE_CONFIG",
        help="The configuration file.  [default: convbridge.yaml]",
        show_default=False,
    ),
]
Client = Annotated[
    list[str] | None,
    typer.Option(
        "--client",
        metavar="NAME",
        help="A client by name; repeat for several.  [default: all]",
    ),
]
Tag = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        help="Only clients with this tag; repeat for any of several.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON on standard output, alone.")
]
Log = Annotated[
    LogFormat,
    typer.Option(
        "--log-format",
        envvar="CONVBRIDGE_LOG_FORMAT",
        help="How log lines on standard error look.",
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Log every step to standard error.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

LIMITS = {
    "max_changes": "more changes than limits.max_changes",
    "max_value_ratio": "a value that moves further than limits.max_value_ratio",
    "primary_loss": "a primary conversion action that is lost to bidding",
    "unlinked": "a GA4 property that is not linked to the account",
    "unmanaged": "changes to what neither convbridge nor the configuration names",
}
"""Limits of a plan that a flag lifts, and what the flag allows."""

_LIFTS: dict[str, tuple[Any, Any]] = {
    f"allow_{name}": (
        Annotated[
            bool,
            typer.Option(f"--allow-{name.replace('_', '-')}", help=f"Allow {text}."),
        ],
        False,
    )
    for name, text in LIMITS.items()
}
_CONFIG: dict[str, tuple[Any, Any]] = {"config": (Config, None)}
_CLIENTS: dict[str, tuple[Any, Any]] = {"client": (Client, None), "tag": (Tag, None)}
_JSON: dict[str, tuple[Any, Any]] = {"json": (Json, False)}
_LOGS: dict[str, tuple[Any, Any]] = {
    "log_format": (Log, LogFormat.TEXT),
    "verbose": (Verbose, False),
    "debug": (Debug, False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One subcommand: a function that takes a session and its own options."""

    name: str
    function: Callable[..., None]
    example: str
    """One or more command lines, shown at the end of the help."""
    has_config: bool = True
    has_clients: bool = True
    has_lifts: bool = False
    """Whether flags may lift the limits of a plan."""

    def options(self) -> dict[str, tuple[Any, Any]]:
        """Return the common options the command takes, with their defaults."""
        return {
            **(_CONFIG if self.has_config else {}),
            **(_CLIENTS if self.has_clients else {}),
            **_JSON,
            **(_LIFTS if self.has_lifts else {}),
            **_LOGS,
        }


def register(app: typer.Typer, commands: Iterable[Command]) -> None:
    """Add the commands to the application."""
    for command in commands:
        lines = "\n".join(f"  {line}" for line in command.example.splitlines())
        # \b keeps the line breaks of what follows it.
        app.command(command.name, epilog=f"\b\nExample:\n{lines}")(_wrapped(command))


def _wrapped(command: Command) -> Callable[..., None]:
    """Return the function typer sees: own options first, the common ones after."""
    common = command.options()
    own = list(inspect.signature(command.function, eval_str=True).parameters.values())

    def call(**options: Any) -> None:
        shared = {name: options.pop(name) for name in common}
        _run(command, shared, options)

    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
        )
        for name, (kind, default) in common.items()
    ]
    own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own[1:]]
    call.__signature__ = inspect.Signature(own + shared)  # type: ignore[attr-defined]
    call.__annotations__ = {}
    call.__doc__ = command.function.__doc__
    return call


def _run(command: Command, shared: dict[str, Any], own: dict[str, Any]) -> None:
    from convbridge.cli.session import Session

    lifted = {name for name in LIMITS if shared.pop(f"allow_{name}", False)}
    session = Session.from_options(lifted=frozenset(lifted), **shared)
    try:
        command.function(session, **own)
    except ConvbridgeError as exc:
        if session.debug:
            raise
        _explain(session, exc)
        raise typer.Exit(exc.exit_code) from None
    except OSError as exc:
        if session.debug or exc.errno == errno.EPIPE:  # a pipe's reader has gone
            raise
        _explain_output(session, exc)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        session.say(f"\nStopped. {session.standing}")
        raise typer.Exit(130) from None
    if session.exit_code:
        raise typer.Exit(session.exit_code)


def _explain_output(session: Session, error: OSError) -> None:
    """Name the file that failed; standard output is let go, or it would fail again."""
    if error.filename is None:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    where = error.filename or "standard output"
    session.say(f"Error: {where}: {error.strerror or error}")


def _explain(session: Session, error: ConvbridgeError) -> None:
    session.say(f"Error: {error}")
