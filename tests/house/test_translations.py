"""Every message of the pages is in the files that translators work from."""

from pathlib import Path

import pytest

from registry.web import messages

PAGES = messages.pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-3:]))
def test_extracted_messages_are_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path], f"{path.name} is behind the code: run `make messages`"
