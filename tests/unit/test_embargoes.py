"""Embargoes: what a pair carries, which regimes stand against it, what lets it through; what a wrong file is told."""

import os
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import ConfigurationError
from registry.matching.eligibility import Block, check
from registry.matching.embargoes import reading
from registry.matching.embargoes.rules import Regimes, Release, flows, stops
from registry.matching.facts import Context, Line, NeedFacts, OfferFacts, Screening
from registry.yaml_files.reading import BadFile

TODAY = date(2026, 11, 23)
FILE = reading.current()
NEED = NeedFacts(1, "LBY", frozenset(), frozenset({"ammunition"}), (Line("equipment"),))
OFFER = OfferFacts(7, 3, frozenset({"equipment"}), frozenset({"ammunition", "legislation"}))
SMALL = """\
schema: 1
version: "3"
dated: 2026-11-23
assistance: [{types: [equipment], themes: [ammunition], carries: arms}]
finding: {id: not-covered, name: {en: Nothing covered}, items: [goods, ground]}
regimes:
- id: un-somewhere
  name: {en: Somewhere}
  body: Council
  states: [LBY]
  scope: territory
  measures: [arms]
  resolution: S/RES/1 (2001)
  since: 2001-01-01
  exemptions:
  - {id: notice, kind: notification, name: {en: Notice}, measures: [arms], items: [supplier, notified_on], WAY}
  source: {ref: S/RES/1 (2001)}
  proof: {checked: false, on: 2026-12-01, tried: words}
""".replace("WAY", "goods: all, recipient: any, source: p2, proof: {checked: false, on: 2026-12-01, tried: words}")


def release(measures: set[str], themes: Collection[str] = NEED.themes, *, finding: bool = False) -> Release:
    """A confirmed checklist for equipment and training in these themes."""
    types = frozenset({"equipment", "training", "funding", "expertise"})
    return Release(frozenset(measures), types, frozenset(themes), frozenset(), finding)


def blocks(need: NeedFacts = NEED, offer: OfferFacts = OFFER, **screening: object) -> list[Block]:
    context = Context(TODAY, screening=Screening(**{"regimes": FILE, **screening}))  # type: ignore[arg-type]
    return check(need, offer, context, 6)


def test_arms_for_an_embargoed_state_are_held_and_the_reason_names_its_source() -> None:
    (block,) = blocks()
    assert (block.code, block.held, block.need_field, block.offer_field) == ("embargo", True, "state", "types")
    said = block.message % block.params
    for word in ("Libya", "S/RES/1970 (2011)", "1970 Committee", "covers arms"):
        assert word in said
    assert "the Committee approves in advance" in block.unblock % block.params
    assert "not verified" not in said
    (unsure,) = blocks(replace(NEED, state="SSD"))
    assert "not verified" in unsure.message, "the last renewal that was found has run out"


def test_without_any_exemption_the_pair_is_blocked_outright() -> None:
    (block,) = blocks(replace(NEED, state="PRK"))
    assert (block.code, block.held) == ("embargo", False)
    assert "no exemption" in block.unblock % block.params


@pytest.mark.parametrize(
    ("types", "themes"),
    [
        ({"expertise"}, {"legislation"}),
        ({"training"}, {"record_keeping", "tracing"}),
        ({"equipment"}, {"marking"}),
        ({"funding"}, {"awareness", "gender"}),
        ({"expertise", "training", "equipment", "funding"}, {"data_research"}),
    ],
)
def test_assistance_that_carries_no_materiel_is_never_stopped(types: set[str], themes: set[str]) -> None:
    need = replace(NEED, themes=frozenset(themes), lines=tuple(Line(each) for each in sorted(types)))
    assert blocks(need, replace(OFFER, types=frozenset(types), themes=frozenset(themes))) == []


@pytest.mark.parametrize(
    ("type_", "theme", "measure"),
    [
        ("equipment", "ammunition", "arms"),
        ("training", "stockpile_mgmt", "training"),
        ("expertise", "law_enforcement", "technical_assistance"),
        ("funding", "physical_security", "financing"),
    ],
)
def test_each_kind_of_assistance_carries_its_own_flow(type_: str, theme: str, measure: str) -> None:
    assert flows(FILE.assistance, {type_}, {theme}) == {measure}


def test_of_advice_only_what_both_sides_share_counts() -> None:
    need = replace(NEED, themes=frozenset({"ammunition", "legislation"}), lines=(Line("equipment"), Line("expertise")))
    advice = replace(OFFER, types=frozenset({"expertise"}), themes=frozenset({"legislation"}))
    assert blocks(need, advice) == []
    assert [block.code for block in blocks(need, replace(advice, themes=frozenset()))] == ["embargo"]


