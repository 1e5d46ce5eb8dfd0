"""A programme document that uses every field of docs/programme-document.md, as a 2.03 file would be read into it."""

from typing import Any


def N(*texts: str, lang: str = "en") -> list[dict[str, str]]:  # noqa: N802  (the document's own abbreviation)
    """Narratives in one language."""
    return [{"text": text, "lang": lang} for text in texts]


def org(ref: str, name: str, **more: Any) -> dict[str, Any]:
    """An organisation."""
    return {"ref": ref, "type": "40", **more, "narratives": N(name)}


def value(amount: int, currency: str = "USD") -> dict[str, Any]:
    """Money in minor units."""
    return {"amount": amount, "currency": currency, "value_date": "2023-02-01"}


LINK = {
    "url": "https://example.org/report?a=1&b=2",
    "format": "application/pdf",
    "title": N("Annual <report>"),
    "description": N("What was done"),
    "categories": ["A01", "A02"],
    "languages": ["en", "fr"],
    "date": "2023-06-30",
}
MEASURED = {
    "value": "12.5",
    "comment": N("As counted"),
    "locations": ["L1"],
    "dimensions": [{"name": "sex", "value": "female"}, {"name": "age", "value": "adult"}],
    "documents": [LINK],
}
FULL: dict[str, Any] = {
    "iati_identifier": "XM-EX-1-FULL",
    "language": "en",
    "currency": "USD",
    "hierarchy": 1,
    "last_updated": "2024-05-01T10:00:00+00:00",
    "humanitarian": True,
    "linked_data_uri": "https://example.org/data/1",
    "budget_not_provided": "1",
    "reporting_org": {"secondary_reporter": True, **org("XM-EX-1", "Example Agency")},
    "title": [*N("Marking & tracing"), *N("Marquage et traçage", lang="fr"), *N("标识和追查", lang="zh")],
    "descriptions": [
        {"type": "1", "narratives": [*N("Machines, training\nand records"), *N("وسم الأسلحة", lang="ar")]},
        {"type": "2", "narratives": N("Objectives")},
    ],
    "participating_orgs": [
        {**org("XM-EX-2", "Donor", activity_id="XM-EX-2-7"), "role": "1", "crs_channel_code": "41114"},
        {"role": "4", "narratives": N("Comité national")},
    ],
    "other_identifiers": [{"ref": "A-1", "type": "A1", "owner_org": {"ref": "XM-EX-1", "narratives": N("Example")}}],
    "status": "2",
    "dates": [
        {"type": "1", "date": "2022-01-01"},
        {"type": "2", "date": "2022-02-01", "narratives": N("A late start")},
        {"type": "3", "date": "2025-12-31"},
    ],
    "contacts": [
        {"type": "1", "organisation": N("Example"), "department": N("Arms"), "person": N("A. Person"),
         "job_title": N("Officer"), "telephone": "+1 555",
         "email": "a@example.org", "website": "https://example.org", "address": N("Street 1")},
    ],
    "scope": "4",
    "countries": [{"code": "ML", "percentage": 60, "narratives": N("Mali")}, {"code": "NE", "percentage": 20.5}],
    "regions": [{"vocabulary": "1", "code": "298", "percentage": 19.5}],
    "locations": [
        {"ref": "L1", "reach": "1", "ids": [{"vocabulary": "G1", "code": "2457161"}], "name": N("Gao"),
         "description": N("The depot"), "activity_description": N("Two armouries"),
         "administrative": [{"vocabulary": "G1", "level": "1", "code": "1"}],
         "lat": 16.27, "lon": -0.04, "exactness": "1", "class": "2", "feature": "PPL"},
    ],
    "sectors": [{"vocabulary": "1", "code": "15240", "percentage": 100},
                {"vocabulary": "99", "vocabulary_uri": "https://example.org/s", "code": "SALW",
                 "narratives": N("Own")}],
    "tags": [{"vocabulary": "2", "code": "16", "narratives": N("Goal 16")}],
    "policy_markers": [
        {"vocabulary": "1", "code": "1", "significance": "1"},
        {"vocabulary": "99", "vocabulary_uri": "https://example.org/m", "code": "A1", "significance": "3",
         "narratives": N("Own marker")},
    ],
    "humanitarian_scopes": [{"type": "1", "vocabulary": "1-2", "code": "EQ-1", "narratives": N("Crisis")}],
    "collaboration_type": "1",
    "default_flow_type": "10",
    "default_finance_type": "110",
    "default_aid_types": [{"vocabulary": "1", "code": "C01"}],
    "default_tied_status": "5",
    "budgets": [{"type": "1", "status": "2", "period_start": "2022-01-01", "period_end": "2022-12-31",
                 "value": {"amount": 3364486, "exact": "33644.8608", "currency": "USD", "value_date": "2023-02-01"}}],
    "planned_disbursements": [
        {"type": "1", "period_start": "2022-01-01", "period_end": "2022-06-30", "value": value(500, "JPY"),
         "provider_org": org("XM-EX-2", "Donor", activity_id="XM-EX-2-7"), "receiver_org": org("XM-EX-1", "Example")},
    ],
    "capital_spend": 12.5,
    "transactions": [
        {"ref": "T1", "humanitarian": False, "type": "2", "date": "2022-03-01", "value": value(-2500, "EUR"),
         "description": N("First tranche"), "provider_org": org("XM-EX-2", "Donor", activity_id="XM-EX-2-7"),
         "receiver_org": org("XM-EX-1", "Example"), "disbursement_channel": "1",
         "sectors": [{"vocabulary": "1", "code": "15240"}], "countries": [{"code": "ML"}], "flow_type": "10",
         "finance_type": "110", "aid_types": [{"vocabulary": "1", "code": "C01"}], "tied_status": "5"},
        {"type": "3", "date": "2022-04-01", "value": value(1234, "KWD"),
         "regions": [{"vocabulary": "1", "code": "298"}]},
    ],
    "documents": [LINK],
    "related_activities": [{"ref": "XM-EX-1-OLD", "type": "1"}],
    "conditions": {"attached": True, "items": [{"type": "1", "narratives": N("Report each year")}]},
    "other_elements": [
        {"element": "country-budget-items",
         "xml": '<country-budget-items vocabulary="1"><budget-item code="2.1.1" percentage="100" />'
                "</country-budget-items>"},
        {"element": "legacy-data", "xml": '<legacy-data name="n" value="v" />'},
        {"element": "crs-add", "xml": '<crs-add><channel-code>41114</channel-code></crs-add>'},
        {"element": "fss", "xml": '<fss extraction-date="2024-01-01"><forecast year="2025" value-date="2024-01-01" '
                                  'currency="USD">100</forecast></fss>'},
    ],
    "results": [
        {"type": "1", "aggregation": True, "title": N("Weapons marked"), "description": N("By the machines"),
         "documents": [LINK], "references": [{"vocabulary": "99", "code": "R1", "vocabulary_uri": "https://example.org/r"}],
         "indicators": [
             {"measure": "1", "ascending": True, "aggregation": False, "title": N("Number"),
              "description": N("Counted"), "documents": [LINK],
              "references": [{"vocabulary": "99", "code": "I1", "uri": "https://example.org/i1"}],
              "baselines": [{"year": 2021, "date": "2021-12-31", **MEASURED}],
              "periods": [{"start": "2022-01-01", "end": "2022-12-31", "targets": [MEASURED], "actuals": [MEASURED]}]},
         ]},
    ],
}  # fmt: skip
