"""Secrets: where they are kept, and reading them when they are needed."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from convbridge.errors import ConfigError
from convbridge.settings.fields import fault, kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SOURCES = ("env", "file", "command")
_ALIASES = {"secret_command": "command"}
_SECONDS = 30
_LONGEST = 16_384
"""Bytes; no secret of Google's is longer."""


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
    """Return what the command prints; what it says beside that is nobody's."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own, without a shell
            argv,
            cwd=base,
            env=dict(env),
            stdin=subprocess.DEVNULL,  # nobody is there to be asked for a password
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as exc:
        raise ConfigError(f"{where} cannot be run") from exc
    with _limited(process) as is_late, process:
        assert process.stdout is not None
        printed = process.stdout.read(_LONGEST + 1)
        if len(printed) > _LONGEST:
            _kill(process)
    if is_late.is_set():
        raise ConfigError(f"{where} gave no answer in {_SECONDS} s")
    is_long = len(printed) > _LONGEST
    if process.returncode and not is_long:
        raise ConfigError(f"{where} ended with exit code {process.returncode}")
    text = printed.decode(errors="replace").strip()
    if is_long or len(text.splitlines()) > 1:
        hint = "it must print the secret alone, such as: vault read -field=token ..."
        raise ConfigError(f"{where} printed more than one line", hint=hint)
    return text


@contextmanager
def _limited(process: subprocess.Popen[bytes]) -> Iterator[threading.Event]:
    """End the command when its time is over; the event tells that it was."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        _kill(process)

    timer = threading.Timer(_SECONDS, end)
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command, and what it started: that may hold its output open."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _secret(value: Any) -> SecretSource:
    hint = "write {env: NAME}, {file: path} or {command: vault read ...}"
    if isinstance(value, str) and value.strip():
        return SecretSource("text", value.strip())
    if not isinstance(value, dict) or len(value) != 1:
        raise fault(f"expected a secret or its place, found {kind(value)}", hint=hint)
    ((named, what),) = value.items()
    source = _ALIASES.get(named, named)
    if isinstance(what, list) and source == "command":
        what = shlex.join(map(str, what))
    if source not in _SOURCES or not isinstance(what, str) or not what.strip():
        raise fault("expected the place of a secret", hint=hint)
    return SecretSource(source, what.strip())


def _command(description: str) -> dict[str, Any]:
    forms = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    return {"description": description, "anyOf": forms}


_PLACE = {
    "type": "object",
    "properties": {
        "env": {"type": "string", "description": "Environment variable."},
        "file": {"type": "string", "description": "File that holds it."},
        "command": _command("Command that prints it; run without a shell."),
        "secret_command": _command("The same as `command`."),
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
