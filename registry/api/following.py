"""What the change feed and its stream share: the caller as a reader, a page, and places to stand waiting."""

from flask import Flask

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue import identity
from registry.db import Database
from registry.events import feed
from registry.events.models import Event
from registry.events.sequencer import catch_up
from registry.events.watching import Watch
from registry.http import RegistryFlask, registry_app
from registry.rooms import Room

_KEY = "casa.following"


class Following:
    """One process's watch over the events, and its places for requests that stand waiting for them."""

    def __init__(self, app: RegistryFlask) -> None:
        self.watch = Watch(app.database)
        self.standing = Room(app.settings.standing_requests)


def install(app: RegistryFlask) -> None:
    """Give the application its own."""
    app.extensions[_KEY] = Following(app)


def following(app: Flask | None = None) -> Following:
    """The application's; of this request's where none is named."""
    found: Following = (app or registry_app()).extensions[_KEY]
    return found


def reader_for(actor: Actor) -> feed.Reader:
    """The actor as a reader of the feed."""
    return feed.Reader(policy.visible(actor, Event), policy.lost_events(actor), policy.audience(actor))


def read(database: Database, reader: feed.Reader, after: str | None, limit: int) -> feed.Changes:
    """A page of what is committed by now. Raises as feed.read_changes does."""
    catch_up(database)
    with database.reading() as session:
        return feed.read_changes(session, reader, after, limit, epoch=identity.epoch(session))