def test_a_pair_without_a_theme_counts_as_carrying_what_its_types_can() -> None:
    nothing: frozenset[str] = frozenset()
    assert [block.code for block in blocks(replace(NEED, themes=nothing), replace(OFFER, themes=nothing))] == [
        "embargo"
    ]


def test_what_the_government_itself_asks_for_passes_an_embargo_on_armed_groups() -> None:
    for state in ("COD", "CAF", "IRQ", "LBN", "YEM", "SOM"):
        assert blocks(replace(NEED, state=state)) == [], state


def test_an_embargo_on_part_of_a_state_holds_until_it_is_known_where_the_supply_goes() -> None:
    (block,) = blocks(replace(NEED, state="SDN"))
    assert block.held and "outside Darfur" in block.unblock % block.params


@pytest.mark.parametrize("state", ["LBR", "CIV", "ERI", "SLE", "KEN"])
def test_a_lapsed_regime_and_a_state_without_one_stop_nothing(state: str) -> None:
    assert blocks(replace(NEED, state=state)) == []


@pytest.mark.parametrize(
    ("day", "held"), [(date(2008, 3, 30), []), (date(2008, 3, 31), ["un-drc-government-notice"]),
                      (date(2022, 12, 19), ["un-drc-government-notice"]), (date(2022, 12, 20), [])],
)  # fmt: skip
def test_a_regime_holds_from_its_first_day_to_the_day_before_it_ends(day: date, held: list[str]) -> None:
    assert [stop.regime.id for stop in stops(FILE, "COD", frozenset({"arms"}), day)] == held


def test_an_exemption_releases_its_own_pair_and_regime_and_only_the_flows_it_was_made_for() -> None:
    everything = release({"arms", "training"})
    assert blocks(released={(1, 7, "un-libya"): everything}) == []
    for key in ((2, 7, "un-libya"), (1, 8, "un-libya"), (1, 7, "un-haiti")):
        assert [block.code for block in blocks(released={key: everything})] == ["embargo"]
    assert [block.code for block in blocks(released={(1, 7, "un-libya"): release({"training"})})] == ["embargo"]


HAITI = NeedFacts(
    1, "HTI", frozenset(), frozenset({"collection", "ddr", "stockpile_mgmt"}), (Line("equipment"), Line("training"))
)
COLLECTION = replace(OFFER, themes=frozenset({"collection"}))


def test_equipment_is_judged_by_all_themes_of_the_need_and_waits_for_a_person() -> None:
    (block,) = blocks(HAITI, COLLECTION)
    assert (block.code, block.held, block.need_field) == ("embargo", True, "themes")
    said = block.message % block.params
    assert "also concerns ddr, stockpile_mgmt" in said and "Haiti" in said
    assert "Nothing is supplied that the embargo covers" in block.unblock % block.params
    for other in (replace(HAITI, state="KEN"), replace(HAITI, themes=frozenset({"collection", "gender"}))):
        assert blocks(other, COLLECTION) == []
    training = replace(COLLECTION, types=frozenset({"training"}))
    assert blocks(HAITI, training) == [], "training in what both share carries no goods"


@pytest.mark.parametrize("side", ["need", "offer"])
@pytest.mark.parametrize("state", ["HTI", "PRK"])
def test_words_that_name_arms_hold_a_pair_whatever_its_themes(side: str, state: str) -> None:
    arms = {"arms": frozenset({"rifles"})}
    need = replace(HAITI, state=state, themes=frozenset({"collection"}), **(arms if side == "need" else {}))
    (block,) = blocks(need, replace(COLLECTION, **(arms if side == "offer" else {})))
    assert (block.held, block.need_field) == (True, "title") and "names goods (rifles)" in block.message % block.params
    assert blocks(replace(need, state="KEN"), replace(COLLECTION, **arms)) == []
    assert blocks(replace(need, state="COD"), replace(COLLECTION, **arms)) == [], "the Government itself asks for it"


def test_a_finding_answers_what_is_possible_never_what_is_sure_nor_what_came_afterwards() -> None:
    found = {(1, 7, "un-haiti"): release({"arms"}, HAITI.themes, finding=True)}
    assert blocks(HAITI, COLLECTION, released=found) == []
    wider = replace(HAITI, themes=HAITI.themes | {"ammunition"})
    assert [block.code for block in blocks(wider, COLLECTION, released=found)] == ["embargo"]
    named = replace(HAITI, arms=frozenset({"rifles"}))
    assert [block.code for block in blocks(named, COLLECTION, released=found)] == ["embargo"]
    sure = replace(COLLECTION, themes=frozenset({"ddr"}))
    assert [block.code for block in blocks(HAITI, sure, released=found)] == ["embargo"]
    assert blocks(HAITI, sure, released={(1, 7, "un-haiti"): release({"arms"}, HAITI.themes)}) == []


