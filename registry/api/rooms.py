"""Answers that hold a place (registry/rooms.py) while they are sent.

A place is given back once, however the request ends: its body sent to the end, broken off, or never asked for.
"""

from collections.abc import Callable, Iterable, Iterator

from flask import Response, request

from registry.errors import Busy
from registry.rooms import Place, Room

SEND_SECONDS = 30
"""A caller that takes nothing for so long is let go."""
PIECE = 1 << 16
"""Bytes handed to the server at once: what must be taken within SEND_SECONDS."""
FILES = Room(2)
"""Files of whole lists that this process sends at the same time: each holds a thread as long as it lasts."""
RETRY_SECONDS = 30
"""When somebody may come again who found all places taken"""


def send_file(begin: Callable[[], Iterable[bytes]], content_type: str) -> Response:
    """The file that `begin` starts to write, sent while it is written. Raises Busy where FILES has no place."""
    place = FILES.enter()
    if place is None:
        raise Busy(RETRY_SECONDS)
    try:
        pieces = begin()
    except BaseException:
        place.leave()
        raise
    return hold(place, pieces, content_type)


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
