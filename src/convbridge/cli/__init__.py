"""The command line: flags, one call of the library, and printing."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the `convbridge` command."""
    from convbridge.cli.app import run

    run()
