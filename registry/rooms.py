"""Places for work that lasts or takes much: so many of this process's threads may be at it at once, and no more.

Who is given a place gives it back once, however its work ends.
"""

import threading


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

    def enter(self, wait: float = 0) -> Place | None:
        """A place, or None where all are held and none becomes free within `wait` seconds."""
        return Place(self) if self._free.acquire(timeout=wait) else None

    def leave(self) -> None:
        """What Place.leave calls."""
        self._free.release()
