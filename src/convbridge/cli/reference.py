"""
The reference pages, made from the commands and the settings models.

`python -m convbridge.cli.reference docs/reference` writes them; a test holds the
pages against what this module makes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MADE = "<!-- Made by `python -m convbridge.cli.reference`; edits are lost. -->\n"
_CLI = f"""\
# Commands

{_MADE}
Every command says the same with `--help`.
What a command prints with `--json` is the result's `to_dict()`.

| exit code | means |
|---|---|
| 0 | done, or nothing to do |
| 1 | some of several clients failed, or a check did |
| 2 | a plan has changes (`plan --detailed-exitcode`); a wrong option |
| 3 | a file or variable is wrong |
| 4 | the data cannot carry a decision |
| 5 | the plan cannot be used, or goes beyond a limit |
| 6 | the account moved since the plan was made |
| 7 | Google refused a call, or did not answer |
| 8 | the ledger cannot be read or kept |
| 130 | Ctrl-C |
"""
_CONFIGURATION = f"""\
# convbridge.yaml

{_MADE}
`convbridge init` writes one to start from.
`convbridge schema` prints its JSON Schema for editors.
An empty key is as good as none.
"""


def pages() -> dict[str, str]:
    """Return each page's text by its file name."""
    return {"cli.md": cli_page(), "configuration.md": configuration_page()}


def cli_page() -> str:
    """Return the page of commands: each one's own help, as printed at 80 columns."""
    from convbridge.cli.app import app

    parts = [_CLI]
    for command in app.registered_commands:
        name = str(command.name)
        parts.append(f"## {name}\n\n```text\n{_help_of(name)}\n```\n")
    return "\n".join(parts)


def configuration_page() -> str:
    """Return the page of settings: one table per section of convbridge.yaml."""
    from convbridge.settings.schema import json_schema

    schema = json_schema()
    parts = [
        _CONFIGURATION,
        _section("The file", schema, schema["$defs"]),
    ]
    names = {"ClientSettings": "clients.NAME", "GoogleSettings": "google"}
    for name, part in _sections(schema["$defs"]):
        key = names.get(name) or _key_of(name, schema["$defs"])
        parts.append(_section(key, part, schema["$defs"]))
    return "\n".join(parts)


def _help_of(name: str) -> str:
    """Return a command's help as it is printed at 80 columns."""
    from typer.testing import CliRunner

    from convbridge.cli.app import app

    environment = {"COLUMNS": "80", "TERMINAL_WIDTH": "80", "NO_COLOR": "1"}
    result = CliRunner().invoke(
        app, [name, "--help"], prog_name="convbridge", env=environment
    )
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def _sections(definitions: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the sections in the order a file has them; enums are no sections."""
    order = ["GoogleSettings", "ClientSettings"]
    order += _reached(definitions["ClientSettings"], definitions)
    for name in dict.fromkeys(order):
        yield name, definitions[name]


def _reached(part: Any, definitions: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the sections below a section, depth first."""
    for value in part["properties"].values():
        for name in _references(value):
            if "properties" in definitions[name]:
                yield name
                yield from _reached(definitions[name], definitions)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].removeprefix("#/$defs/")
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for item in part:
            yield from _references(item)


def _key_of(name: str, definitions: Mapping[str, Any]) -> str:
    """Return the keys that lead to a section from a client."""
    for parent in definitions.values():
        for key, value in parent.get("properties", {}).items():
            if name in _references(value):
                is_map = "additionalProperties" in value
                outer = _outer(parent, definitions)
                return f"{outer}{key}{'.NAME' if is_map else ''}"
    return name


def _outer(parent: Any, definitions: Mapping[str, Any]) -> str:
    name = next(n for n, d in definitions.items() if d is parent)
    if name in {"ClientSettings", "Defaults"}:
        return ""
    return f"{_key_of(name, definitions)}."


def _section(title: str, part: Any, definitions: Mapping[str, Any]) -> str:
    rows = [
        f"| `{key}` | {_kind(value, definitions)} | {_default(key, value, part)} | "
        f"{_text(value, definitions)} |"
        for key, value in part["properties"].items()
    ]
    about = part.get("description", "")
    heading = f"## {title}\n\n{about}\n\n"
    head = "| key | value | left out | means |\n|---|---|---|---|\n"
    return heading + head + "\n".join(rows) + "\n"


def _kind(value: Any, definitions: Mapping[str, Any]) -> str:
    """Return what is accepted, in words."""
    if "$ref" in value:
        target = definitions[value["$ref"].removeprefix("#/$defs/")]
        return "section" if "properties" in target else _kind(target, definitions)
    if "anyOf" in value:
        kinds = (_kind(v, definitions) for v in value["anyOf"])
        return " or ".join(k for k in dict.fromkeys(kinds) if k != "nothing")
    if "enum" in value:
        return ", ".join(f"`{word}`" for word in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    return _typed(value, definitions)


def _typed(value: Any, definitions: Mapping[str, Any]) -> str:
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "`true`, `false`",
        "null": "nothing",
    }
    if value["type"] == "array":
        return f"list of {_kind(value['items'], definitions)}"
    if value["type"] == "object":
        return "mapping"
    return words[value["type"]] + _bounds(value)


def _bounds(value: Any) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    found = [
        f"{sign} {_plain(value[key])}" for key, sign in signs.items() if key in value
    ]
    return f" {', '.join(found)}" if found else ""


def _plain(limit: float) -> str:
    return str(int(limit) if limit == int(limit) else limit)


def _default(key: str, value: Any, part: Any) -> str:
    if key in part.get("required", ()):
        return "required"
    found = value.get("default")
    if found is None or isinstance(found, list):
        return ""
    return f"`{str(found).lower() if isinstance(found, bool) else found}`"


def _text(value: Any, definitions: Mapping[str, Any]) -> str:
    target = definitions.get(value.get("$ref", "").removeprefix("#/$defs/"), {})
    text = value.get("description") or target.get("description", "")
    return str(text).replace("|", "\\|")


def main(folder: str) -> None:
    """Write the pages into a folder."""
    for name, text in pages().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
