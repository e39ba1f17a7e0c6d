"""Commands that need no account: the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.businesses import mark_key_events, sandbox_config
from convbridge.cli.registry import Command
from convbridge.cli.session import Session
from convbridge.errors import ConfigError

if TYPE_CHECKING:
    from convbridge.sandbox import Google


def sandbox(
    session: Session,
    *,
    host: Annotated[
        str, typer.Option(help="The loopback address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="The first of three ports; 0 takes free ones.", min=0, max=65533
        ),
    ] = 8701,
    seed: Annotated[int, typer.Option(help="Seed of the simulated visitors.")] = 7,
    write_config: Annotated[
        Path | None,
        typer.Option(help="Write a convbridge.yaml for the sandbox there."),
    ] = None,
) -> None:
    """
    Serve Google on loopback, until Ctrl-C.

    GA4, Google Ads and Data Manager, for the unmodified Google clients, without
    credentials. Two clients live there: siam-coffee, a shop, and krakow-dental,
    a clinic. With --json the endpoints are printed first, as one object.
    """
    from convbridge.sandbox import serve
    from convbridge.settings.fields import is_loopback
    from convbridge.settings.starter import write_starter

    if not is_loopback(host):
        raise ConfigError(
            f"--host {host} is no loopback address",
            hint="the sandbox has no login: it serves 127.0.0.1, ::1 or localhost",
        )
    ports = (port, port + 1, port + 2) if port else (0, 0, 0)
    session.standing = "The sandbox and everything in it are gone."
    with serve(seed=seed, host=host, ports=ports) as google:
        mark_key_events(google)
        text = _listening(google, host, port)
        if write_config:
            write_starter(write_config, text, option="--write-config")
        if session.is_json:
            session.print_json(_as_json(google, text, write_config))
        elif write_config:
            session.print(f"Wrote {write_config}. In another terminal:")
            session.print(f"  convbridge plan --config {write_config}")
        else:
            session.print(text)
        session.say("Serving Google on loopback. Ctrl-C ends it.")
        _wait()


def _listening(google: Google, host: str, port: int) -> str:
    """Start the servers, and return the configuration that leads to them."""
    try:
        return sandbox_config(google)
    except (OSError, RuntimeError) as exc:  # gRPC raises the latter
        where = f"ports {port} to {port + 2}" if port else "free ports"
        raise ConfigError(
            f"the sandbox cannot listen on {where} of {host}",
            hint="another program may have one of them; --port 0 takes free ones",
        ) from exc


def _as_json(google: Google, text: str, written: Path | None) -> dict[str, Any]:
    return {
        "ga4_endpoint": google.ga4_endpoint,
        "google_ads_endpoint": google.google_ads_endpoint,
        "data_manager_endpoint": google.data_manager_endpoint,
        "config": text,
        "file": str(written) if written else None,
    }


def _wait() -> None:
    from threading import Event

    Event().wait()


COMMANDS = (
    Command(
        name="sandbox",
        function=sandbox,
        example="convbridge sandbox --write-config sandbox.yaml",
        has_config=False,
        has_clients=False,
    ),
)
