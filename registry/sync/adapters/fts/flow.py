"""One flow → a programme document with one transaction (docs/programme-document.md)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from registry.catalogue.money import to_minor
from registry.catalogue.reference import resolve_state
from registry.json_text import dumps
from registry.sync.adapters.contract import Record, RecordFault
from registry.sync.adapters.text import clean, shortened

Flow = dict[str, Any]
Item = dict[str, Any]
MAX_OBJECTS, MAX_AMOUNT = 500, 10**15
REPORTER = {
    "ref": "XM-OCHA-FTS", "type": "40", "secondary_reporter": True,
    "narratives": [{"text": "OCHA Financial Tracking Service", "lang": "en"}],
}  # fmt: skip
ORGANISATION_TYPES = {
    "Government": "10", "UN agency": "40", "Inter-governmental": "40", "Pooled fund": "40", "International": "21",
    "International Society": "21", "National": "22", "National Society": "22", "Local": "22",
}  # fmt: skip
"""FTS's types and, of non-governmental organisations, subtypes → OrganisationType"""
TRANSACTION_TYPES = {"commitment": "2", "paid": "3", "pledge": "13"}
BOUNDARIES = ("incoming", "internal", "outgoing")
RELATIVES = (("parentFlowId", "1"), ("childFlowIds", "2"))


