"""The gate: nested errors become dotted paths, what no database takes is refused, opaque tokens come back as given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, validates_schema

from registry.errors import InvalidInput
from registry.schemas import LARGEST_ID, RecordId, decode_opaque, encode_opaque, load


class Line(Schema):
    amount = fields.Integer(required=True)
    note = fields.String()

    @validates_schema
    def check(self, data: dict, **_: object) -> None:
        if data["amount"] == 13:
            raise ValidationError("Not this one.")


class Thing(Schema):
    title = fields.String(required=True)
    lines = fields.List(fields.Nested(Line))
    tags = fields.List(fields.String())
    names = fields.Dict(keys=fields.String(), values=fields.Integer())
    owner = RecordId(data_key="owner_id")
    extra = fields.Raw()

    @validates_schema
    def check(self, data: dict, **_: object) -> None:
        if data.get("title") == "bad":
            raise ValidationError("Nothing fits.")


def errors(data: object, partial: bool = False) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        load(Thing(), data, partial=partial)
    return caught.value.fields


@pytest.mark.parametrize(
    "data, paths",
    [
        ({}, {"title"}),
        ({"title": "x", "lines": [{"amount": 1}, {"amount": "y"}]}, {"lines.1.amount"}),
        ({"title": "x", "lines": [{"amount": 13}]}, {"lines.0"}),
        ({"title": "x", "lines": "no"}, {"lines"}),
        ({"title": "x", "tags": ["a", 3]}, {"tags.1"}),
        ({"title": "x", "names": {"fr": "many"}}, {"names.fr"}),
        ({"title": "x", "owner_id": 0}, {"owner_id"}),
        ({"title": "x", "owner_id": LARGEST_ID + 1}, {"owner_id"}),
        ({"title": "x", "owner_id": True}, {"owner_id"}),
        ({"title": "x", "titel": 1, "a.b": 2}, {"titel", "a%2Eb"}),
        ({"title": "bad"}, {"_schema"}),
        ([], {"_schema"}),
        ("text", {"_schema"}),
        (None, {"_schema"}),
        ({"title": "a\0b"}, {"title"}),
        ({"title": "x", "lines": [{"amount": 1, "note": "\ud800"}]}, {"lines.0.note"}),
        ({"title": "x", "extra": {"a": ["\0"]}}, {"extra.a.0"}),
        ({"title": "x", "k\0": 1}, {"_schema"}),
    ],
)
def test_an_error_names_its_place(data: object, paths: set[str]) -> None:
    found = errors(data)
    assert set(found) == paths
    assert all(messages and all(isinstance(m, str) for m in messages) for messages in found.values())


def test_what_is_nested_too_deeply_is_refused_before_any_schema_sees_it() -> None:
    deep: list = []
    for _ in range(500):
        deep = [deep]
    assert "nested" in str(errors({"title": "x", "extra": deep}))


def test_partial_loads_what_is_there() -> None:
    assert load(Thing(), {"tags": ["a"]}, partial=True) == {"tags": ["a"]}
    assert set(errors({"lines": [{"amount": "x"}]}, partial=True)) == {"lines.0.amount"}


@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53), st.text(st.characters(codec="utf-8")), st.booleans()))
)
def test_an_opaque_token_comes_back_as_given(values: list) -> None:
    token = encode_opaque(values)
    assert token.isascii() and not set(token) & set("+/= &?#%")
    assert decode_opaque(token, "after") == values


@given(st.text())
def test_no_text_makes_the_reader_of_tokens_fail_otherwise_than_by_naming_the_field(text: str) -> None:
    try:
        assert isinstance(decode_opaque(text, "after"), list)
    except InvalidInput as error:
        assert list(error.fields) == ["after"]
