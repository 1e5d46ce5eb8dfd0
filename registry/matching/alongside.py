"""Who else works on a need's, an offer's or a programme's themes in the same places at the same time."""

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue import programmes
from registry.catalogue.alongside import Alongside, Scope, working_alongside
from registry.errors import N_, InvalidInput
from registry.matching import needs, offers
from registry.matching.views import need_views, offer_views

KINDS = ("need", "offer", "programme")


def alongside(session: Session, actor: Actor, kind: str, record_id: int, limit: int = 10) -> Alongside:
    """Programmes alongside a record of one of KINDS. Raises NotFound where the actor may not see it, InvalidInput."""
    if kind == "need":
        needs.get_need(session, actor, record_id)
        need = need_views(session, actor, [record_id])[record_id]
        scope = Scope([need["state"]], need["themes"], need["window_start"], need["window_end"])
        return working_alongside(session, actor, scope, limit=limit)
    if kind == "offer":
        offers.get_offer(session, actor, record_id)
        offer = offer_views(session, actor, [record_id])[record_id]
        scope = Scope(offer["places"], offer["themes"], offer["window_start"], offer["window_end"])
        return working_alongside(session, actor, scope, limit=limit)
    if kind != "programme":
        raise InvalidInput({"kind": [N_("This must be one of: need, offer, programme.")]})
    found, _document, _provenance = programmes.get_programme(session, actor, record_id)
    if not found.countries:
        return Alongside([], 0)
    scope = Scope(found.countries.split(), found.themes.split(), found.start_date, found.end_date)
    return working_alongside(session, actor, scope, besides=record_id, limit=limit)
