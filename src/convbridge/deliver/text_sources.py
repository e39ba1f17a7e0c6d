"""Conversions in text files: CSV and JSON Lines."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from convbridge.deliver.blocks import Broken, Rows, in_blocks
from convbridge.deliver.cells import as_cell
from convbridge.deliver.columns import match_columns
from convbridge.deliver.csv_blocks import CsvFault, csv_blocks
from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from convbridge.deliver.blocks import Block
    from convbridge.deliver.columns import Form

_LONGEST = 1_000_000
"""Characters of a first line that can still be a table's header."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""What Excel's "Unicode text" begins with; everything else is to be UTF-8."""
_GZIP = b"\x1f\x8b"
_SPREADSHEETS = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}


@contextmanager
def open_csv(
    path: Path, mapping: Mapping[str, str] | None, form: Form
) -> Iterator[Rows]:
    """Open a CSV file; its first line names the columns."""
    with _text(path) as file:
        with _readable(path):
            delimiter = _delimiter(file, path)
            reader = csv.reader(file, delimiter=delimiter)
            header = next(reader, [])
            if header == ["sep=", ""]:  # what Excel reads to know the delimiter
                header = next(reader, [])
        if not any(header):
            raise DataError(f"{path.name} is empty; its first line must name columns")
        columns = match_columns(header, mapping, form)
        blocks = _csv_blocks(
            file,
            path,
            width=len(header),
            delimiter=delimiter,
            before=reader.line_num,
        )
        yield Rows(header=header, columns=columns, blocks=blocks, is_file=True)


def _csv_blocks(file: TextIO, path: Path, **layout: Any) -> Iterator[Block]:
    try:
        with _readable(path):
            yield from csv_blocks(file, **layout)
    except CsvFault as exc:
        raise DataError(
            f"line {exc.line} of {path.name} is not CSV: {exc}",
            hint="a quotation mark is opened there, or before, and never closed"
            if "field limit" in str(exc)
            else None,
        ) from exc


def _delimiter(file: TextIO, path: Path) -> str:
    """Return what separates columns, by the first line."""
    first = file.readline(_LONGEST)
    if len(first) == _LONGEST:
        raise DataError(
            f"the first line of {path.name} has more than {_LONGEST:,} characters",
            hint="its first line must name columns, and each row be a line",
        )
    file.seek(0)
    return max(",;\t|", key=first.count)


@contextmanager
def open_json_lines(
    path: Path, mapping: Mapping[str, str] | None, form: Form
) -> Iterator[Rows]:
    """Open a file with a JSON object per line."""
    columns = {field: position for position, field in enumerate(form.fields)}
    with _text(path) as file:
        blocks = in_blocks(_json_rows(file, path, mapping or {}, form))
        yield Rows(header=form.fields, columns=columns, blocks=blocks, is_file=True)


def _json_rows(
    file: TextIO, path: Path, mapping: Mapping[str, str], form: Form
) -> Iterator[tuple[int, list[Any] | Broken]]:
    names = {column: field for field, column in mapping.items()}
    with _readable(path):
        for line, text in enumerate(file, start=1):
            if text.isspace():
                continue
            if line == 1 and text.lstrip().startswith("["):
                raise DataError(
                    f"{path.name} is one JSON list; each line must be an object",
                    hint=f"convert it: jq -c '.[]' {path.name}",
                )
            yield line, _json_row(text, names, form)


def _json_row(text: str, names: Mapping[str, str], form: Form) -> list[Any] | Broken:
    try:
        record = json.loads(text)
    except ValueError as exc:
        return Broken(f"the line is not JSON: {exc}", [text.rstrip()])
    if not isinstance(record, dict):
        return Broken("the line is not a JSON object", [text.rstrip()])
    found = {names.get(key) or form.field_of(key): cell for key, cell in record.items()}
    return [*(as_cell(field, found.get(field)) for field in form.fields), None]


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    opener = _opener(path)
    with _readable(path), opener(path, "rb") as raw:
        head = raw.read(4)
    for sign, what in _SPREADSHEETS.items():
        if head.startswith(sign):
            raise DataError(f"{path.name} is {what}", hint="save it as CSV UTF-8")
    encoding = "utf-16" if head[:2] in _UTF16 else "utf-8-sig"
    with opener(path, "rt", encoding=encoding, newline="") as file:
        yield cast("TextIO", file)


def _opener(path: Path) -> Any:
    """Return what opens a file: by its content, whatever its name says."""
    with _readable(path), path.open("rb") as raw:
        return gzip.open if raw.read(2) == _GZIP else open


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say what is wrong with a file in words."""
    try:
        yield
    except UnicodeDecodeError as exc:
        raise _undecodable(path, exc) from exc
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise DataError(f"the gzip file {path.name} is broken: {exc}") from exc
    except OSError as exc:
        raise DataError(f"cannot read {path}: {exc.strerror}") from exc


def _undecodable(path: Path, exc: UnicodeDecodeError) -> DataError:
    """Name the line; decoding runs ahead of reading, so it is looked for."""
    hint = 'save it as "CSV UTF-8", or convert it, as with iconv -t UTF-8'
    with _opener(path)(path, "rb") as raw:
        for line, content in enumerate(raw, start=1):
            try:
                content.decode()
            except UnicodeDecodeError as found:
                byte = content[found.start]
                where = f"line {line} of {path.name} is not UTF-8 (byte {byte:#04x})"
                return DataError(where, hint=hint)
    return DataError(f"{path.name} is not {exc.encoding}", hint=hint)
