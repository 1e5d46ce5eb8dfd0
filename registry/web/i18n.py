"""Languages of the pages: chosen by the address `/<lang>/…`, so that a link always shows the same page.

Content has a language of its own: `narrative` picks the best one there is, `lang_attributes` marks it in the page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale, gettext
from markupsafe import Markup, escape

from registry.errors import RegistryError
from registry.http import RegistryFlask

LANGUAGES = {"en": "English"}
"""Code → its own name, for every language the pages are translated into."""

DEFAULT = "en"
URL_PREFIX = f"/<any({', '.join(LANGUAGES)}):lang>"


@dataclass(frozen=True)
class Words:
    """A text and its language, as chosen for this reader; `lang` empty: not known."""

    text: str
    lang: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


def install(app: RegistryFlask) -> None:
    """Take the language from the address and give it to every link made in this request."""
    Babel(app, locale_selector=language, default_locale=DEFAULT)

    @app.url_value_preprocessor
    def _take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and (request.endpoint or "").startswith("web."):
            g.language = values.pop("lang", DEFAULT)

    @app.url_defaults
    def _give(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint.startswith("web.") and "lang" not in values:
            values["lang"] = language()

    @app.get("/", endpoint="web_root")
    def _root() -> ResponseReturnValue:
        response = redirect(url_for("web.overview.home"))
        response.vary.add("Accept-Language")
        return response


def language() -> str:
    """The language of this request: the address's, else the best of what the browser asks for."""
    chosen = g.get("language")
    if chosen is None:
        chosen = g.language = request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT
    return str(chosen)


def direction() -> str:
    """`ltr` or `rtl`, of the page's language."""
    return str(get_locale().text_direction) if get_locale() else "ltr"


def narrative(narratives: Iterable[Mapping[str, Any]] | None, fallback: str = "") -> Words:
    """The text of a list of `{"text", "lang"}` in the reader's language, else English, else whichever comes first."""
    found = [item for item in narratives or () if item.get("text")]
    for wanted in (language(), "en"):
        for item in found:
            if (item.get("lang") or "").partition("-")[0] == wanted:
                return Words(item["text"], item["lang"])
    return Words(found[0]["text"], found[0].get("lang") or "") if found else Words(fallback)


def lang_attributes(lang: str | None) -> Markup:
    """` lang="fr" dir="auto"` for content whose language is not (or may not be) the page's own; nothing where it is."""
    if lang == language():
        return Markup("")
    return Markup(' lang="%s" dir="auto"') % escape(lang) if lang else Markup(' dir="auto"')


def message(error: RegistryError) -> str:
    """A domain error's message in the reader's language."""
    text = gettext(error.message)
    return text % error.params if error.params else text