class Reading:
    """One flow on its way to a document; lenient as all readers, and it says where."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.warnings: list[str] = []

    def build(self, identifier: str, derived: bool) -> Record:
        """Raises RecordFault: see docs/sync.md for the codes."""
        source, destination = self.objects("sourceObjects"), self.objects("destinationObjects")
        givers, takers = _organisations(source, "1"), _organisations(destination, "4")
        document: Item = {"iati_identifier": identifier, "humanitarian": True, "reporting_org": REPORTER}
        if derived:
            document["derived_identifier"] = True
        text = self.text("description")
        names = [org["narratives"][0]["text"] for org in (*givers[:1], *takers[:1])]
        if not text and not names:
            raise RecordFault("no_text", "the flow has no description and no organisation")
        document["title"] = [{"text": shortened(text or " → ".join(names))}]
        if text:
            document["descriptions"] = [{"type": "1", "narratives": [{"text": text}]}]
        if (boundary := self.text("boundary")) in BOUNDARIES:
            document["boundary"] = boundary
        if updated := _instant(self.text("updatedAt")):
            document["last_updated"] = updated
        if reference := self.text("refCode"):
            document["other_identifiers"] = [{"ref": reference[:500], "type": "A9"}]
        parts = {
            "participating_orgs": givers + takers,
            "dates": self.usage_years(destination),
            "countries": self.countries(destination),
            "sectors": _sectors(destination),
            "humanitarian_scopes": _scopes(destination),
            "related_activities": self.relatives(),
            "transactions": [self.transaction(givers, takers)],
        }
        document |= {name: value for name, value in parts.items() if value}
        return Record(document, document["title"][0]["text"][:300], self.warnings)

    def text(self, name: str) -> str:
        """A text of the flow, "" where there is none."""
        value = self.flow.get(name)
        return " ".join(clean(value).split()) if isinstance(value, str) else ""

    def objects(self, side: str) -> list[Item]:
        """The named objects of one side, in an order of their own."""
        listed = self.flow.get(side)
        if not isinstance(listed, list):
            return []
        if len(listed) > MAX_OBJECTS:
            raise RecordFault("oversize", f"the flow names more than {MAX_OBJECTS} objects")
        found = [
            item | {"name": " ".join(clean(item["name"]).split())[:500], "id": clean(str(item.get("id") or ""))[:50]}
            for item in listed
            if isinstance(item, dict) and isinstance(item.get("name"), str) and item["name"].strip()
        ]
        return sorted(found, key=lambda item: (str(item.get("type")), item["name"], item["id"]))

    def usage_years(self, destination: list[Item]) -> list[Item]:
        """Planned start and end: the years that the money is to be used in."""
        years = sorted(int(o["name"]) for o in destination if o.get("type") == "UsageYear" and _is_year(o["name"]))
        if not years:
            return []
        return [{"type": "1", "date": f"{years[0]}-01-01"}, {"type": "3", "date": f"{years[-1]}-12-31"}]

    def countries(self, destination: list[Item]) -> list[Item]:
        """Where it goes, by names as FTS writes them."""
        found: list[Item] = []
        for place in destination:
            if place.get("type") != "Location":
                continue
            state = resolve_state(place["name"])
            if state is None:
                self.warnings.append(f"destination: “{place['name'][:60]}” is not a country known here")
            elif {"code": state.alpha2} not in found:
                found.append({"code": state.alpha2})
        return found

    def relatives(self) -> list[Item]:
        """Flows that this one was made from, or that were made from it."""
        found = []
        for name, kind in RELATIVES:
            given = self.flow.get(name)
            for item in (given if isinstance(given, list) else [given])[:MAX_OBJECTS]:
                if isinstance(item, int | str) and item:
                    found.append({"ref": f"XM-OCHA-FTS-{clean(str(item))[:50]}", "type": kind})
        return sorted(found, key=dumps)

    def transaction(self, givers: list[Item], takers: list[Item]) -> Item:
        """The flow itself, in dollars as FTS converted it. Raises RecordFault for an amount or a day that is none."""
        item: Item = {}
        status = self.text("status").lower()
        if kind := TRANSACTION_TYPES.get(status):
            item["type"] = kind
        else:
            self.warnings.append(f"status: “{status[:40]}” is not known")
        on = self.day()
        if on:
            item["date"] = on
        amount = self.flow.get("amountUSD")
        if amount is not None:
            item["value"] = {"amount": _cents(amount), "currency": "USD"} | ({"value_date": on} if on else {})
        for role, parties in (("provider_org", givers), ("receiver_org", takers)):
            if len(parties) == 1:
                item[role] = {name: value for name, value in parties[0].items() if name != "role"}
        return item

    def day(self) -> str | None:
        """When it was given. Raises RecordFault."""
        text = self.text("date")
        if not text:
            return None
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError:
            raise RecordFault("date", f"the date “{text[:40]}” is no day") from None


def _instant(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _is_year(text: str) -> bool:
    return text.isdecimal() and len(text) == 4 and 1990 <= int(text) <= 2100


def _cents(amount: Any) -> int:
    try:
        if isinstance(amount, bool) or not isinstance(amount, int | float | str):
            raise ValueError
        exact = Decimal(str(amount))
        if not exact.is_finite() or abs(exact) >= MAX_AMOUNT:
            raise ValueError
    except (ValueError, ArithmeticError):
        raise RecordFault("amount", f"amountUSD “{str(amount)[:60]}” is not an amount of money") from None
    return to_minor(exact, "USD")


def _organisations(objects: list[Item], role: str) -> list[Item]:
    found = []
    for item in objects:
        if item.get("type") != "Organization":
            continue
        org: Item = {"narratives": [{"text": item["name"]}], "role": role}
        if item["id"].isdecimal():
            org["ref"] = f"XM-OCHA-HPC{item['id']}"
        kinds = [*_listed(item.get("organizationTypes")), *_listed(item.get("organizationSubTypes"))]
        if code := next((ORGANISATION_TYPES[kind] for kind in kinds if kind in ORGANISATION_TYPES), None):
            org["type"] = code
        found.append(org)
    return found


def _listed(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _sectors(objects: list[Item]) -> list[Item]:
    """Clusters are FTS's own vocabulary."""
    names = dict.fromkeys(item["name"] for item in objects if item.get("type") == "GlobalCluster")
    return [{"vocabulary": "99", "code": name[:50], "narratives": [{"text": name}]} for name in names]


def _scopes(objects: list[Item]) -> list[Item]:
    """The emergency and the plan (appeal) that the money is for."""
    found = []
    for item in objects:
        if item.get("type") in ("Emergency", "Plan") and item["id"]:
            emergency = item["type"] == "Emergency"
            scope = {"type": "1", "vocabulary": "99"} if emergency else {"type": "2", "vocabulary": "2-1"}
            found.append(scope | {"code": item["id"], "narratives": [{"text": item["name"]}]})
    return found
