"""Words for codes of compliance that are said below the doors too. English; whoever shows them translates."""

from registry.errors import N_

UNITS: dict[str, str] = {
    "count": N_("number"),
    "percent": N_("percent"),
    "days": N_("days"),
    "rate_per_100k": N_("for every 100,000 people"),
    "usd": N_("US dollars"),
}
ACTS: dict[str, str] = {
    "signature": N_("Signed"),
    "ratification": N_("Ratified"),
    "accession": N_("Acceded"),
    "acceptance": N_("Accepted"),
    "approval": N_("Approved"),
    "succession": N_("Succeeded to"),
    "participation": N_("Takes part"),
    "withdrawal": N_("Withdrew"),
    "denunciation": N_("Denounced it"),
    "report": N_("Report filed"),
}
"""What a State does towards an instrument"""
CONTACT_ROLES: dict[str, str] = {
    "point_of_contact": N_("National point of contact"),
    "tracing": N_("Tracing requests"),
    "reporting": N_("Reports"),
    "licensing": N_("Licences and end-user certificates"),
    "other": N_("Other"),
}
EXTENT_WORDS: dict[str, str] = {
    "yes": N_("Yes"),
    "partly": N_("Partly"),
    "no": N_("No"),
    "unknown": N_("Not known"),
}
"""How far something stands in law, or is done in practice"""
