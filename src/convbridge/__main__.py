"""`python -m convbridge` is the `convbridge` command."""

from __future__ import annotations

from convbridge.cli import main

if __name__ == "__main__":
    main()
