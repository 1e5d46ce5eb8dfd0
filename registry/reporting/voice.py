"""Words, numbers, days and money in one of the six languages, without a request: for files and commands."""

import gettext
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from registry.catalogue.money import to_decimal
from registry.compliance.editions import text_in

TRANSLATIONS = Path(__file__).parents[1] / "translations"


class Voice:
    """One language. The same arguments always give the same text."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self._words = gettext.translation("messages", TRANSLATIONS, [language], fallback=True)

    @property
    def is_rtl(self) -> bool:
        """Whether the language is written from right to left."""
        return self.locale.text_direction == "rtl"

    def say(self, message: str, **values: Any) -> str:
        """A message (N_) with its named values."""
        text = self._words.gettext(message)
        return text % values if values else text

    def text(self, texts: Mapping[str, str] | str) -> str:
        """Language → text: this language's, else English."""
        return text_in(texts, self.language) if texts else ""

    def day(self, iso: str | date | None) -> str:
        """A calendar day; "" for none."""
        day = date.fromisoformat(iso) if isinstance(iso, str) and iso else iso
        return format_date(day, "d MMM y", locale=self.locale) if day else ""

    def number(self, value: float | None) -> str:
        """A number with this language's marks, at most two decimals; "" for none."""
        return "" if value is None else format_decimal(round(value, 2), locale=self.locale)

    def money(self, amount: int | None, currency: str) -> str:
        """Minor units as money, whole amounts without decimals; "" for none."""
        if amount is None:
            return ""
        exact = to_decimal(amount, currency)
        whole = int(exact) if exact == exact.to_integral_value() else exact
        return f"{currency}\N{NO-BREAK SPACE}{format_decimal(whole, locale=self.locale)}"
