"""Sections of docs/benchmarks.md, each written by the benchmark that measured it."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path


def document() -> Path | None:
    """Take `--write PATH` out of the arguments; return the path."""
    if "--write" not in sys.argv:
        return None
    at = sys.argv.index("--write")
    path = Path(sys.argv[at + 1])
    del sys.argv[at : at + 2]
    return path


def say(text: object) -> None:
    """Write a line at once: another process may wait for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def machine(before: float) -> str:
    """
    Return the sentence on what was measured, when, and beside what.

    Args:
        before: The load average before the benchmark began.
    """
    day = datetime.now(UTC).date().isoformat()
    system = f"{platform.system()}, {os.cpu_count()} processors ({_processor()})"
    return (
        f"Measured {day}: {system}, Python {platform.python_version()}; the load "
        f"average was {before:.1f} before and {os.getloadavg()[0]:.1f} after, the "
        "benchmark's own work included."
    )


def table(columns: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, numbers to the right."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_section(path: Path, name: str, text: str) -> None:
    """Replace the benchmark's own section of a document, or add it."""
    start = f"<!-- {name}: measured by tests/bench/{Path(sys.argv[0]).name} -->"
    end = f"<!-- /{name} -->"
    before = path.read_text() if path.exists() else "# Benchmarks\n"
    head, _, rest = before.partition(start)
    tail = rest.partition(end)[2].strip()
    parts = [head.rstrip(), f"{start}\n{text.strip()}\n{end}", tail]
    path.write_text("\n\n".join(part for part in parts if part) + "\n")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip().removesuffix(" Processor")
    return platform.machine()
