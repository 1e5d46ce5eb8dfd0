"""A programme or an organisation whole, as the API and its exports show it: JSON values only."""

from typing import Any

from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.left_out import left_out_of
from registry.catalogue.listing import COLUMNS
from registry.catalogue.mandates import standing_in
from registry.catalogue.models import Programme
from registry.catalogue.organisations import get_organisation
from registry.catalogue.programmes import get_programme
from registry.catalogue.reference import State, country_of_iati, regions
from registry.catalogue.shares import country_shares, unknown_countries
from registry.catalogue.totals import describe, totals_of

PREFIX = "/api/v1"


def programme_view(session: Session, actor: Actor, programme_id: int) -> dict[str, Any]:
    """ProgrammeSchema's form: row, document in force, totals with their rates, provenance per field, links."""
    programme, document, provenance = get_programme(session, actor, programme_id)
    named = may_know(standing_in(session, actor, programme.reporting_organisation_id), programme)
    view: dict[str, Any] = {column.key: getattr(programme, column.key) for column in COLUMNS}
    links = {"self": f"{PREFIX}/programmes/{programme_id}", "history": f"{PREFIX}/programmes/{programme_id}/history"}
    links["sources"] = f"{PREFIX}/programmes/{programme_id}/sources"
    if programme.reporting_organisation_id:
        links["reporting_organisation"] = f"{PREFIX}/organisations/{programme.reporting_organisation_id}"
    return view | {
        "countries": programme.countries.split(),
        "themes": programme.themes.split(),
        "created_at": programme.created_at,
        "source_updated_at": programme.source_updated_at,
        "archived_at": programme.archived_at,
        "archived_reason": programme.archived_reason,
        "document": document,
        "totals": describe(totals_of(document)),
        "left_out": left_out_of(session, programme_id),
        "shares": country_shares(document, country_of_iati),
        "unknown_countries": sorted(unknown_countries(document, country_of_iati)),
        "provenance": {
            name: {
                "source": origin.source,
                "at": origin.at,
                "user_id": origin.user_id if named else None,
            }
            for name, origin in provenance.items()
        },
        "links": links,
    }


def may_know(actor: Actor, programme: Programme) -> bool:
    """Whether the actor may know whose edit a value is: who may edit the programme may."""
    return policy.can(actor, "programme.update", programme)


def organisation_view(session: Session, actor: Actor, organisation_id: int) -> dict[str, Any]:
    """OrganisationSchema's form."""
    organisation, identifiers = get_organisation(session, actor, organisation_id)
    names = ("id", "name", "names", "acronym", "kind", "state", "website", "source", "version", "created_at",
             "updated_at", "sources", "lead_id", "description", "archived_at")  # fmt: skip
    return {name: getattr(organisation, name) for name in names} | {
        "identifiers": identifiers,
        "links": {
            "self": f"{PREFIX}/organisations/{organisation_id}",
            "programmes": f"{PREFIX}/programmes?organisation={organisation_id}",
        },
    }


def state_view(state: State) -> dict[str, Any]:
    """StateSchema's form: codes, names in six languages, region with its names, groupings."""
    region = regions().get(state.region)
    return {
        "alpha3": state.alpha3,
        "alpha2": state.alpha2,
        "m49": state.m49,
        "kind": state.kind,
        "names": dict(state.names),
        "region": {"code": state.region, "names": dict(region.names) if region else {}},
        "ldc": state.ldc,
        "lldc": state.lldc,
        "sids": state.sids,
        "oda": state.oda,
    }
