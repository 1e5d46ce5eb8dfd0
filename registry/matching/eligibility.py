"""Which pairs of need and offer are possible at all: rules that each give the reasons against a pair, or none. Pure.

A block says in words what stands against the pair, which field of which side says so, and what would lift it. What is
not known does not block, except a donor's condition: nobody may be promised money on a guess.
"""

import math
from collections.abc import Callable, Iterator

from registry.errors import N_
from registry.matching.blocks import Block
from registry.matching.conditions import conditions
from registry.matching.embargoes.rules import Load, Stop, flows, stops
from registry.matching.facts import DAYS_PER_MONTH, Context, NeedFacts, OfferFacts, overlap, reach


def check(
    need: NeedFacts, offer: OfferFacts, context: Context, min_overlap_months: float, *, lasting: bool = False
) -> list[Block]:
    """All reasons against the pair, in the rules' order; empty: the pair is eligible.

    `lasting`: only the rules that still hold once an amount is agreed (LASTING).
    """
    rules = LASTING if lasting else RULES
    return [block for rule in rules for block in rule(need, offer, context, min_overlap_months)]


def is_eligible(need: NeedFacts, offer: OfferFacts, context: Context, min_overlap_months: float) -> bool:
    """Whether nothing stands against the pair; stops at the first reason."""
    return next((False for rule in RULES for _ in rule(need, offer, context, min_overlap_months)), True)


