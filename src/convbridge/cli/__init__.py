"""The command line: flags, one call of the library, and printing."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the `convbridge` command."""
    try:
        from convbridge.cli.app import run

        run()
    except KeyboardInterrupt:  # while modules were loading
        raise SystemExit(130) from None
