"""The reference tables hold together: codes are unique, names are in their scripts, every link leads somewhere."""

import re
from collections import Counter

import pytest

from registry.catalogue import money, reference
from registry.catalogue.reference import LANGUAGES

SCRIPTS = {"ar": r"[\u0600-\u06ff]", "ru": r"[\u0400-\u04ff]", "zh": r"[\u4e00-\u9fff]"}


def test_there_are_193_members_and_two_observers() -> None:
    kinds = Counter(state.kind for state in reference.states().values())
    assert kinds == {"member": 193, "observer": 2}


def test_codes_are_unique_over_all_areas() -> None:
    areas = reference.areas().values()
    for code in ("alpha3", "alpha2", "m49"):
        values = [value for area in areas if (value := getattr(area, code))]
        assert len(values) == len(set(values)), code
    for area in areas:
        assert re.fullmatch(r"[A-Z]{3}", area.alpha3) and re.fullmatch(r"[A-Z]{2}", area.alpha2)
        assert re.fullmatch(r"\d{3}|", area.m49)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_is_there_in_its_script_and_unlike_the_others(language: str) -> None:
    names = [area.names[language] for area in reference.areas().values()]
    assert all(names)
    if language in SCRIPTS:
        assert all(re.search(SCRIPTS[language], name) for name in names)
    twice = [name for name, count in Counter(names).items() if count > 1]
    assert not twice


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("BOL", "en", "Bolivia (Plurinational State of)"),
        ("IRN", "fr", "Iran (République islamique d’)"),
        ("PRK", "es", "República Popular Democrática de Corea"),
        ("KOR", "zh", "大韩民国"),
        ("RUS", "ru", "Российская Федерация"),
        ("PSE", "ar", "دولة فلسطين"),
        ("TUR", "en", "Türkiye"),
        ("IRQ", "fr", "Iraq"),
        ("DJI", "es", "Djibouti"),
        ("NZL", "es", "Nueva Zelandia"),
        ("ECU", "ar", "إكوادور"),
        ("MDV", "ru", "Мальдивские Острова"),
        ("BES", "en", "Bonaire, Sint Eustatius and Saba"),
        ("XKX", "en", "Kosovo (under Security Council resolution 1244 (1999))"),
        ("HKG", "en", "China, Hong Kong Special Administrative Region"),
    ],
)
def test_names_follow_united_nations_usage(code: str, language: str, name: str) -> None:
    assert reference.areas()[code].name(language) == name


@pytest.mark.parametrize("text", ["KEN", "ke", "404", "Kenya", "肯尼亚", "كينيا", "Кения", " kenya "])
def test_a_state_is_found_by_any_code_or_name(text: str) -> None:
    state = reference.resolve_state(text)
    assert state is not None and state.alpha3 == "KEN"


@pytest.mark.parametrize(
    ("text", "code"),
    [("Syria", "SYR"), ("Tanzania", "TZA"), ("uk", "GBR"), ("Vietnam", "VNM"), ("DR Congo", "COD"), ("Congo", "COG")],
)
def test_a_state_is_found_by_the_short_names_that_people_write(text: str, code: str) -> None:
    state = reference.resolve_state(text)
    assert state is not None and state.alpha3 == code


def test_no_short_name_takes_another_state_s_name() -> None:
    names = {name.casefold(): state.alpha3 for state in reference.states().values() for name in state.names.values()}
    for row in reference.read_table("aliases.csv"):
        assert names.get(row["name"].casefold(), row["alpha3"]) == row["alpha3"]


def test_every_state_stands_in_a_region_and_the_world_holds_all() -> None:
    regions = reference.regions()
    assert all(state.region in regions for state in reference.states().values())
    assert set(reference.states()) <= set(regions["001"].members)
    assert "KEN" in regions["002"].members and "KEN" not in regions["142"].members


def test_every_other_area_but_antarctica_stands_in_a_region() -> None:
    regions = reference.regions()
    assert [area.alpha3 for area in reference.areas().values() if area.region not in regions] == ["ATA"]


def test_landlocked_and_island_do_not_meet() -> None:
    assert not [state.alpha3 for state in reference.states().values() if state.lldc and state.sids]


@pytest.mark.parametrize(("dac", "m49"), [("298", "002"), ("789", "142"), ("1030", "011"), ("380", "029")])
def test_a_region_of_the_dac_is_shown_as_an_m49_region_that_holds_it(dac: str, m49: str) -> None:
    assert reference.region_of_iati(dac) == m49


def test_groupings_have_the_size_that_their_source_gives() -> None:
    states = reference.states().values()
    counted = {name: sum(getattr(s, name) for s in states) for name in ("ldc", "lldc", "sids", "oda")}
    assert counted == {"ldc": 44, "lldc": 32, "sids": 37, "oda": 135}
    assert not [s.alpha3 for s in states if s.ldc and not s.oda]


def test_every_theme_speaks_six_languages() -> None:
    for theme in reference.themes().values():
        assert set(theme.names) == set(LANGUAGES)
        assert all(len(theme.keywords[language]) >= 3 for language in LANGUAGES), theme.id


@pytest.mark.parametrize(("code", "digits"), [("USD", 2), ("XOF", 0), ("UGX", 0), ("JOD", 3), ("ITL", 0), ("JPY", 0)])
def test_minor_units_follow_iso_4217(code: str, digits: int) -> None:
    assert money.minor_units(code) == digits


def test_no_currency_has_two_rates_for_a_year() -> None:
    rows = Counter((row["currency"], row["year"]) for row in reference.read_table("rates.csv"))
    assert max(rows.values()) == 1


def test_rates_are_of_known_currencies_and_plausible() -> None:
    known = money.currencies()
    for row in reference.read_table("rates.csv"):
        assert row["currency"] in known
        assert 0 < float(row["usd_per_unit"]) < 5
        assert 1999 < int(row["year"]) < 2100
        assert row["checked"] == "no" and row["source"]


def test_states_are_understood_by_their_usual_names_in_the_six_languages_and_by_the_world_banks() -> None:
    said = {
        "Royaume-Uni": "GBR", "Russie": "RUS", "Bielorrusia": "BLR", "Arabia Saudí": "SAU", "Молдова": "MDA",
        "Центрально-Африканская Республика": "CAF", "روسيا": "RUS", "ساحل العاج": "CIV", "英国": "GBR", "韩国": "KOR",
        "Congo, Dem. Rep.": "COD", "Congo, Rep.": "COG", "Korea, Dem. People's Rep.": "PRK", "Yemen, Rep.": "YEM",
        "St. Lucia": "LCA", "Slovak Republic": "SVK", "Trinidad & Tobago": "TTO",
    }  # fmt: skip
    found = {text: (state.alpha3 if (state := reference.resolve_state(text)) else None) for text in said}
    assert found == said
    assert [reference.resolve_state(text) for text in ("Korea", "Narnia", "Hong Kong", "Kosovo")] == [None] * 4