def _both_open(need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    if need.status != "open":
        yield Block(
            "not_open",
            N_("The need is not open: its status is “%(status)s”."),
            "status",
            None,
            N_("The State opens or renews the need."),
            {"status": need.status},
        )
    if offer.status != "open":
        yield Block(
            "not_open",
            N_("The offer is not open: its status is “%(status)s”."),
            None,
            "status",
            N_("Its owner opens or renews the offer."),
            {"status": offer.status},
        )


def _type(need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    if not need.types & offer.types:
        yield Block(
            "type_mismatch",
            N_("The need asks for %(asked)s; the offer gives %(offered)s."),
            "lines",
            "types",
            N_("A line of the need is of a type that the offer gives."),
            {"asked": _list(need.types), "offered": _list(offer.types)},
        )


def _theme(need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    if offer.themes and not need.themes & offer.themes:
        yield Block(
            "theme_mismatch",
            N_("The need is about %(asked)s; the offer is for %(offered)s."),
            "themes",
            "themes",
            N_("Both sides share a theme."),
            {"asked": _list(need.themes), "offered": _list(offer.themes)},
        )


def _geography(need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    if reach(need, offer) is None:
        yield Block(
            "geography",
            N_("The offer is for %(places)s; %(state)s is not among them."),
            "state",
            "places",
            N_("The offer's places take in %(state)s."),
            {"state": need.state, "places": _list(offer.places)},
        )


def _window(need: NeedFacts, offer: OfferFacts, _context: Context, least: float) -> Iterator[Block]:
    both = overlap(need, offer)
    if both.days is None or both.days >= least * DAYS_PER_MONTH:
        return
    missing = math.ceil(least * DAYS_PER_MONTH - both.days)
    params = {"days": max(both.days, 0), "least": f"{least:g}", "missing": missing}
    yield Block(
        "window_too_short",
        N_("Both windows run together for %(days)s days; at least %(least)s months are needed."),
        "window_end",
        "window_end",
        N_("The windows run together for %(missing)s days more."),
        params,
    )


def _minimum_grant(need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    asked = need.asked(offer.types).whole
    if asked and offer.min_grant is not None and asked < offer.min_grant:  # where nothing is asked _covered says so
        yield Block(
            "below_minimum_grant",
            N_("The need asks USD %(asked)s of what is offered; the smallest grant is USD %(minimum)s."),
            "lines",
            "min_grant",
            N_("The ask rises to USD %(minimum)s, or the smallest grant falls to USD %(asked)s."),
            {"asked": dollars(asked), "minimum": dollars(offer.min_grant)},
        )


def _covered(need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    if need.asked(offer.types).whole == 0:
        yield Block(
            "covered",
            N_("What the need asks of this is promised already."),
            "lines",
            None,
            N_("A commitment to the need is called off, or the State asks for more."),
        )


def _spent(_need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    if offer.budget is not None and (offer.budget <= 0 or offer.budget < (offer.min_grant or 0)):
        yield Block(
            "spent",
            N_("The offer has USD %(left)s left that is not promised yet: no grant of it is possible."),
            None,
            "budget",
            N_("A commitment of the offer is called off, or its owner adds to the budget."),
            {"left": dollars(offer.budget)},
        )


def carried(need: NeedFacts, offer: OfferFacts, context: Context) -> Load:
    """The flows of a pair that an embargo can cover, with what says so.

    Types that can carry goods (equipment, funding) are judged by all themes of the need, others by the shared ones; all
    of them by the words of the need's title, description and lines and of the offer's text. An offer of other types or
    themes carries nothing: another rule says so.
    """
    table = context.screening.regimes.assistance
    goods = [line for line in table if line.goods]
    types, themes = need.types & offer.types, need.themes or offer.themes
    shared = need.themes & offer.themes if need.themes and offer.themes else themes
    words = need.arms | offer.arms
    if not types or (themes and not shared):
        return Load()
    sure = flows(table, types, shared)
    by_theme = flows(goods, types, themes) - sure
    by_word = flows(table, types, ()) - sure if words else frozenset()
    other = frozenset(theme for theme in themes - shared if flows(goods, types, {theme}) & by_theme)
    return Load(sure, by_theme | by_word, types, themes, other, words)


def open_stops(need: NeedFacts, offer: OfferFacts, context: Context) -> Iterator[tuple[Stop, Load]]:
    """The regimes against the pair that no confirmed checklist answers in full, with what it would carry."""
    file, released = context.screening.regimes, context.screening.released
    if need.state not in file.states:
        return
    load = carried(need, offer, context)
    for stop in stops(file, need.state, load.measures, context.today):
        release = released.get((need.id, offer.id, stop.regime.id))
        if release is None or not stop.measures <= release.lets_through(load, sure=not stop.regime.covers):
            yield stop, load


_HELD = N_("The checklist of an exemption is filled in and a coordinator confirms it: %(ways)s.")
_FOUND = N_(
    "A checklist is filled in and a coordinator confirms from it that nothing covered is supplied or that an exemption "
    "applies: %(ways)s."
)
_BLOCKED = N_("This embargo knows no exemption for it: only assistance that carries none of it is possible.")
_WHY = {
    ("sure", True): N_(
        "The embargo “%(regime)s” (%(resolution)s; %(committee)s) covers %(measures)s. Source: %(source)s."
    ),
    ("sure", False): N_(
        "The embargo “%(regime)s” (%(resolution)s; %(committee)s) covers %(measures)s. Source, not verified here: "
        "%(source)s."
    ),
    ("theme", True): N_(
        "The need also concerns %(other)s, so what is supplied may be covered by the embargo “%(regime)s” "
        "(%(resolution)s; %(committee)s), which covers %(measures)s. Source: %(source)s."
    ),
    ("theme", False): N_(
        "The need also concerns %(other)s, so what is supplied may be covered by the embargo “%(regime)s” "
        "(%(resolution)s; %(committee)s), which covers %(measures)s. Source, not verified here: %(source)s."
    ),
    ("word", True): N_(
        "The text names goods (%(words)s) that may be covered by the embargo “%(regime)s” (%(resolution)s; "
        "%(committee)s), which covers %(measures)s. Source: %(source)s."
    ),
    ("word", False): N_(
        "The text names goods (%(words)s) that may be covered by the embargo “%(regime)s” (%(resolution)s; "
        "%(committee)s), which covers %(measures)s. Source, not verified here: %(source)s."
    ),
}
"""(by what a pair is stopped, whether the regime was compared with its source) → the reason in words"""


def _embargo(need: NeedFacts, offer: OfferFacts, context: Context, _months: float) -> Iterator[Block]:
    finding = context.screening.regimes.finding
    for stop, load in open_stops(need, offer, context):
        regime = stop.regime
        by_theme = not stop.measures.isdisjoint(load.sure)
        # Of a regime on certain goods it is never sure that a supply is of them.
        sure = by_theme and not regime.covers
        by = "sure" if by_theme else "theme" if load.other_themes else "word"
        # What is not sure waits for a person, whether or not the regime knows an exemption.
        ways = stop.ways if sure or finding is None else (finding, *stop.ways)
        lifted = _FOUND if not sure else _HELD if ways else _BLOCKED
        yield Block(
            "embargo",
            _WHY[by, regime.verified_on(context.today)],
            {"sure": "state", "theme": "themes", "word": "title"}[by],
            "types",
            lifted,
            {
                "regime_id": regime.id, "regime": regime.name["en"], "resolution": regime.resolution,
                "committee": regime.committee or regime.body, "measures": _list(stop.measures),
                "source": regime.source["ref"], "ways": "; ".join(way.name["en"] for way in ways),
                "way_ids": ", ".join(way.id for way in ways), "other": _list(load.other_themes),
                "words": _list(load.words),
            },
            held=not sure or bool(ways),
        )  # fmt: skip


def _listed_partner(_need: NeedFacts, offer: OfferFacts, context: Context, _months: float) -> Iterator[Block]:
    said = context.screening.partners.get(offer.organisation_id)
    if said == "listed":
        yield Block(
            "listed_partner",
            N_("A coordinator found that the offer's organisation stands on a sanctions list."),
            None,
            "organisation_id",
            N_("The organisation is taken off the list, or the finding is taken back."),
        )
    elif said is not None:
        yield Block(
            "listed_partner",
            N_("The name of the offer's organisation is like one on a sanctions list; that proves nothing yet."),
            None,
            "organisation_id",
            N_("A coordinator compares the two and says that they are different."),
            held=True,
        )


def dollars(cents: int) -> str:
    """US dollars for a sentence: whole where they are whole."""
    return f"{cents // 100:,}" if cents % 100 == 0 else f"{cents / 100:,.2f}"


def _list(codes: frozenset[str]) -> str:
    return ", ".join(sorted(codes)) or "–"


Rule = Callable[[NeedFacts, OfferFacts, Context, float], Iterator[Block]]
RULES: tuple[Rule, ...] = (
    _both_open, _type, _theme, _geography, _window, _minimum_grant, _covered, _spent, conditions, _embargo,
    _listed_partner,
)  # fmt: skip
USED_UP: frozenset[Rule] = frozenset({_both_open, _minimum_grant, _covered, _spent})
"""What an agreement itself uses up: not asked again of a commitment"""
LASTING: tuple[Rule, ...] = tuple(rule for rule in RULES if rule not in USED_UP)
"""Whether the pair may have this at all: asked again at each payment and before a commitment is posted"""
