# ruff: noqa: INP001 - a script, no package
"""Draw docs/images/demo.svg: parts of what `convbridge demo` prints, as printed."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console

IMAGE = Path(__file__).parent / "images" / "demo.svg"
WIDTH = 88


def main() -> None:
    """Run the demo and draw what one business's events are worth, and the end."""
    sections = re.split(r"\n(?=── )", _printed())
    values = next(s for s in sections if s.startswith("── siam-coffee: what each is w"))
    text = f"$ convbridge demo\n...\n{_first_table(values)}\n...\n{sections[-1]}"
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(text, highlight=False, markup=False, soft_wrap=False)
    svg = console.export_svg(title="convbridge")
    # The template names a font on the network; the picture asks for nothing.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    IMAGE.parent.mkdir(exist_ok=True)
    IMAGE.write_text(svg, encoding="utf-8")


def _printed() -> str:
    command = [str(Path(sys.executable).parent / "convbridge"), "demo"]
    environment = os.environ | {"COLUMNS": str(WIDTH), "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603 - our own command, without a shell
        command, capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout


def _first_table(section: str) -> str:
    """Return the values without the table of reasons below them."""
    top, _, rest = section.partition("\n\n")
    lines = top.splitlines()
    first = lines[4].split()[0]
    ends = [n for n, line in enumerate(lines) if line.startswith(first)]
    return "\n".join(lines[: ends[1]]) + "\n\n" + rest.rstrip()


if __name__ == "__main__":
    main()
