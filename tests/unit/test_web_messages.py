"""The lists of messages are what the code and the pages say now."""

import re

from registry.web import messages


def test_messages_of_pages_and_of_services_are_both_in_the_list() -> None:
    text = messages.TEMPLATE.read_text(encoding="utf-8")
    assert 'msgid "Somebody else changed this record while you were editing it."' in text
    assert 'msgid "Skip to the content"' in text
    assert "A date that is no day of the calendar." in text


def test_no_place_of_this_machine_is_in_the_list() -> None:
    assert not re.search(r"#: /|POT-Creation-Date", messages.TEMPLATE.read_text(encoding="utf-8"))
