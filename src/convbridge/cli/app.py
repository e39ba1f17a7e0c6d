"""The `convbridge` command and its subcommands."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from convbridge.cli import (
    agency,
    change,
    deliver,
    demo,
    insight,
    read,
    report,
    serve,
    setup,
    sync,
)
from convbridge.cli.registry import register

app = typer.Typer(
    name="convbridge",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help costs 0.15 s of start-up
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"convbridge {version('convbridge')}")
        raise typer.Exit


@app.callback()
def convbridge(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda value: _print_version(wanted=value),
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """
    The control plane for conversion values.

    GA4 event counts in, values that Google Ads can bid on out: as a plan a person
    can read before it is applied. `convbridge demo` shows it without any account.
    """


_MODULES = (
    demo,
    serve,
    setup,
    agency,
    read,
    insight,
    report,
    change,
    sync,
    deliver,
)
for _module in _MODULES:
    register(app, _module.COMMANDS)


def run() -> None:
    """Run the command with the process's arguments and end the process."""
    # A service may be started without them: what it prints then goes nowhere.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter gets it escaped, not a crash.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    spare_loopback()
    # Google's libraries are a quarter of a million objects that stay: by default the
    # collector walks them again and again while they are imported.
    gc.set_threshold(50_000, 10, 10)
    app(prog_name="convbridge")


def spare_loopback() -> None:
    """Let no proxy of the environment stand between this computer and itself."""
    said = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if said != "*":
        hosts = [said] if said else []
        spared = ",".join([*hosts, "localhost", "127.0.0.1", "::1"])
        # requests and gRPC read the one or the other first.
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = spared


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
