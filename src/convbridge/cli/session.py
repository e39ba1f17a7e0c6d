"""One run of a command: its options, its consoles, its exit code."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from convbridge.cli import logs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from convbridge.settings import ClientSettings, Settings

_NARROWEST = 60


@dataclass(kw_only=True)
class Session:
    """What a command needs to know and to print with."""

    config: Path | None = None
    clients: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    is_json: bool = False
    debug: bool = False
    lifted: frozenset[str] = frozenset()
    """Limits of a plan that a person lifted, by name."""
    exit_code: int = 0
    pause: Callable[[], None] = lambda: None
    """Takes the progress bars away, for a question."""
    resume: Callable[[], None] = lambda: None
    """Draws them again."""
    standing: str = "Nothing was changed."
    """Where things stand, for whoever presses Ctrl-C."""

    @classmethod
    def from_options(
        cls,
        *,
        log_format: str,
        verbose: bool,
        debug: bool,
        lifted: frozenset[str],
        config: Path | None = None,
        client: list[str] | None = None,
        tag: list[str] | None = None,
        json: bool = False,
    ) -> Self:
        """Return the session for a command's common options."""
        logs.set_up(log_format, verbose=verbose)
        return cls(
            config=config,
            clients=tuple(client or ()),
            tags=tuple(tag or ()),
            is_json=json,
            debug=debug,
            lifted=lifted,
        )

    @cached_property
    def out(self) -> Console:
        """Standard output, for tables; no colour in a pipe."""
        from rich.console import Console

        console = Console(highlight=False, soft_wrap=False)
        # Below it whole columns would go; the terminal wraps lines instead.
        console.width = max(console.width, _NARROWEST)
        return console

    @cached_property
    def err(self) -> Console:
        """Standard error, for everything that is not the answer."""
        from rich.console import Console

        return Console(stderr=True, highlight=False)

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at both ends."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, text: str) -> None:
        """Print text on standard error, as it is."""
        print(text, file=sys.stderr, flush=True)

    def print(self, text: str) -> None:
        """Print text on standard output, as it is."""
        print(text, flush=True)

    def print_json(self, data: Any) -> None:
        """Print JSON on standard output."""
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        text = json.dumps(
            data, indent=2, ensure_ascii=not unicode, allow_nan=False, default=str
        )
        print(text, flush=True)

    def ask(self, question: str) -> bool:
        """Ask a yes-or-no question on the terminal; no is the default."""
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        is_yes = sys.stdin.readline().strip().lower() in {"y", "yes"}
        self.resume()
        return is_yes

    def load(self) -> Settings:
        """Read the configuration; what is probably not meant is said."""
        from convbridge.settings import load

        settings = load(self.config)
        for warning in settings.warnings:
            self.say(f"Warning: {warning}")
        return settings

    def selected(self, settings: Settings) -> tuple[ClientSettings, ...]:
        """Return the clients that --client and --tag choose."""
        return settings.select(self.clients, tags=self.tags)
