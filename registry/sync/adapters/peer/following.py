"""What to ask another registry for: everything once, then what changed behind the cursor, and the records behind that.

Its answers are strangers' words: they lead to no other server, end, and go forward only. A cursor that it does not take
any more (410: forgotten, or a restored backup) makes us begin again with everything.
"""

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from registry.outbound.urls import FetchFailed
from registry.sync.adapters.contract import Asked, DocumentRefused, Followed, Following
from registry.sync.adapters.peer.lines import read_events, read_head
from registry.sync.adapters.peer.records import number_of

EVENTS_A_PAGE, RECORDS_A_PAGE = 1000, 100
MAX_PAGES = 200
"""Of events in one run; the next goes on"""
MOST_CHANGED = 10_000
"""Programmes: from there on everything is asked for at once"""
API = "/api/v1"
LOST = frozenset({400, 404, 410, 422})
"""What is answered for a cursor that leads nowhere any more, or was another's"""


def follow(asking: Following) -> Followed:
    """Raises FetchFailed, DocumentRefused."""
    if asking.state:
        changes = _changes(asking, asking.state)
        if changes is not None:
            return changes
        asking.begin_again()
    return _everything(asking)


def _base(url: str) -> str:
    """The address of its API; a feed's address is that of the registry."""
    return f"{url.split('?')[0].rstrip('/').removesuffix(API)}{API}"


def _everything(asking: Following) -> Followed:
    answer = asking.ask(f"{_base(asking.url)}/snapshot/for-peers")
    head = read_head(answer.path)
    if head.registry == asking.registry:
        raise DocumentRefused("own", "This address leads to this registry itself.")
    state = {"cursor": head.cursor, "sequence": "", "registry": head.registry, "epoch": head.epoch}
    return Followed(True, state, False)


def _changes(asking: Following, state: dict[str, Any]) -> Followed | None:
    """What changed since; None where only everything will do."""
    numbers: dict[int, None] = {}
    cursor, sequence, more = state["cursor"], state["sequence"], True
    seen = {cursor}
    for _ in range(MAX_PAGES):
        try:
            answer = asking.ask(f"{_base(asking.url)}/changes?limit={EVENTS_A_PAGE}&after={quote(cursor, safe='')}")
        except FetchFailed as failure:
            if failure.http_status in LOST:
                return None
            raise
        events = read_events(answer.path)
        for event in events:
            if event["sequence"] <= sequence:
                raise DocumentRefused("pages", "The registry's changes go backwards.")
            sequence = event["sequence"]
        numbers |= dict.fromkeys(filter(None, map(number_of, events)))
        following, more = _cursor_behind(answer), answer.headers.get("x-has-more") == "true"
        if more and following in seen:
            raise DocumentRefused("pages", "The registry's changes lead in a circle.")
        cursor = following
        seen.add(cursor)
        if not more:
            break
    if more and not numbers:
        raise DocumentRefused("pages", f"The registry's changes do not come to an end after {MAX_PAGES} pages.")
    if len(numbers) > MOST_CHANGED:
        return None
    if not _ask_for(asking, sorted(numbers), state):
        return None
    return Followed(False, state | {"cursor": cursor, "sequence": sequence}, not numbers)


def _ask_for(asking: Following, numbers: list[int], state: dict[str, Any]) -> bool:
    """Ask for programmes by their numbers; False where another registry, or another life of it, answers."""
    for start in range(0, len(numbers), RECORDS_A_PAGE):
        wanted = "&".join(f"id={number}" for number in numbers[start : start + RECORDS_A_PAGE])
        head = read_head(asking.ask(f"{_base(asking.url)}/snapshot/for-peers?{wanted}").path)
        if (head.registry, head.epoch) != (state["registry"], state["epoch"]):
            return False
    return True


def _cursor_behind(answer: Asked) -> str:
    """The cursor in the link to the next page: of that address nothing else is believed."""
    link = answer.headers.get("link", "").partition("<")[2].partition(">")[0]
    try:
        (cursor,) = parse_qs(urlsplit(link).query)["after"]
    except (KeyError, ValueError):
        cursor = ""
    if not 0 < len(cursor) <= 500:
        raise DocumentRefused("pages", "The registry does not say where its changes go on.")
    return cursor
