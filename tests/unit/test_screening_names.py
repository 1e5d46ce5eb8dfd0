"""Names compared for screening: any script, order and way to write; few false friends; evidence that adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching.screening import forms
from registry.matching.screening.comparing import compare_bodies, compare_persons, weigher
from registry.matching.screening.index import Index, names_of
from registry.matching.screening.names import Name, Token, alike, keys, of_body, of_person, sound
from registry.settings import Settings

THRESHOLD = Settings().screening_threshold
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


INVENTED: list[tuple[str, dict[str, object]]] = [
    ("person", {"name": "MUSTAFA ABD AL-QADIR HADDAD", "original_name": "مصطفى عبد القادر حداد",
                "births": [{"year": "1970"}]}),
    ("person", {"name": "SERGEI IVANOVICH TCHERNYSHOV", "original_name": "Сергей Иванович Чернышов"}),
    ("person", {"name": "JOHN PAUL OKELLO"}),
    ("person", {"name": "LI WEI", "original_name": "李伟"}),
    ("entity", {"name": "EASTERN STAR TRADING COMPANY LTD"}),
    ("entity", {"name": "AL-NOUR FOUNDATION FOR RELIEF"}),
    ("entity", {"name": "BLACK RIVER SECURITY SERVICES (BRSS)"}),
    ("person", {"name": "Joseph Kony"}),
    ("entity", {"name": "FOCA"}),
    ("entity", {"name": "Ministry of Defence"}),
    ("person", {"name": "PAK CHOL SU"}),
    ("entity", {"name": "Second Brigade 39",
                "aliases": [{"name": "Halqat Nur; Halkat Nour b) Circle of Orvand", "quality": "aka"}]}),
]  # fmt: skip


@pytest.fixture(scope="module")
def invented() -> Index:
    return Index([name for i, (kind, document) in enumerate(INVENTED) for name in names_of(i, kind, document)])


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("John Okello", 2), ("Okello, John P.", 2), ("Mustafa Haddad", 0), ("مصطفى حداد", 0),
        ("Moustapha Abdelkader Haddad", 0),
        ("Mustafa Abdulqadir Haddad", 0), ("Sergey Chernyshov", 1), ("Dr. Sergei I. Chernyshov", 1), ("李伟", 3),
        ("Eastern Star Trading Co Ltd", 4), ("ООО Eastern Star Trading", 4), ("Eastern Star Trading ش.م.م", 4),
        ("Al-Nour Foundation", 5), ("Mu'assasat al-Nur", 5), ("Al-Noor Foundation (ANF)", 5),
        ("the so-called “Black River Security Services”", 6), ("Black River Sec. Services", 6), ("BRSS", 6),
        ("Park Cheol Soo", 10),
        ("Brigade 39, Second", 11), ("Circle of Orvand", 11), ("Halkat Nour", 11),
    ],
)  # fmt: skip
def test_ordinary_variants_are_found(invented: Index, name: str, party: int) -> None:
    assert [item.party_id for item in invented.search([name], THRESHOLD)] == [party], invented.nearest([name])


@pytest.mark.parametrize(
    "name",
    ["Kenya", "FCO", "Ministry of Defence", "Defence Ministry of Kenya", "Okello", "John Peter Okello", "Fonda", "FOCO",
     "Li Na", "Sergey Petrovich Chernyshov", "Western Star Trading Co Ltd", "Black Forest Security Services",
     "Star", "Trading Company Ltd", "Relief Foundation", "Second Brigade 44", "Kim Chol Su"],
)  # fmt: skip
def test_ordinary_partners_are_left_alone(invented: Index, name: str) -> None:
    assert invented.search([name], THRESHOLD) == []


def test_what_is_omitted_takes_little_and_what_is_contradicted_takes_much(invented: Index) -> None:
    omitted, contradicted = (
        invented.nearest([name], 1)[0] for name in ("Mustafa Haddad", "Mustafa Karim Haddad")
    )  # fmt: skip
    assert omitted.score > 0.95 > THRESHOLD > contradicted.score
    assert omitted.evidence()["missing"] == ["abd qadir"] and omitted.evidence()["against"] == []
    assert contradicted.evidence()["against"] == [["karim", "abd qadir"]]
    unknown, same, other = (invented.nearest(["Mustafa Haddad"], 1, born=born)[0] for born in (None, 1971, 1990))
    assert unknown.score == same.score > THRESHOLD > other.score
    assert other.evidence()["against"][-1] == ["1990", "1970"]


def test_the_nearest_names_have_their_figure_below_the_threshold_too(invented: Index) -> None:
    near = invented.nearest(["Ministry of Defence"], 3)
    assert near[0].listed == "Ministry of Defence" and 0 < near[0].score < THRESHOLD


@pytest.mark.parametrize(
    "written",
    [
        "Orvand LLC",
        "Orvand GmbH",
        "ООО Orvand",
        "Orvand S.A.R.L.",
        "Orvand ذ.م.م",
        "Orvand 有限公司",
        "Orvand Pvt. Ltd.",
    ],
)
def test_legal_forms_have_one_normal_form(written: str) -> None:
    assert sorted(token.symbol or token.text for token in of_body(written).tokens) == ["form:limited", "orvand"]


def test_the_table_holds_states_and_no_phrase_is_empty() -> None:
    phrases = forms.table().phrases
    assert phrases["kenya",] == phrases["肯尼亚",] == "state:KEN" and phrases["1st",] == "number:1"
    assert phrases["وزاره",] == phrases["ministerio",] == "word:ministry"
    assert all(phrase and all(phrase) for phrase in phrases)


def test_a_word_that_many_share_weighs_little() -> None:
    weigh = weigher({"karim": 40, "korund": 1})
    common = compare_persons(of_person("Korund Karim Orvand"), of_person("Halima Karim Orvand"), weigh).score
    rare = compare_persons(of_person("Korund Karim Orvand"), of_person("Korund Karim Ostrand"), weigh).score
    assert common < THRESHOLD and rare < THRESHOLD


def test_only_parties_that_were_asked_for_are_found(index: Index) -> None:
    assert index.search(["komtc", "Green Crescent Relief Foundation"], THRESHOLD, {2})[0].party_id == 2


WORD = st.text("abcdefghiklmnoprstuw", min_size=1, max_size=12)
NAMES = st.lists(WORD, min_size=1, max_size=6).map(lambda words: Name(tuple(Token(word, word) for word in words)))


@given(NAMES, NAMES)
def test_likeness_lies_within_bounds(one: Name, other: Name) -> None:
    for compare in (compare_persons, compare_bodies):
        assert 0 <= compare(one, other, weigher({})).score <= 1
    if len(one.tokens) > 1 and sum(len(token.text) > 3 for token in one.tokens) > 1:
        assert compare_persons(one, one, weigher({})).score >= THRESHOLD


@given(WORD, WORD)
def test_words_are_alike_both_ways_and_what_sounds_the_same_shares_a_key(one: str, other: str) -> None:
    assert alike(one, other) == pytest.approx(alike(other, one))
    if len(sound(one)) > 1 and sound(one) == sound(other):  # a single consonant finds nobody but itself
        assert keys(one) & keys(other)


@pytest.mark.parametrize("text", ["The", "—", "", "a", "(X)", "有限公司", "the so-called"])
def test_whatever_is_left_of_a_name_can_be_compared(text: str, invented: Index) -> None:
    assert invented.search([text], THRESHOLD) == []
