"""
The catalogues of messages: gathered from the source, translated, compiled.

    python -m convbridge.report.catalogue

adds new messages to every language's `.po`, drops those that are gone, and
compiles what is translated into `.mo`. A translator edits the `.po` between two
runs.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from convbridge.report.words import DOMAIN, LANGUAGES, LOCALES

if TYPE_CHECKING:
    from pathlib import Path

_METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext.babel_extract")]
_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
"""Languages with a catalogue: messages are written in English."""


def path_of(language: str, suffix: str) -> Path:
    """Return the file of a language's catalogue, `.po` or `.mo`."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}{suffix}"


def extract() -> Catalog:
    """Return every message of the package, with the files it stands in."""
    from convbridge.report.needs import PLURALS  # noqa: PLC0415 - a cycle otherwise

    catalog = Catalog(project="convbridge", charset="utf-8")
    found = extract_from_dir(
        LOCALES.parent, method_map=_METHODS, keywords=_KEYWORDS, options_map={}
    )
    many = set(PLURALS.values())
    for file, _, message, _, _ in found:
        if message in many:
            continue
        pair = (message, PLURALS[message]) if message in PLURALS else message
        catalog.add(pair, locations=[(file, 0)])
    return catalog


def read(language: str) -> Catalog:
    """Return a language's catalogue; an empty one where there is none yet."""
    path = path_of(language, ".po")
    if not path.exists():
        return Catalog(locale=language, project="convbridge", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """Return a catalogue as gettext reads it."""
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update(language: str) -> None:
    """Bring a language's files up to date with the source."""
    catalog, template = read(language), extract()
    template.creation_date = catalog.creation_date  # no change without a change
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = "# Messages of convbridge's reports."
    catalog.fuzzy = False
    catalog.msgid_bugs_address = catalog.last_translator = ""
    catalog.version, catalog.language_team = "1", ""
    path = path_of(language, ".po")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file,
            catalog,
            width=88,
            sort_output=True,
            no_location=True,
            omit_header=False,
        )
    path_of(language, ".mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    for name in TRANSLATED:
        update(name)
