"""The command that writes reports: one file per client, one over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convbridge.cli.clients import each_client
from convbridge.cli.files import check_file, make_directory, write_file
from convbridge.cli.registry import Command
from convbridge.cli.session import Session
from convbridge.errors import ConfigError, ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.bridge import Bridge
    from convbridge.report import PortfolioRow


class Language(StrEnum):
    """Languages a report can be in."""

    ENGLISH = "en"
    POLISH = "pl"
    THAI = "th"


def report(
    session: Session,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="A directory; or, for one client, a file that ends in .html.",
        ),
    ] = Path("reports"),
    lang: Annotated[
        Language, typer.Option("--lang", help="The language of the pages.")
    ] = Language.ENGLISH,
    portfolio: Annotated[
        bool,
        typer.Option("--portfolio", help="Write a page over all clients, too."),
    ] = False,
) -> None:
    """
    Write one HTML file per client: values, changes and what needs a person next.

    The files make no request when they are opened. Nothing is changed at Google.
    """
    from convbridge.report import file_names

    names = [client.name for client in session.selected(session.load())]
    if _is_page(out) and (portfolio or len(names) > 1):
        raise ConfigError(
            f"--out {out} is one file, and this makes several",
            hint="name a directory, or choose one client with --client",
        )
    _check_out(out)
    session.standing = "No account was changed; the files named above are written."
    paths = {name: out / file for name, file in file_names(names).items()}
    pages = _Pages(
        paths=dict.fromkeys(names, out) if _is_page(out) else paths, lang=lang
    )
    each_client(
        session,
        pages.write,
        show=lambda found: session.print(found["file"]),
        to_dict=dict,
    )
    if portfolio:
        index = pages.write_index(out)
        session.say(f"All clients: {index}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pages:
    """Pages being written, and what the page over all of them says of each."""

    paths: Mapping[str, Path]
    lang: Language
    rows: dict[str, PortfolioRow] = field(default_factory=dict)

    def write(self, bridge: Bridge) -> dict[str, str]:
        """Gather and write one client's page; return where it is."""
        from convbridge.report import PortfolioRow, gather, render_client

        path = self.paths[bridge.client]
        try:
            found = gather(bridge)
            page = render_client(found, locale=str(self.lang))
            write_file(path, page, option="--out")
        except ConvbridgeError as exc:
            self.rows[bridge.client] = PortfolioRow.failed(bridge.client, exc)
            raise
        self.rows[bridge.client] = PortfolioRow.of(found, file=path.name)
        return {"client": bridge.client, "state": found.state, "file": str(path)}

    def write_index(self, directory: Path) -> Path:
        """Write the page over all clients; return where it is."""
        from convbridge.adapters.clock import SystemClock
        from convbridge.report import (
            INDEX,
            PortfolioReport,
            PortfolioRow,
            render_portfolio,
        )

        crashed = ConvbridgeError(
            "convbridge has a defect", hint="run this client alone with --debug"
        )
        rows = tuple(
            self.rows.get(name) or PortfolioRow.failed(name, crashed)
            for name in self.paths
        )
        now = SystemClock().now().astimezone()
        found = PortfolioReport(made_at=now, rows=rows)
        path = directory / INDEX
        text = render_portfolio(found, locale=str(self.lang))
        write_file(path, text, option="--out")
        return path


def _is_page(path: Path) -> bool:
    return path.suffix.lower() in {".html", ".htm"}


def _check_out(out: Path) -> None:
    from convbridge.report import INDEX

    page = out if _is_page(out) else out / INDEX
    make_directory(page.parent, option="--out")
    check_file(page, option="--out")


COMMANDS = (
    Command(
        name="report",
        function=report,
        example="convbridge report --client siam-coffee --lang th\n"
        "convbridge report --out reports --portfolio",
    ),
)
