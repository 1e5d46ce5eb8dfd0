"""What of a record its likeness to others is judged by: a small JSON object, made once per version of the record. Pure.

A profile keeps what sources agree on when they speak of one thing, in a form that can be compared: folded words, codes,
days. Its members: docs/same-as.md. What a source does not say is left out, so it speaks neither for nor against.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from registry.catalogue.folding import plain_key
from registry.catalogue.rows import usable_ref

Document = Mapping[str, Any]
Profile = dict[str, Any]

MOST_NAMES, MOST_PARTIES, MOST_IDENTIFIERS = 6, 12, 20
NAME_LENGTH = 200
KIN = ("1", "2", "3", "4")
"""RelatedActivityType: parent, child, sibling, co-funded: related to, and therefore not the same."""
THIRD_PARTY = "5"
"""RelatedActivityType: another organisation's report on the same activity."""
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
_STAGE = frozenset({"phase", "part", "stage", "tranche", "lot", "fase", "parte", "etapa", "partie", "volet", "этап",
                    "фаза", "часть", "المرحله", "阶段", "期"})  # fmt: skip
_SMALL_NUMBER = re.compile(r"\d{1,3}")


def programme_profile(row: Mapping[str, Any], document: Document) -> Profile:
    """The profile of a programme in force: `row` as lists read it, `document` with people's values over it."""
    names = _names([n.get("text") for n in document.get("title") or ()]) or _names([row["title"]])
    money = row["budget_usd"] if row["budget_usd"] is not None else row["commitment_usd"]
    return _given(
        names=names,
        numbers=sorted({number for name in names for number in numbers_in(name)}),
        # Two entries by hand may well be of one thing; one feed does not say a thing twice.
        source=row["source"] if row["source"] != "person" else None,
        partners=_partners(document),
        countries=sorted(row["countries"].split()),
        start=row["start_date"],
        end=row["end_date"],
        amount=money if money and money > 0 else None,
        subjects=sorted({*row["themes"].split(), *_sectors(document)}),
        # Whose it says it is: a claimed identifier joins records of one reporting organisation only.
        owner=row["reporting_organisation_id"],
        own=None if row["derived_identifier"] else usable_ref(row["iati_identifier"]),
        says=_said_identifiers(document),
        kin=_refs(item["ref"] for item in document.get("related_activities") or ()
                  if item.get("type") in KIN and item.get("ref")),
    )  # fmt: skip


def organisation_profile(row: Mapping[str, Any], identifiers: Sequence[str]) -> Profile:
    """The profile of an organisation: `row` with name, names, acronym, kind, state and website."""
    return _given(
        names=_names([row["name"], *row["names"].values()]),
        acronym=plain_key(row["acronym"]) if row["acronym"] else None,
        kind=row["kind"],
        state=row["state"],
        site=_host(row["website"]),
        # The same identifier however it is punctuated; and its last part, under which several lists may carry it.
        own=sorted({"".join(c for c in ref if c.isalnum()) for ref in identifiers}),
        tails=sorted({tail for ref in identifiers if len(tail := ref.rpartition("-")[2]) >= 4}),
    )


def _given(**members: Any) -> Profile:
    return {name: value for name, value in members.items() if value not in (None, "", [])}


def _names(texts: Iterable[str | None]) -> list[str]:
    folded = (plain_key(text[: NAME_LENGTH * 2])[:NAME_LENGTH] for text in texts if text)
    return list(dict.fromkeys(name for name in folded if name))[:MOST_NAMES]


def numbers_in(name: str) -> Iterator[str]:
    """Numbers of phases, parts and the like in a folded name, Roman ones too; years are none."""
    words = name.split()
    for position, word in enumerate(words):
        if _SMALL_NUMBER.fullmatch(word):
            yield str(int(word))
        elif word in _ROMAN and (len(word) > 1 or (position and words[position - 1] in _STAGE)):
            yield _ROMAN[word]


def _party_keys(org: Document) -> list[str]:
    """What an organisation may be known by: its reference, its names."""
    keys = []
    if ref := usable_ref(org.get("ref")):
        keys.append(f"={ref}")
    for item in org.get("narratives") or ():
        if key := plain_key((item.get("text") or "")[:NAME_LENGTH]):
            keys.append(key)
    return list(dict.fromkeys(keys))


def _partners(document: Document) -> list[list[str]]:
    """The organisations that report, fund or do the work, each once, with what it may be known by."""
    found: list[list[str]] = []
    for org in (document.get("reporting_org") or {}, *(document.get("participating_orgs") or ())):
        keys = _party_keys(org)
        known = next((other for other in found if not set(other).isdisjoint(keys)), None)
        if known is not None:
            known += [key for key in keys if key not in known]
        elif keys and len(found) < MOST_PARTIES:
            found.append(keys)
    return found


def _sectors(document: Document) -> Iterator[str]:
    for item in document.get("sectors") or ():
        if item.get("vocabulary", "1") == "1" and item.get("code"):
            yield str(item["code"])


def _said_identifiers(document: Document) -> list[str]:
    """Identifiers under which others report this very programme, as this source says."""
    other = [item.get("ref") for item in document.get("other_identifiers") or ()
             if (item.get("type") or "A9").startswith("A")]  # fmt: skip
    third = [item.get("ref") for item in document.get("related_activities") or () if item.get("type") == THIRD_PARTY]
    return _refs([*other, *third])


def _refs(refs: Iterable[str | None]) -> list[str]:
    return sorted({found for ref in refs if (found := usable_ref(ref))})[:MOST_IDENTIFIERS]


def _host(address: str | None) -> str | None:
    try:
        host = urlsplit(address or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None
