"""The command that finds an agency's clients: discover."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.files import check_file
from convbridge.cli.registry import Command
from convbridge.cli.session import Session

if TYPE_CHECKING:
    from convbridge.model.discovery import Discovery, FoundClient


def discover(
    session: Session,
    *,
    login_customer_id: Annotated[
        str, typer.Option(help="The manager account: 999-999-9999.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Write a configuration of what was found, if not there."),
    ] = None,
) -> None:
    """
    List the accounts under a manager, their GA4 properties, and the links.

    Google is reached as google-ads.yaml, GOOGLE_ADS_* and application default
    credentials say; no configuration file is needed.
    """
    from convbridge.adapters.clock import SystemClock
    from convbridge.bridge.discovery import discover as find
    from convbridge.model.ids import CustomerId
    from convbridge.settings.environment import access_from_environment
    from convbridge.settings.skeleton import skeleton
    from convbridge.settings.starter import refuse_taken, write_starter

    login = CustomerId(login_customer_id)
    if out:
        refuse_taken(out, option="--out")
        check_file(out, option="--out")
    found = find(access_from_environment(), login, clock=SystemClock())
    if session.is_json:
        session.print_json(found.to_dict())
    else:
        _show(session, found)
    if out:
        write_starter(out, skeleton(found), option="--out")
        session.say(f"Wrote {out}. Go through it, then: convbridge doctor -c {out}")


def _show(session: Session, found: Discovery) -> None:
    from convbridge.cli.render import Column, heading, print_table

    columns = (
        Column(key="name", title="client"),
        Column(key="customer", title="account"),
        Column(key="manager", title="under"),
        Column(key="property", title="GA4 property"),
        Column(key="owner", title="conversions in"),
    )
    heading(session.out, f"under {found.login_customer_id.dashed}")
    print_table(session.out, columns, [_row(client) for client in found.clients])
    for spare in found.unlinked:
        session.print(
            f"property {spare.property_id} ({spare.name}) is linked to none of them"
        )


def _row(client: FoundClient) -> dict[str, Any]:
    properties = ", ".join(str(p.property_id) for p in client.properties)
    owner = client.conversion_customer
    return {
        "name": client.name,
        "customer": client.customer_id.dashed,
        "manager": client.manager.dashed if client.manager else "",
        "property": properties or "none linked",
        "owner": owner.dashed if owner else "may not ask",
    }


COMMANDS = (
    Command(
        name="discover",
        function=discover,
        example="convbridge discover --login-customer-id 999-999-9999\n"
        "convbridge discover --login-customer-id 9999999999 --out convbridge.yaml",
        has_config=False,
        has_clients=False,
    ),
)
