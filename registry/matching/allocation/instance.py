"""An instance in JSON, with its own codes of countries and themes: which pairs may be funded, and what each is worth.

Needs: id, country, themes, type, budget_k, min_viable_share, priority 1–3, start_m, end_m, waiting_m. Offers: id,
budget_k, min_grant_k, max_grant_k, themes, types, start_m, end_m, scope (world, region, list), countries,
conditions.required_tag. Amounts in thousands, months from a common beginning. `country_tags`: country → tags.
`embargoes`: country, types, themes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from marshmallow import EXCLUDE, Schema, fields, validate
from numpy.typing import NDArray

from registry.errors import N_, InvalidInput
from registry.matching.allocation.problem import Problem
from registry.schemas import load

PRIORITY = {1: 1.0, 2: 1.5, 3: 2.0}
MONTHS_TOGETHER = 6
WEIGHTS = {"theme": 0.40, "window": 0.20, "geography": 0.15, "grant": 0.15, "waiting": 0.10}
GEOGRAPHY = {"world": 0.4, "region": 0.7, "list": 1.0}
WAITING_MONTHS = 36
MOST = 10**12
MOST_THEMES = 64
"""As many as a machine word has bits"""
_AMOUNT = validate.Range(0, MOST)
_MONTH = validate.Range(-12_000, 12_000)


class _Open(Schema):
    class Meta:
        unknown = EXCLUDE  # an instance says more of itself than is needed here


class NeedIn(_Open):
    """A need of an instance."""

    id = fields.String(required=True)
    country = fields.String(required=True)
    themes = fields.List(fields.String(), required=True, validate=validate.Length(1, 60))
    type = fields.String(required=True)
    budget_k = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST))
    min_viable_share = fields.Float(load_default=0.0, validate=validate.Range(0, 1))
    priority = fields.Integer(load_default=1, validate=validate.OneOf(sorted(PRIORITY)))
    start_m = fields.Integer(required=True, validate=_MONTH)
    end_m = fields.Integer(required=True, validate=_MONTH)
    waiting_m = fields.Integer(load_default=0, validate=validate.Range(0, 12_000))


class ConditionsIn(_Open):
    """What an offer asks of a country."""

    required_tag = fields.Raw(load_default=None, allow_none=True)


class OfferIn(_Open):
    """An offer of an instance."""

    id = fields.String(required=True)
    budget_k = fields.Integer(required=True, strict=True, validate=_AMOUNT)
    min_grant_k = fields.Integer(load_default=0, strict=True, validate=_AMOUNT)
    max_grant_k = fields.Integer(load_default=MOST, strict=True, validate=_AMOUNT)
    themes = fields.List(fields.String(), required=True)
    types = fields.List(fields.String(), required=True)
    start_m = fields.Integer(required=True, validate=_MONTH)
    end_m = fields.Integer(required=True, validate=_MONTH)
    scope = fields.String(load_default="world", validate=validate.OneOf(sorted(GEOGRAPHY)))
    countries = fields.List(fields.String(), load_default=list)
    conditions = fields.Nested(ConditionsIn, load_default=lambda: {"required_tag": None})


class EmbargoIn(_Open):
    """What may not go to a country."""

    country = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    themes = fields.List(fields.String(), required=True)


class InstanceIn(_Open):
    """A whole instance."""

    needs = fields.List(fields.Nested(NeedIn), required=True)
    offers = fields.List(fields.Nested(OfferIn), required=True)
    country_tags = fields.Dict(keys=fields.String(), values=fields.List(fields.Raw()), load_default=dict)
    embargoes = fields.List(fields.Nested(EmbargoIn), load_default=list)


def read(content: Any) -> Problem:
    """The problem that an instance poses. Raises InvalidInput with dotted paths of the fields at fault."""
    data = load(InstanceIn(), content)
    _check(data)
    needs = sorted(data["needs"], key=lambda item: item["id"])
    offers = sorted(data["offers"], key=lambda item: item["id"])
    need, offer, score = pairs(needs, offers, data["country_tags"], data["embargoes"])
    asked, money = _column(needs, "budget_k"), _column(offers, "budget_k")
    order = np.lexsort((offer, need))
    need, offer, score = need[order], offer[order], score[order]
    priority = np.array([PRIORITY[item["priority"]] for item in needs])
    most = np.minimum(_column(offers, "max_grant_k"), money)
    return Problem(
        need_ids=[item["id"] for item in needs], offer_ids=[item["id"] for item in offers],
        states=[item["country"] for item in needs], asked=asked, money=money,
        least=np.maximum(_column(offers, "min_grant_k"), 1),
        viable=np.array([item["min_viable_share"] for item in needs], float), need=need, offer=offer,
        value=np.round(priority[need] * score, 6), cap=np.minimum(asked[need], most[offer]),
        standing=np.zeros(len(need), bool),
    )  # fmt: skip


def _check(data: Mapping[str, Any]) -> None:
    """What concerns several fields together."""
    wrong: dict[str, list[str]] = {}
    for name in ("needs", "offers"):
        seen: set[str] = set()
        for at, item in enumerate(data[name]):
            if item["id"] in seen:
                wrong[f"{name}.{at}.id"] = [N_("This identifier stands here already.")]
            seen.add(item["id"])
            if item["end_m"] <= item["start_m"]:
                wrong[f"{name}.{at}.end_m"] = [N_("The window ends before it begins.")]
    for at, offer in enumerate(data["offers"]):
        if offer["min_grant_k"] > offer["max_grant_k"]:
            wrong[f"offers.{at}.min_grant_k"] = [N_("The smallest grant is larger than the largest.")]
    if len({theme for name in ("needs", "offers") for item in data[name] for theme in item["themes"]}) > MOST_THEMES:
        wrong["needs"] = [N_("There are more than 64 different themes.")]
    if wrong:
        raise InvalidInput(wrong)


def pairs(
    needs: Sequence[Mapping[str, Any]], offers: Sequence[Mapping[str, Any]],
    tags: Mapping[str, Sequence[Any]], embargoes: Sequence[Mapping[str, Any]],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:  # fmt: skip
    """(need, offer, score 0..1) of the pairs against which nothing stands."""
    themes = _bits(theme for item in (*needs, *offers) for theme in item["themes"])
    types = _bits([*(item["type"] for item in needs), *(type_ for item in offers for type_ in item["types"])])
    of_need = _Needs(needs, themes, types, embargoes)
    by_country: dict[str, NDArray[Any]] = {
        country: np.flatnonzero(of_need.country == country) for country in np.unique(of_need.country)
    }
    everybody = np.arange(len(needs))
    with_tag: dict[Any, NDArray[Any]] = {}
    found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    for number, offer in enumerate(offers):
        at = everybody
        if offer["scope"] != "world":
            listed = [by_country[c] for c in set(offer["countries"]) if c in by_country]
            at = np.sort(np.concatenate(listed)) if listed else everybody[:0]
        tag = offer["conditions"]["required_tag"]
        if tag is not None:
            if tag not in with_tag:
                with_tag[tag] = np.array([tag in tags.get(country, ()) for country in of_need.country], bool)
            at = at[with_tag[tag][at]]
        mask = sum(1 << themes[theme] for theme in set(offer["themes"]))
        together = np.minimum(of_need.end[at], offer["end_m"]) - np.maximum(of_need.start[at], offer["start_m"])
        fits = (
            ~of_need.blocked[at]
            & ((of_need.themes[at] & np.uint64(mask)) != 0)
            & np.isin(of_need.type[at], [types[type_] for type_ in offer["types"]])
            & (together >= MONTHS_TOGETHER)
            & (of_need.asked[at] >= offer["min_grant_k"])
        )
        at, together = at[fits], together[fits]
        if len(at):
            found.append((at, np.full(len(at), number), of_need.score(at, offer, mask, together)))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    need, offer_number, score = (np.concatenate(column) for column in zip(*found, strict=True))
    return need, offer_number, score


class _Needs:
    """The needs' columns."""

    def __init__(
        self, needs: Sequence[Mapping[str, Any]], themes: Mapping[str, int], types: Mapping[str, int],
        embargoes: Sequence[Mapping[str, Any]],
    ) -> None:  # fmt: skip
        masks = [sum(1 << themes[theme] for theme in set(item["themes"])) for item in needs]
        self.themes = np.array(masks, np.uint64)
        self.theme_count = np.array([len(set(item["themes"])) for item in needs], np.float32)
        self.country = np.array([item["country"] for item in needs], dtype=object)
        self.type = np.array([types[item["type"]] for item in needs])
        self.start, self.end = _column(needs, "start_m"), _column(needs, "end_m")
        self.asked = _column(needs, "budget_k")
        waited = np.minimum(1, _column(needs, "waiting_m").astype(np.float32) / WAITING_MONTHS)
        self.waiting = WEIGHTS["waiting"] * waited
        self.blocked = np.zeros(len(needs), bool)
        for embargo in embargoes:
            held = np.uint64(sum(1 << themes[theme] for theme in set(embargo["themes"]) if theme in themes))
            kinds = [types[type_] for type_ in embargo["types"] if type_ in types]
            self.blocked |= (
                (self.country == embargo["country"]) & np.isin(self.type, kinds) & ((self.themes & held) != 0)
            )

    def score(self, at: NDArray[Any], offer: Mapping[str, Any], mask: int, together: NDArray[Any]) -> NDArray[Any]:
        shared = np.bitwise_count(self.themes[at] & np.uint64(mask)).astype(np.float32) / self.theme_count[at]
        window = np.clip(together / np.maximum(1, self.end[at] - self.start[at]), 0, 1)
        fit = np.minimum(1, offer["max_grant_k"] / self.asked[at].astype(np.float32))
        return (
            WEIGHTS["theme"] * shared + WEIGHTS["window"] * window + WEIGHTS["geography"] * GEOGRAPHY[offer["scope"]]
            + WEIGHTS["grant"] * fit + self.waiting[at]
        ).astype(np.float32)  # fmt: skip


def _bits(codes: Any) -> dict[str, int]:
    return {code: number for number, code in enumerate(sorted(set(codes)))}


def _column(items: Sequence[Mapping[str, Any]], name: str) -> NDArray[np.int64]:
    return np.array([item[name] for item in items], np.int64)