@given(
    st.sets(st.sampled_from(["funding", "expertise", "equipment", "training"]), min_size=1),
    st.sets(st.sampled_from(["ammunition", "legislation", "marking", "law_enforcement", "gender"])),
    st.sampled_from(["LBY", "PRK", "HTI", "SDN", "KEN", "COD", "AFG"]),
)
def test_taking_the_cause_away_takes_away_this_rule_and_no_other(types: set[str], themes: set[str], state: str) -> None:
    need = replace(NEED, state=state, themes=frozenset(themes), lines=tuple(Line(each) for each in sorted(types)))
    offer = replace(OFFER, types=frozenset(types), themes=frozenset(themes), status="withdrawn")
    found = [block.code for block in blocks(need, offer)]
    assert [code for code in found if code != "embargo"] == ["not_open"]
    assert [block.code for block in blocks(need, offer, regimes=Regimes())] == ["not_open"]
    held = [block for block in blocks(need, offer) if block.code == "embargo"]
    every = need.themes or {"ammunition"}
    released = {
        (1, 7, block.params["regime_id"]): release(set(block.params["measures"].split(", ")), every) for block in held
    }
    assert [block.code for block in blocks(need, offer, released=released)] == ["not_open"]


def wrong(folder: Path, old: str, new: str) -> list[tuple[int, str, str]]:
    assert old in SMALL
    path = folder / "embargoes.yaml"
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadFile) as error:
        reading.read(path)
    return [(problem.line, problem.path, problem.message) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "words"),
    [
        ("scope: territory", "scope: planet", 11, "regimes.0.scope", "planet"),
        ("scope: territory", "scope: part", 11, "regimes.0.scope", "place"),
        ("scope: territory", "scope: actors", 11, "regimes.0.scope", "actors"),
        ("[LBY]", "[LBX]", 10, "regimes.0.states.0", "no State LBX"),
        ("since: 2001-01-01", "since: 2001-02-30", 14, "regimes.0.since", "no such day"),
        ("since: 2001-01-01", "since: 2001-01-01\n  until: 2000-01-01", 15, "regimes.0.until", "before it begins"),
        ("themes: [ammunition]", "themes: [cannons]", 4, "assistance.0.themes.0", "no theme cannons"),
        ("items: [supplier, notified_on]", "items: [supplier]", 16, "regimes.0.exemptions.0.items", "notified_on"),
        ("measures: [arms], items", "measures: [training], items", 16, "regimes.0.exemptions.0.measures", "not cover"),
        ("kind: notification", "kind: favour", 16, "regimes.0.exemptions.0.kind", "favour"),
        (
            "proof: {checked: false, on: 2026-12-01, tried",
            "proof: {checked: maybe, on: 2026-12-01, tried",
            16,
            "regimes.0.exemptions.0.proof.checked",
            "maybe",
        ),
        ("  proof: {checked: false", "  proof: {checked: true, page: a", 18, "regimes.0.proof", "url"),
        (
            "  proof: {checked: false, on: 2026-12-01",
            "  proof: {checked: false, on: 2026-02-30",
            18,
            "regimes.0.proof.on",
            "no such day",
        ),
        (
            "[supplier, notified_on]",
            "[notified_on, approval]",
            16,
            "regimes.0.exemptions.0.items",
            "not ask for approval",
        ),
        ("  source: {ref", "  source: {ref: b}\n  source: {ref", 18, "", "second time"),
    ],
)
def test_a_wrong_file_is_told_line_place_and_reason(
    tmp_path: Path, old: str, new: str, line: int, path: str, words: str
) -> None:
    (problem,) = wrong(tmp_path, old, new)
    assert problem[:2] == (line, path)
    assert words in problem[2]


def test_an_id_can_stand_once_only(tmp_path: Path) -> None:
    entry = SMALL[SMALL.index("- id: un-somewhere") :]
    (problem,) = wrong(tmp_path, entry, entry + entry)
    assert problem[1:] == ("regimes.1.id", "The id un-somewhere is used twice.")


def test_a_wrong_file_never_replaces_the_loaded_one_and_a_mended_one_does(tmp_path: Path) -> None:
    path = tmp_path / "embargoes.yaml"

    def put(text: str, stamp: int) -> None:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(stamp, stamp))

    put(SMALL, 1_000_000_000)
    kept = reading.Kept(path)
    assert kept.current().version == "3" and kept.trouble == []
    put(SMALL.replace('"3"', '"4"').replace("[LBY]", "[NOWHERE]"), 2_000_000_000)
    assert kept.current().version == "3" and [problem.line for problem in kept.trouble] == [10]
    path.unlink()
    assert kept.current().version == "3" and kept.trouble
    put(SMALL.replace('"3"', '"5"'), 3_000_000_000)
    assert kept.current().version == "5" and kept.trouble == []


