"""Forms keep what was typed, and a schema's errors find the input they are about."""

import pytest
from werkzeug.datastructures import MultiDict

from registry.errors import InvalidInput
from registry.web.conflicts import flat
from registry.web.forms import Form, expected_version, input_id, is_blank, nested


def test_names_with_dots_become_nested_data() -> None:
    typed = MultiDict([("title", "T"), ("lines.1.type", "b"), ("lines.0.type", "a"), ("lines.0.money.amount", "5")])
    assert nested(typed) == {"title": "T", "lines": [{"type": "a", "money": {"amount": "5"}}, {"type": "b"}]}


def test_rows_keep_their_order_and_lose_their_gaps() -> None:
    typed = MultiDict([("lines.10.type", "c"), ("lines.2.type", "b")])
    assert nested(typed) == {"lines": [{"type": "b"}, {"type": "c"}]}


def test_lists_collect_all_values_and_are_there_without_any() -> None:
    assert nested(MultiDict([("themes", "a"), ("themes", "b")]), lists=("themes",)) == {"themes": ["a", "b"]}
    assert nested(MultiDict(), lists=("themes",)) == {"themes": []}


def test_a_dot_inside_a_name_survives() -> None:
    assert nested(MultiDict([("answers.ii%2E7.value", "full")])) == {"answers": {"ii.7": {"value": "full"}}}
    assert Form({"answers": {"ii.7": {"value": "full"}}}).value("answers.ii%2E7.value") == "full"


def test_controls_of_the_form_are_no_data() -> None:
    assert nested(MultiDict([("csrf_token", "x"), ("version", "3"), ("do", "save")])) == {}


@pytest.mark.parametrize("names", [("a", "a.b"), ("a.b", "a"), ("a.0", "a.b.c")])
def test_names_that_contradict_one_another_break_nothing(names: tuple[str, ...]) -> None:
    assert isinstance(nested(MultiDict([(name, "1") for name in names])), dict)


def test_an_error_is_found_at_the_input_that_was_typed_into() -> None:
    form = Form({"lines": [{"money": {"amount": {"written": "many"}}}]}, {"lines.0.money.amount": ["Not an amount."]})
    assert form.value("lines.0.money.amount.written") == "many"
    assert form.errors_at("lines.0.money.amount.written") == ["Not an amount."]
    assert input_id("lines.0.money.amount") == input_id("lines.0.money.amount.written") == "f-lines-0-money-amount"


def test_a_row_of_nothing_but_defaults_is_blank() -> None:
    assert is_blank({"type": "", "money": {"amount": {"written": " "}, "currency": "USD"}}, ("currency",))
    assert not is_blank({"type": "", "quantity": "4"})


@pytest.mark.parametrize("text", ["", "-1", "1.5", "٣", "9" * 30])
def test_a_form_that_does_not_say_its_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        expected_version({"version": text})


def test_flat_values_read_back_as_the_same() -> None:
    values = {"title": "T", "themes": ["a", "b"], "lines": [{"money": {"amount": {"written": "5"}}}, {"type": "x"}]}
    typed = MultiDict(list(flat(values)))
    assert nested(typed, lists=("themes",)) == values
