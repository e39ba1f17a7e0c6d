"""The docs as the tests read them: pages, fenced blocks, command lines, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(convbridge [^`]+)`")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def name(path: Path) -> str:
    """Return a page's path for test ids."""
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language, in order."""
    return [body for found, body in _FENCE.findall(text(path)) if found == language]


def prose(path: Path) -> str:
    """Return the page without its fenced blocks."""
    return _FENCE.sub("", text(path))


def commands(path: Path) -> list[list[str]]:
    """Return the words of each `convbridge ...` line in a block, in order."""
    lines = (line.strip().removeprefix("$ ") for line in text(path).splitlines())
    found = (shlex.split(x, comments=True) for x in lines if _is_command(x))
    return [_before_shell(words) for words in found if len(words) > 1]


def mentions(path: Path) -> list[str]:
    """Return the verb of each `convbridge ...` between backticks."""
    return [found.split()[1] for found in _INLINE.findall(prose(path))]


def links(path: Path) -> list[str]:
    """Return the targets of links that lead to no other site."""
    return [
        found for found in _LINK.findall(prose(path)) if not re.match(r"[a-z]+:", found)
    ]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as the forge makes them."""
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"`", "", heading).lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose(path))
    }


def _before_shell(words: list[str]) -> list[str]:
    """Leave out what the shell does with the output."""
    ends = [n for n, word in enumerate(words) if word in {">", ">>", "|"}]
    return words[: min(ends, default=len(words))]


def _is_command(line: str) -> bool:
    # A line of prose that begins with the name is no command.
    return bool(re.match(r"convbridge [a-z]+( |$)", line)) and not line.endswith(
        (".", ":", ",")
    )
