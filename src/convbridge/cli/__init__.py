"""The command line: flags, one call of the library, and printing."""

from __future__ import annotations

import os

__all__ = ["main"]


def main() -> None:
    """Run the `convbridge` command."""
    # Arrow's own allocator keeps a heap per thread, 70 MB with many clients; which
    # one it takes is read when pyarrow is imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        from convbridge.cli.app import run

        run()
    except KeyboardInterrupt:  # while modules were loading
        raise SystemExit(130) from None
