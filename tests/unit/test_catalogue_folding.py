"""Folding and tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.folding import fold, plain_key, runs, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("État-Major", "etat-major"),
        ("Ёлка", "елка"),
        ("Straße", "STRASSE"),
        ("ﬁnance", "finance"),
        ("ＡＢＣ", "abc"),
        ("مُراقَبَةُ", "مراقبه"),
        ("الأسلحة", "الاسلحه"),
        ("إدارة", "اداره"),
        ("ســودان", "سودان"),
        ("على", "علي"),
        ("مسؤول", "مسوول"),
        ("niño", "nino"),
    ],
)
def test_what_a_person_calls_the_same_folds_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_han_runs_become_overlapping_pairs_and_their_last_character() -> None:
    assert tokens("小武器ABC管") == ["小武", "武器", "器", "abc", "管"]
    assert tokens("") == []


def test_words_are_cut_at_punctuation_and_underscores() -> None:
    assert runs("XM-DAC-41114_PROJ.0012/a") == ["xm", "dac", "41114", "proj", "0012", "a"]
    assert plain_key("  Bolivia (Plurinational State of) ") == "bolivia plurinational state of"


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)).split() == fold(text).split()


@given(st.text(max_size=200))
def test_no_token_holds_what_would_need_quoting(text: str) -> None:
    assert not set("".join(tokens(text))) & set(" _'\"\\:*&|!()<>^{}-+.,\0\n"), tokens(text)
