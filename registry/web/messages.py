"""The pages' messages: `python -m registry.web.messages` extracts them anew into registry/translations.

messages.pot is what translators work from; each language's .po is brought up to it, keeping what is translated.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from registry.sync.reasons import RECORD_REASONS, RUN_REASONS
from registry.web.i18n import LANGUAGES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "registry" / "translations"
TEMPLATE = FOLDER / "messages.pot"
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "lazy_gettext": None}


def _found() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, filename="babel.cfg")
    for path, _line, message, _comments, _context in extract_from_dir(
        str(ROOT), methods, options, keywords=KEYWORDS, comment_tags=(), strip_comment_tags=False
    ):
        yield Path(path).as_posix(), message
    for reason in (*RUN_REASONS.values(), *RECORD_REASONS.values()):
        yield "registry/sync/reasons.py", reason


def extract() -> Catalog:
    """All marked messages of this checkout, with the files they stand in (no lines: those change all the time)."""
    catalog = Catalog(project="CASA Registry", charset="utf-8", fuzzy=False)
    for path, message in sorted(_found(), key=lambda item: (str(item[1]), item[0])):
        catalog.add(message, locations=[(path, 0)])
    return catalog


def as_text(catalog: Catalog) -> str:
    """The catalogue as it is written to a file: no dates, so that the same messages always give the same text."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, sort_output=True, include_lineno=False, omit_header=True)
    return f"{HEADER}\n{buffer.getvalue().decode('utf-8').strip()}\n"


HEADER = """\
# Messages of CASA Registry. Written by `make messages`.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def po_header(language: str, catalog: Catalog) -> str:
    """The header of a language's file: its plural forms."""
    return f'{HEADER}"Language: {language}\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"\n\n'


def updated(language: str, template: Catalog) -> str:
    """A language's file brought up to the template; translations that stand are kept, fuzzy guesses are not made."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    catalog = Catalog(locale=language, fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, sort_output=True, include_lineno=False, omit_header=True)
    return f"{po_header(language, catalog)}{buffer.getvalue().decode('utf-8').strip()}\n"


def pages() -> dict[Path, str]:
    """Path → text of every file that extraction gives: what a test compares with the files as committed."""
    template = extract()
    files = {TEMPLATE: as_text(template)}
    for language in LANGUAGES:
        files[FOLDER / language / "LC_MESSAGES" / "messages.po"] = updated(language, template)
    return files


def main() -> None:
    """Write the files, and compile them so that a running checkout shows them."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if path.suffix == ".po":
            with path.open("rb") as source, path.with_suffix(".mo").open("wb") as target:
                write_mo(target, read_po(source, locale=path.parent.parent.name))


if __name__ == "__main__":
    main()
