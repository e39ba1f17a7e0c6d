"""Secrets: where they are kept, and reading them when they are needed."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from convbridge.errors import ConfigError
from convbridge.settings.fields import fault, kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCES = ("env", "file", "command")
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class SecretSource:
    """A secret, or the place to read it from; `repr` shows the place at most."""

    kind: str
    """`text`, `env`, `file` or `command`."""
    _what: str = field(repr=False)

    def read(self, *, env: Mapping[str, str], base: Path) -> str:
        """
        Return the secret.

        Args:
            env: The environment.
            base: Directory that relative files and commands start from.

        Raises:
            ConfigError: There is no secret at that place; says where, not what.
        """
        match self.kind:
            case "env":
                found = env.get(self._what, "")
                where = f"the environment variable {self._what}"
            case "file":
                where = f"the secret's file {self._what}"
                found = _read_file(base / Path(self._what).expanduser(), where)
            case "command":
                argv = shlex.split(self._what)
                where = f"the secret's command {argv[0]!r}"
                found = _run(argv, env, base, where)
            case _:
                return self._what
        if not found.strip():
            raise ConfigError(f"{where} is empty or not set")
        return found.strip()


def _read_file(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{where} cannot be read") from exc


def _run(argv: list[str], env: Mapping[str, str], base: Path, where: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
            argv,
            cwd=base,
            env=dict(env),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise ConfigError(f"{where} gave no answer in {_SECONDS} s") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{where} cannot be run") from exc
    if done.returncode:
        raise ConfigError(f"{where} ended with exit code {done.returncode}")
    return done.stdout


def _secret(value: Any) -> SecretSource:
    hint = "write {env: NAME}, {file: path} or {command: vault read ...}"
    if isinstance(value, str) and value.strip():
        return SecretSource("text", value.strip())
    if not isinstance(value, dict) or len(value) != 1:
        raise fault(f"expected a secret or its place, found {kind(value)}", hint=hint)
    ((source, what),) = value.items()
    if isinstance(what, list) and source == "command":
        what = shlex.join(map(str, what))
    if source not in _SOURCES or not isinstance(what, str) or not what.strip():
        raise fault("expected the place of a secret", hint=hint)
    return SecretSource(source, what.strip())


_PLACE = {
    "type": "object",
    "properties": {
        "env": {"type": "string", "description": "Environment variable."},
        "file": {"type": "string", "description": "File that holds it."},
        "command": {
            "description": "Command that prints it; run without a shell.",
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
            ],
        },
    },
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}

Secret = Annotated[
    SecretSource,
    PlainValidator(_secret),
    PlainSerializer(lambda secret: f"({secret.kind})"),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, _PLACE]}),
]
"""A secret as text (for sandboxes), or `{env:}`, `{file:}` or `{command:}`."""
