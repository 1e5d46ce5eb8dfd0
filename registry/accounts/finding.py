"""One record by its number, as far as the actor may know of it."""

from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.errors import NotFound

M = TypeVar("M", bound=SQLModel)


def visible_one(
    session: Session, actor: Actor, model: type[M], record_id: int, missing: str, *, lock: bool = False
) -> M:
    """Raises NotFound with the words `missing` where there is none that the actor may see.

    `lock`: as it is in the database by now, and until the transaction ends nobody else changes it.
    """
    table: Any = model
    statement = select(model).where(table.id == record_id, policy.visible(actor, model))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(missing)
    return found
