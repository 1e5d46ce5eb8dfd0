"""What this registry is: the facts about itself that other parts hand on (table `registry_meta`)."""

import uuid

from sqlmodel import Session

from registry.catalogue.models import Meta


def epoch(session: Session) -> str:
    """The life of this database: a cursor of another one leads nowhere here. Set by the first migration."""
    return session.get_one(Meta, "epoch").value


def begin_epoch(session: Session) -> str:
    """Another life: whoever followed this registry until now begins again with a snapshot. Returns the new epoch."""
    meta = session.get_one(Meta, "epoch")
    meta.value = str(uuid.uuid4())
    session.add(meta)
    return meta.value


def is_demonstration(session: Session) -> bool:
    """Whether this registry holds the invented world of `casa seed`: nothing it says of a State is a fact then."""
    return session.get(Meta, "demo") is not None
