"""What this registry is: the facts about itself that other parts hand on (table `registry_meta`)."""

import time
import uuid

from sqlmodel import Session

from registry.catalogue.models import Meta

GENERATION = "generation"


def epoch(session: Session) -> str:
    """The life of this database: a cursor of another one leads nowhere here. Set by the first migration."""
    return session.get_one(Meta, "epoch").value


def registry_id(session: Session) -> str:
    """This registry's lasting id, made once by a migration: a restored backup keeps it."""
    return session.get_one(Meta, "registry_id").value


def generation(session: Session) -> int:
    """Grows with every epoch, so that versions of records can be ordered over a restored backup; 0 at first."""
    meta = session.get(Meta, GENERATION)
    return int(meta.value) if meta else 0


def begin_epoch(session: Session) -> str:
    """Another life: whoever followed this registry until now begins again with a snapshot. Returns the new epoch."""
    meta = session.get_one(Meta, "epoch")
    meta.value = str(uuid.uuid4())
    session.add(meta)
    # Seconds since 1970: above that of every other life of this registry, also those which the backup knows nothing of.
    following = max(int(time.time()), generation(session) + 1)
    session.merge(Meta(key=GENERATION, value=str(following)))
    return meta.value


def is_demonstration(session: Session) -> bool:
    """Whether this registry holds the invented world of `casa seed`: nothing it says of a State is a fact then."""
    return session.get(Meta, "demo") is not None
