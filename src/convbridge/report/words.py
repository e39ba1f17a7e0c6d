"""One language: its catalogue of messages and its way to write numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convbridge.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from convbridge.model.dates import DateWindow

LANGUAGES = {"en": "English", "pl": "Polski", "th": "ไทย"}
"""Languages a report can be in, by their own names."""
LOCALES = Path(__file__).parent / "locales"
DOMAIN = "convbridge"
_CODE_AND_NUMBER = re.compile(r"(?<=[A-Z])(?=\d)")
"""Where CLDR wants a space, and Babel puts none: THB 520."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a message for the catalogue; it is translated when it is shown."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    Messages, numbers, money and dates of one language.

    Amounts keep their currency's decimals; days and times keep their zone.
    """

    language: str
    catalogue: NullTranslations

    def gettext(self, text: str, **values: Any) -> str:
        """Return a message in this language, with the values put in."""
        found = self.catalogue.gettext(text)
        return found.format_map(values) if values else found

    def ngettext(self, one: str, many: str, n: int, **values: Any) -> str:
        """Return the form of a message that fits the number."""
        found = self.catalogue.ngettext(one, many, n)
        return found.format_map({"n": self.number(n), **values})

    def number(self, value: float, *, digits: int = 0) -> str:
        """Return a number, rounded half-even to so many decimals."""
        from babel.numbers import format_decimal  # noqa: PLC0415 - babel is slow

        places = "." + "0" * digits if digits else ""
        return format_decimal(value, f"#,##0{places}", locale=self.language)

    def amount(self, value: float | Decimal, currency: str) -> str:
        """Return money without its currency, for columns that name it once."""
        from babel.numbers import get_currency_precision  # noqa: PLC0415 - slow

        return self.number(float(value), digits=get_currency_precision(currency))

    def money(
        self, value: float | Decimal, currency: str, *, is_short: bool = False
    ) -> str:
        """Return money with its currency; a short one has no minor unit."""
        from babel import Locale  # noqa: PLC0415 - babel is slow
        from babel.numbers import format_currency  # noqa: PLC0415 - babel is slow

        pattern = None
        if is_short:
            formats = Locale.parse(self.language).currency_formats
            pattern = formats["standard"].pattern.replace(".00", "")
        text = format_currency(
            round(value) if is_short else value,
            currency,
            pattern,
            locale=self.language,
            currency_digits=not is_short,
        )
        return _CODE_AND_NUMBER.sub("\N{NO-BREAK SPACE}", text)

    def percent(self, value: float) -> str:
        """Return a share; small ones with a decimal."""
        from babel.numbers import format_percent  # noqa: PLC0415 - babel is slow

        places = "#,##0%" if abs(value) >= 0.1 or value == 0 else "#,##0.0%"
        return format_percent(value, places, locale=self.language)

    def change(self, before: float, after: float) -> str:
        """Return by how much a number moved, in percent of what it was."""
        if before <= 0:
            return "\N{EN DASH}"
        moved = self.percent(after / before - 1)
        return f"+{moved}" if after > before else moved

    def day(self, day: date) -> str:
        """Return a day."""
        from babel.dates import format_date  # noqa: PLC0415 - babel is slow

        return format_date(day, "d MMM y", locale=self.language)

    def window(self, window: DateWindow) -> str:
        """Return a window of days."""
        return f"{self.day(window.start)} \N{EN DASH} {self.day(window.end)}"

    def moment(self, moment: datetime) -> str:
        """Return a day and a time of day, in the zone the moment is in."""
        from babel.dates import format_datetime  # noqa: PLC0415 - babel is slow

        return format_datetime(moment, "d MMM y, HH:mm", locale=self.language)

    def chart_numbers(self) -> dict[str, Any]:
        """Return d3's description of this language's numbers."""
        from babel import Locale  # noqa: PLC0415 - babel is slow

        symbols = Locale.parse(self.language).number_symbols["latn"]
        return {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
        }


@cache
def words_for(language: str) -> Words:
    """
    Return the words of a language.

    Raises:
        ConfigError: Reports are not written in this language.
    """
    if language not in LANGUAGES:
        raise ConfigError(
            f"reports are not written in {language!r}",
            hint=f"languages are {', '.join(LANGUAGES)}",
        )
    if language == "en":  # messages are written in English
        return Words(language=language, catalogue=NullTranslations())
    found = translation(DOMAIN, LOCALES, languages=[language])
    return Words(language=language, catalogue=found)
