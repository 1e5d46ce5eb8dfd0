"""Which needs stand for which clauses of a standard: the link gap → need, read from the clause's side."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.matching.models import Need, NeedRequirement


def needs_by_clause(
    session: Session, actor: Actor, state: str, standard: str, clauses: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Clause id → the State's needs that would close it, latest first, as far as the actor may see them."""
    rows = session.execute(
        select(NeedRequirement.clause, Need.id, Need.title, Need.status, Need.priority)  # type: ignore[call-overload]
        .join(Need, Need.id == NeedRequirement.need_id)
        .where(
            Need.state == state,
            NeedRequirement.standard == standard,
            NeedRequirement.clause.in_(clauses),  # type: ignore[attr-defined]
            policy.visible(actor, Need),
        )
        .order_by(Need.id.desc())  # type: ignore[union-attr]
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        need = {"id": row.id, "title": row.title, "status": row.status, "priority": row.priority}
        found.setdefault(row.clause, []).append(need)
    return found
