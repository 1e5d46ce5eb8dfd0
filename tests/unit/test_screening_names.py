"""Names compared for screening: any script, order and way to write; few false friends; evidence that adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching.screening.index import Index, Name, names_of
from registry.matching.screening.names import alike, compare, keys, sound, weigher, words
from registry.matching.screening.screening import THRESHOLD

PARTIES: list[tuple[str, dict[str, object]]] = [
    ("entity", {"name": "Green Crescent Relief Foundation", "original_name": "مؤسسة الهلال الأخضر للإغاثة",
                "aliases": [{"name": "Grn-Cresc", "quality": "low"}, {"name": "Hilal Akhdar", "quality": "good"}]}),
    ("person", {"name": "Yusuf Karim al-Nashiri", "aliases": [{"name": "Abu Karim", "quality": "low"}]}),
    ("entity", {"name": "Korund Mining Trading Corporation", "aliases": [{"name": "KOMTC", "quality": "aka"}]}),
    ("entity", {"name": "Северный Оружейный Завод"}),
    ("entity", {"name": "Trading Foundation Relief Corporation Holding"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def index() -> Index:
    return Index([name for i, (kind, document) in enumerate(PARTIES) for name in names_of(i, kind, document)])


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("Green Crescent Relief Foundation", 0),
        ("GREEN CRESCENT RELIEF FOUNDATION (Kisumu office)", 0),
        ("Foundation for Relief, Green Crescent", 0),
        ("Gren Cresent Relief Fundation", 0),
        ("مؤسسة الهلال الاخضر للاغاثة", 0),
        ("Al-Hilal al-Akhdar", 0),
        ("Youssef Kareem Alnashiri", 1),
        ("Yusuf Karim Nashiry", 1),
        ("Юсуф Карим ан-Нашири", 1),
        ("komtc", 2),
        ("Severnyy Oruzheynyy Zavod", 3),
        ("Severny Oruzheyny Zavod", 3),
    ],
)
def test_a_party_is_found_however_its_name_is_written(index: Index, name: str, party: int) -> None:
    found = index.search([name], THRESHOLD)
    assert [item.party_id for item in found][:1] == [party], index.search([name], 0.3)[:3]
    assert found[0].evidence()["words"] and found[0].evidence()["name"] == name


@pytest.mark.parametrize(
    "name",
    ["Green Party", "Relief Foundation", "Crescent Hotel", "Yusuf Hassan", "Karim", "Ministry of Mining",
     "Korund", "Red Cross", "Trading Corporation", "小武器控制中心", "", "—"],
)  # fmt: skip
def test_what_shares_only_usual_words_is_nobody(index: Index, name: str) -> None:
    assert index.search([name], THRESHOLD) == []


def test_one_name_of_a_person_is_nobodys_and_a_weak_single_alias_is_not_compared(index: Index) -> None:
    assert index.search(["Nashiri"], THRESHOLD) == []
    weak = {"name": "Long Enough Name", "aliases": [{"name": "Long", "quality": "low"}]}
    assert [name.text for name in names_of(1, "person", weak)] == ["Long Enough Name"]


def test_a_word_that_many_share_weighs_little() -> None:
    weigh = weigher({"trading": 40, "korund": 1})
    common = compare(("korund", "trading"), ("halima", "trading"), weigh, contained=False).score
    rare = compare(("korund", "trading"), ("korund", "export"), weigh, contained=False).score
    assert common < 0.3 < 0.6 < rare


def test_only_parties_that_were_asked_for_are_found(index: Index) -> None:
    assert index.search(["komtc", "Green Crescent Relief Foundation"], THRESHOLD, {2})[0].party_id == 2


WORD = st.text("abcdefghiklmnoprstuw", min_size=1, max_size=12)
NAMES = st.lists(WORD, min_size=1, max_size=6).map(tuple)


@given(NAMES, NAMES)
def test_likeness_lies_within_bounds_looks_both_ways_and_is_whole_for_the_same(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    weigh = weigher({})
    there, back = compare(one, other, weigh, contained=False), compare(other, one, weigh, contained=False)
    assert 0 <= there.score <= 1 and there.score == pytest.approx(back.score, abs=1e-3)
    assert compare(one, one, weigh, contained=False).score == 1
    assert compare(one, tuple(reversed(one)), weigh, contained=False).score == 1


@given(WORD, WORD)
def test_words_are_alike_both_ways_and_what_sounds_the_same_shares_a_key(one: str, other: str) -> None:
    assert alike(one, other) == pytest.approx(alike(other, one))
    if len(sound(one)) > 1 and sound(one) == sound(other):  # a single consonant finds nobody but itself
        assert keys(one) & keys(other)


def test_a_name_of_articles_alone_keeps_them_and_scripts_come_out_in_latin_letters() -> None:
    assert words("The") == ("the",) and words("Al-Qaïda of the East") == ("qaida", "east")
    assert words("小武器") and words("小武器")[0].isascii()
    assert Name(1, "person", "x", words("x"), "main").words == ("x",)
