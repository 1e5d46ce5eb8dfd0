"""One row, its cells sorted by field → a programme document (docs/programme-document.md)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from registry.outbound.urls import FetchFailed, check_url
from registry.sync.adapters.contract import Record, RecordFault
from registry.sync.adapters.tables import values
from registry.sync.adapters.text import shortened

Cells = Mapping[str, list[tuple[str, str | None, str | None]]]
"""Field → (text, language, currency) of each column that holds it; columns that are empty in the row left out"""
Item = dict[str, Any]
ROLES = {"funder": "1", "accountable": "2", "implementer": "4"}
MAX_PARTS, MAX_WARNINGS = 1000, 20


class Programme:
    """A document on its way; what was left out of it so far."""

    def __init__(self, cells: Cells, config: Mapping[str, Any], line: int) -> None:
        self.cells, self.config, self.line = cells, config, line
        self.document: Item = {}
        self.warnings: list[str] = []

    def build(self, identifier: str, derived: bool) -> Record:
        """Raises RecordFault where the row cannot be used: see docs/sync.md for the codes."""
        document = self.document
        document["iati_identifier"] = identifier
        if derived:
            document["derived_identifier"] = True
        for name in ("language", "currency"):
            if self.config[name]:
                document[name] = self.config[name]
        if title := self.narratives("title"):
            document["title"] = title
        if description := self.narratives("description"):
            document["descriptions"] = [{"narratives": description}]
        self._simple()
        self._places()
        self._organisations()
        self._money()
        if sectors := [values.sector(part) for part in self.parts("sectors")]:
            document["sectors"] = sectors
        if "title" not in document:
            document["title"] = self._title()
        return Record(document, " ".join(document["title"][0]["text"].split())[:300], self.warnings)

    # --- cells

    def text(self, field: str) -> str:
        """The field's text, "" where it is empty."""
        found = self.cells.get(field)
        return found[0][0] if found else ""

    def narratives(self, field: str) -> list[dict[str, str]]:
        """The field's texts in their languages."""
        found = []
        for text, language, _ in self.cells.get(field, ()):
            language = language or self.config["language"]
            found.append({"text": text, "lang": language} if language else {"text": text})
        return found

    def parts(self, field: str) -> Iterator[str]:
        """The values of a cell that holds several; of one language only."""
        for part in self.text(field).split(self.config["separator"])[:MAX_PARTS]:
            if part := part.strip():
                yield part

    def warn(self, field: str, what: str) -> None:
        """Note that a value was left out."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(f"row {self.line}, {field}: {what}")

    # --- fields

    def _simple(self) -> None:
        if text := self.text("status"):
            if code := values.status(text):
                self.document["status"] = code
            else:
                self.warn("status", f"“{text[:40]}” is not known")
        dates = [("1", self._day("start")), ("3", self._day("end", last=True))]
        if listed := [{"type": kind, "date": on} for kind, on in dates if on]:
            self.document["dates"] = listed
        if url := self.text("url"):
            try:
                check_url(url[:2001])
                self.document["documents"] = [{"url": url}]
            except FetchFailed:
                self.warn("url", f"“{url[:60]}” is not an address")

    def _day(self, field: str, *, last: bool = False) -> str | None:
        text = self.text(field)
        if not text or values.is_nothing(text):
            return None
        found = values.day(text, self.config["date_format"], last=last)
        if found is None and values.looks_like_iso(text):
            raise RecordFault("date", f"row {self.line}, {field}: “{text[:40]}” is no day")
        if found is None:
            self.warn(field, f"“{text[:40]}” is not a date")
        return found

    def _places(self) -> None:
        countries: list[Item] = []
        for part in self._countries():
            if code := values.country(part):
                if {"code": code} not in countries:
                    countries.append({"code": code})
            else:
                self.warn("countries", f"“{part[:60]}” is not a country known here")
        if countries:
            self.document["countries"] = countries
        place: Item = {}
        # From the smallest to the largest, as an address is written; tables have it the other way round.
        if names := dict.fromkeys(text for text, _, _ in reversed(self.cells.get("place", []))):
            place["name"] = [{"text": ", ".join(names)}]
        if (latitude := self.text("latitude")) and (longitude := self.text("longitude")):
            lat, lon = values.coordinate(latitude, 90), values.coordinate(longitude, 180)
            if lat is None or lon is None:
                self.warn("latitude", f"the coordinates “{latitude[:20]} {longitude[:20]}” lie nowhere on Earth")
            else:
                place |= {"lat": lat, "lon": lon}
        if place:
            self.document["locations"] = [place]

    def _countries(self) -> Iterator[str]:
        """Commas part codes, but stand inside names: “Iran, Islamic Republic of”."""
        for part in self.parts("countries"):
            if values.country(part):
                yield part
            else:
                pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
                yield from pieces if len(pieces) > 1 and all(map(values.country, pieces)) else [part]

    def _organisations(self) -> None:
        if names := self.narratives("reporter"):
            self.document["reporting_org"] = {"narratives": names}
        listed: list[Item] = []
        for field, role in ROLES.items():
            texts = self.narratives(field)
            if len(texts) == 1:  # several languages: one organisation; one language: perhaps several organisations
                listed += [{"narratives": [texts[0] | {"text": part}], "role": role} for part in self.parts(field)]
            elif texts:
                listed.append({"narratives": texts, "role": role})
        if listed:
            self.document["participating_orgs"] = listed

    def _money(self) -> None:
        start, end = (next((d["date"] for d in self.document.get("dates", ()) if d["type"] == t), None) for t in "13")
        on = self._day("value_date")
        if value := self._value("budget", on):
            budget: Item = {"type": "1"}
            budget |= {name: day for name, day in (("period_start", start), ("period_end", end)) if day}
            self.document["budgets"] = [budget | {"value": value}]
        transactions = []
        for field, kind in (("commitment", "2"), ("disbursement", "3")):
            if value := self._value(field, on):
                item: Item = {"type": kind, "value": value}
                if day := on or start:
                    item["date"] = day
                for role, code in (("provider_org", "1"), ("receiver_org", "4")):
                    parties = [o for o in self.document.get("participating_orgs", ()) if o["role"] == code]
                    if len(parties) == 1:
                        item[role] = {"narratives": parties[0]["narratives"]}
                transactions.append(item)
        if transactions:
            self.document["transactions"] = transactions

    def _value(self, field: str, on: str | None) -> Item | None:
        if not (found := self.cells.get(field)):
            return None
        text, _, own = found[0]
        named = self.text("currency").upper()
        if named and not re.fullmatch("[A-Z]{3}", named):
            self.warn("currency", f"“{named[:20]}” is not a code")
            named = ""
        value = values.amount(text, own or named or self.config["currency"], self.config["decimal"])
        return value | {"value_date": on} if value and on else value

    def _title(self) -> list[dict[str, str]]:
        """Where no column holds one: the beginning of the description; else what the row says of who and where."""
        if described := self.document.get("descriptions"):
            return [narrative | {"text": shortened(narrative["text"])} for narrative in described[0]["narratives"]]
        said = [self.text(field) for field in ("sectors", "implementer", "funder", "place", "countries")]
        if not (words := " – ".join(dict.fromkeys(filter(None, said)))):
            raise RecordFault("no_text", "the row has neither a title nor a description, a sector or an organisation")
        return [{"text": shortened(words)}]
