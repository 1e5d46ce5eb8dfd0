"""A programme's totals in US dollars, with what could not be converted said beside them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.catalogue.money import usd_cents

Document = Mapping[str, Any]
LARGEST = 2**63 - 1


@dataclass(slots=True)
class Total:
    """A sum in US cents of what could be converted; None: nothing was stated or nothing could be converted."""

    usd: int | None = None
    counted: int = 0
    unconverted: int = 0
    """Amounts left out: currency, date or rate unknown."""
    rates: set[tuple[str, str, str, str, bool]] = field(default_factory=set)
    """(currency, dollars per unit, date of the rate, source, checked) of every rate used"""

    def add(self, value: Document | None, fallback_date: str | None) -> None:
        """Count one value of the document; `fallback_date` stands in for a missing value date."""
        if not value or value.get("amount") is None:
            return
        currency = value.get("currency")
        if currency == "USD" and abs((self.usd or 0) + value["amount"]) <= LARGEST:
            self.usd = (self.usd or 0) + value["amount"]  # minor units are cents: most amounts of most feeds
            self.counted += 1
            return
        converted = usd_cents(value["amount"], currency, value.get("value_date") or fallback_date)
        if converted is None or abs((self.usd or 0) + converted.cents) > LARGEST:
            self.unconverted += 1
            return
        self.usd = (self.usd or 0) + converted.cents
        self.counted += 1
        if currency != "USD":
            self.rates.add(
                (str(currency), str(converted.rate), converted.rate_date, converted.source, converted.checked)
            )


def totals_of(document: Document) -> dict[str, Total]:
    """`budget`, `commitment` (transaction type 2) and `disbursement` (types 3 and 4) of a programme."""
    budget, commitment, disbursement = Total(), Total(), Total()
    for item in budgets_in_force(document.get("budgets") or ()):
        budget.add(item.get("value"), item.get("period_start"))
    by_type = {"2": commitment, "3": disbursement, "4": disbursement}
    for transaction in document.get("transactions") or ():
        total = by_type.get(transaction.get("type") or "")
        if total is not None:
            total.add(transaction.get("value"), transaction.get("date"))
    return {"budget": budget, "commitment": commitment, "disbursement": disbursement}


def budgets_in_force(budgets: Iterable[Document]) -> list[Document]:
    """Revised budgets (type 2) stand in for the original one of the same period."""
    budgets = list(budgets)
    revised = {(b.get("period_start"), b.get("period_end")) for b in budgets if b.get("type") == "2"}
    return [b for b in budgets if b.get("type") == "2" or (b.get("period_start"), b.get("period_end")) not in revised]


def describe(totals: Mapping[str, Total]) -> dict[str, dict[str, Any]]:
    """The totals as JSON: `usd` in cents, how many amounts were left out, and the rates they rest on."""
    return {
        name: {
            "usd": total.usd,
            "counted": total.counted,
            "unconverted": total.unconverted,
            "rates": [
                {"currency": currency, "usd_per_unit": rate, "date": on, "source": source, "checked": checked}
                for currency, rate, on, source, checked in sorted(total.rates)
            ],
        }
        for name, total in totals.items()
    }
