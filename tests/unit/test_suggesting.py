"""Themes that a text suggests: each language finds its own words, and what says nothing of arms suggests nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.reference import themes
from registry.matching import suggesting
from registry.matching.suggesting import Model, suggest


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("We ask for machines that mark each weapon of the police with a number", "marking"),
        ("Nous demandons des conteneurs pour stocker des munitions", "ammunition"),
        ("Rastreo de armas halladas en la escena de un delito", "tracing"),
        ("نحتاج إلى آلات وسم", "marking"),
        ("Учёт оружия в электронном реестре", "record_keeping"),
        ("需要打标机和培训", "marking"),
    ],
)
def test_each_language_finds_its_theme_first(text: str, theme: str) -> None:
    assert suggest(text)[0].theme == theme


@pytest.mark.parametrize("text", ["Rural water supply for villages", "The weather is nice today", "", "12 34 !?"])
def test_a_text_about_something_else_suggests_nothing(text: str) -> None:
    assert suggest(text) == []


@given(st.text(max_size=300))
def test_any_text_gives_known_themes_best_first_and_the_same_each_time(text: str) -> None:
    found = suggest(text)
    assert found == suggest(text) and len(found) <= suggesting.MOST
    assert {one.theme for one in found} <= set(themes())
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)


def test_likeness_is_one_for_the_words_themselves_and_none_for_runs_that_all_have() -> None:
    model = Model({"a": ["weapon mark"], "b": ["weapon trace"]})
    assert model.likeness("weapon mark")["a"] == pytest.approx(1)
    assert model.likeness("weapon") == {"a": 0, "b": 0}
    assert math.isclose(model.likeness("trace mark")["a"], model.likeness("mark trace")["a"], rel_tol=0.2)


def test_of_a_long_text_only_the_beginning_is_looked_at() -> None:
    assert suggest(" " * suggesting.MAX_TEXT + "marking of weapons") == []
