"""Places for requests that last: so many of this process's threads may be held at once, and no more.

A place is given back once, however the request ends: its body sent to the end, broken off, or never asked for.
"""

import threading
from collections.abc import Iterable, Iterator

from flask import Response, request

SEND_SECONDS = 30
"""A caller that takes nothing for so long is let go."""
PIECE = 1 << 16
"""Bytes handed to the server at once: what must be taken within SEND_SECONDS."""


class Place:
    """One held place."""

    def __init__(self, room: "Room") -> None:
        self._room = room
        self._lock = threading.Lock()

    def leave(self) -> None:
        """Give it back; again does nothing."""
        if self._lock.acquire(blocking=False):
            self._room.leave()


class Room:
    """So many places."""

    def __init__(self, places: int) -> None:
        self._free = threading.BoundedSemaphore(places)

    def enter(self) -> Place | None:
        """A place, or None where all are held. Never waits."""
        return Place(self) if self._free.acquire(blocking=False) else None

    def leave(self) -> None:
        """What Place.leave calls."""
        self._free.release()


def hold(place: Place, pieces: Iterable[bytes], content_type: str) -> Response:
    """An answer that holds its place as long as its body is being sent, to a caller that takes it."""
    # A sending that never ends would hold the thread for ever. Both servers hand the connection on.
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.settimeout(SEND_SECONDS)
    response = Response(_until_sent(place, pieces), content_type=content_type)
    # A generator that was never begun (HEAD, a caller that is gone) runs no `finally`.
    response.call_on_close(place.leave)
    return response


def _until_sent(place: Place, pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        for piece in pieces:
            for start in range(0, len(piece), PIECE):
                yield piece[start : start + PIECE]
    finally:
        place.leave()
