"""Commands that need no account: the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convbridge.cli.registry import Command
from convbridge.cli.session import Session

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
        typer.Option(help="The first of three ports; 0 takes free ones.", min=0),
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
    a clinic.
    """
    from convbridge.sandbox import serve
    from convbridge.settings.starter import write_starter

    ports = (port, port + 1, port + 2) if port else (0, 0, 0)
    session.standing = "The sandbox and everything in it are gone."
    with serve(seed=seed, host=host, ports=ports) as google:
        text = sandbox_config(google)
        if write_config:
            write_starter(write_config, text)
            session.print(f"Wrote {write_config}. In another terminal:")
            session.print(f"  convbridge plan --config {write_config}")
        else:
            session.print(text)
        session.say("Serving Google on loopback. Ctrl-C ends it.")
        _wait()


def sandbox_config(google: Google) -> str:
    """Return a convbridge.yaml for a running sandbox."""
    return f"""\
version: 1
google:
  credentials: anonymous
  ga4_endpoint: {google.ga4_endpoint}
  google_ads_endpoint: {google.google_ads_endpoint}
  data_manager_endpoint: {google.data_manager_endpoint}
clients:
  siam-coffee:
    template: ecommerce
    ga4: {{property_id: "111111111"}}
    google_ads: {{customer_id: "123-456-7890", login_customer_id: "999-999-9999"}}
    events:
      line_click:
        class: micro
        from: click
        where: {{linkDomain: [line.me, lin.ee]}}
    goals: {{mode: custom, campaigns: ["*"]}}
  krakow-dental:
    template: lead_gen
    ga4: {{property_id: "222222222"}}
    google_ads: {{customer_id: "234-567-8901", login_customer_id: "999-999-9999"}}
    events:
      generate_lead: {{class: primary, value: 400, close_rate: 0.25}}
    goals: {{mode: custom, campaigns: ["*"]}}
"""


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
        has_json=False,
    ),
)