def test_a_registry_without_any_good_file_matches_nothing_rather_than_everything(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"embargoes\.yaml"):
        reading.Kept(tmp_path / "embargoes.yaml").current()


def test_who_watches_a_regime_is_read_with_its_source_and_a_wrong_day_is_refused(tmp_path: Path) -> None:
    body = "  monitoring: [{kind: panel_of_experts, name: A panel, source: S/RES/1, until: DAY, PROOF}]\n".replace(
        "PROOF", "proof: {checked: false, on: 2026-12-01, tried: words}"
    )
    since = "  since: 2001-01-01"
    path = tmp_path / "good.yaml"
    path.write_text(SMALL.replace(since, body.replace("DAY", "2002-01-01") + since, 1), encoding="utf-8")
    (panel,) = reading.read(path).regimes[0].monitoring
    assert (panel.kind, panel.name, panel.until, panel.proof.checked) == (
        "panel_of_experts", "A panel", date(2002, 1, 1), False,
    )  # fmt: skip
    ((line, place, _),) = wrong(tmp_path, since, body.replace("DAY", "2002-02-30") + since)
    assert (line, place) == (14, "regimes.0.monitoring.0.until")


def test_what_the_registrys_own_file_calls_checked_names_the_page_and_the_day() -> None:
    facts = [(regime.id, name, proof) for regime in FILE.regimes for name, proof in regime.facts()]
    assert len(facts) > 70
    for regime, name, proof in facts:
        assert (proof.page and proof.url) if proof.checked else proof.tried, (regime, name)
        assert FILE.dated and proof.on <= FILE.dated
    assert 0.5 < sum(proof.checked for _, _, proof in facts) / len(facts) < 1
    assert all(regime.source["ref"] and regime.resolution for regime in FILE.regimes)
    assert {regime.id for regime in FILE.regimes if regime.until} >= {"un-somalia", "un-liberia"}


def test_a_regime_whose_last_known_renewal_has_run_out_holds_unverified() -> None:
    haiti = FILE.get("un-haiti")
    assert haiti and haiti.renewal and haiti.renewal.by == "S/RES/2794 (2025)"
    assert haiti.verified_on(haiti.renewal.runs_to) and haiti.holds_on(TODAY) and not haiti.verified_on(TODAY)


@pytest.mark.parametrize(
    ("state", "day", "held"),
    [("HTI", date(2022, 12, 1), ["un-haiti-listed"]), ("HTI", date(2023, 10, 1), ["un-haiti-listed"]),
     ("HTI", date(2023, 10, 2), ["un-haiti"]), ("IRN", date(2025, 9, 27), []), ("IRN", date(2025, 9, 28), ["un-iran"])],
)  # fmt: skip
def test_the_dates_that_were_wrong_are_right(state: str, day: date, held: list[str]) -> None:
    assert [stop.regime.id for stop in stops(FILE, state, frozenset({"arms"}), day)] == held


@pytest.mark.parametrize(
    ("regime", "kinds"),
    [
        ("un-haiti", {"security-forces": "standing", "committee": "approval"}),
        ("un-libya", {
            "government-non-lethal": "standing", "humanitarian": "standing", "protective-clothing": "standing",
            "reunification": "standing", "small-arms": "notification", "lethal": "approval", "committee": "approval",
        }),
        ("un-south-sudan", {
            "peace-agreement": "standing", "un-personnel": "standing", "humanitarian": "notification",
            "peace-agreement-lethal": "approval", "committee": "approval",
        }),
    ],
)  # fmt: skip
def test_standing_exemptions_notices_and_approvals_ask_for_different_things(regime: str, kinds: dict[str, str]) -> None:
    found = FILE.get(regime)
    assert found and {way.id: way.kind for way in found.exemptions} == kinds
    for way in found.exemptions:
        asked = {"notified_on", "approval", "approved_on", "ground", "document"} & set(way.items)
        assert asked == set(reading.MUST_ASK[way.kind])
        assert way.kind != "standing" or way.items == ("ground", "document")


def test_a_regime_on_certain_goods_is_never_sure_and_waits_for_a_finding() -> None:
    iran = replace(NEED, state="IRN")
    (block,) = blocks(iran)
    assert block.held and "not-covered" in block.params["way_ids"]
    found = {(1, 7, "un-iran"): release({"arms"}, NEED.themes, finding=True)}
    assert blocks(iran, released=found) == []
    assert blocks(replace(NEED, state="SSD"), released={(1, 7, "un-south-sudan"): found[1, 7, "un-iran"]}) != []
