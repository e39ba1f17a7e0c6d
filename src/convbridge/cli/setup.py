"""Commands that come before everything else: init, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from convbridge.cli.registry import Command
from convbridge.cli.session import Session

Template = Literal["ecommerce", "lead_gen", "service"]


def init(
    session: Session,
    *,
    template: Annotated[
        Template, typer.Option("--template", help="The kind of business.")
    ],
    client: Annotated[
        str, typer.Option("--client", help="A name for the first client.")
    ] = "my-client",
    property_id: Annotated[
        str | None, typer.Option(help="GA4: Admin > Property details.")
    ] = None,
    customer_id: Annotated[
        str | None, typer.Option(help="The Google Ads account: 123-456-7890.")
    ] = None,
    login_customer_id: Annotated[
        str | None, typer.Option(help="The manager account above it, if any.")
    ] = None,
) -> None:
    """
    Write a commented convbridge.yaml to start from.

    A file that is there already is left as it is.
    """
    from convbridge.model.ids import CustomerId, PropertyId
    from convbridge.settings.load import DEFAULT_PATH
    from convbridge.settings.starter import starter, write_starter

    path = session.config or Path(DEFAULT_PATH)
    text = starter(
        template,
        client=client,
        property_id=PropertyId(property_id) if property_id else None,
        customer_id=CustomerId(customer_id) if customer_id else None,
        login_customer_id=CustomerId(login_customer_id) if login_customer_id else None,
    )
    write_starter(path, text)
    needed = {"property_id": property_id, "customer_id": customer_id}
    missing = [name for name, given in needed.items() if not given]
    if session.is_json:
        session.print_json({"file": str(path), "client": client, "missing": missing})
        return
    fill_in = f" Fill in {' and '.join(missing)} there." if missing else ""
    session.print(f"Wrote {path}.{fill_in}")
    session.print("Next: convbridge doctor")


def schema(session: Session) -> None:
    """
    Print the JSON Schema of convbridge.yaml, with and without --json.

    Editors with a YAML language server complete and check the file with it, when
    its first line is: # yaml-language-server: $schema=convbridge.schema.json
    """
    from convbridge.settings.schema import json_schema

    session.print_json(json_schema())


COMMANDS = (
    Command(
        name="init",
        function=init,
        example="convbridge init --template ecommerce\n"
        "convbridge init --template lead_gen --property-id 222222222 "
        "--customer-id 234-567-8901",
        has_clients=False,
    ),
    Command(
        name="schema",
        function=schema,
        example="convbridge schema > convbridge.schema.json",
        has_config=False,
        has_clients=False,
    ),
)
