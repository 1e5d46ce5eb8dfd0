"""Documents of several pages: all of them or none, in order, from one server, and never without end."""

from dataclasses import replace
from pathlib import Path

import pytest

from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.sync.adapters.contract import DocumentRefused, pages_of
from registry.sync.fetching import Fetched, fetch_pages
from registry.sync.rules import never
from tests.support.fault_server import FaultServer, body, head, raw


def linked(page: Path, _address: str) -> str | None:
    """Test pages are text; their first line is the next one's address."""
    first, _, _ = page.read_text().partition("\n")
    if first == "broken":
        raise DocumentRefused("truncated", "This page is none.")
    return first or None


def collect(settings: Settings, server: FaultServer, folder: Path, **options: int) -> Fetched:
    settings = replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=2)
    for name in ("fetch_max_bytes",):
        if name in options:
            settings = replace(settings, fetch_max_bytes=options.pop(name))
    return fetch_pages(
        server.url("/1"), linked, settings, folder, progress=lambda _done, _all: None, stop=never, **options
    )


def test_pages_are_collected_in_order_from_relative_and_absolute_addresses(
    settings: Settings, server: FaultServer, tmp_path: Path
) -> None:
    server.serve("/1", body(b"2?after=a\none"))
    server.serve("/2", body(server.url("/3").encode() + b"\ntwo"))
    server.serve("/3", body(b"\nthree"))
    seen: list[int] = []
    allowed = replace(settings, outbound_allow=server.allow)
    fetched = fetch_pages(
        server.url("/1"), linked, allowed, tmp_path, progress=lambda done, _all: seen.append(done), stop=never
    )
    assert fetched.path and [page.read_text().split("\n")[1] for page in pages_of(fetched.path)] == [
        "one", "two", "three",
    ]  # fmt: skip
    assert fetched.complete and fetched.bytes == sum(page.stat().st_size for page in pages_of(fetched.path))
    assert seen == sorted(seen) and seen[-1] == fetched.bytes
    (tmp_path / "again").mkdir()
    assert collect(settings, server, tmp_path / "again").sha256 == fetched.sha256


@pytest.mark.parametrize(
    ("next_page", "words"),
    [
        ("/1", "Page 2 names page 1 as the next: a circle."),
        ("http://127.0.0.1:1/3", "on another server"),
        ("//127.0.0.1:1/3", "on another server"),
        ("file:///etc/passwd", "no valid address"),
        ("http://user:secret@127.0.0.1/", "no valid address"),
        ("http://[::1", "no valid address"),
        ("http://127.0.0.1:99999999/", "no valid address"),
        ("/a b", "no valid address"),
    ],
)
def test_a_next_page_that_leads_astray_ends_the_download(
    next_page: str, words: str, settings: Settings, server: FaultServer, tmp_path: Path
) -> None:
    server.serve("/1", body(b"/2\none"))
    server.serve("/2", body(next_page.encode() + b"\ntwo"))
    with pytest.raises(FetchFailed, match=words) as caught:
        collect(settings, server, tmp_path)
    assert caught.value.code == "pages" and len(server.requests) == 2


def test_pages_without_end_are_not_followed_without_end(
    settings: Settings, server: FaultServer, tmp_path: Path
) -> None:
    for number in range(1, 9):
        server.serve(f"/{number}", body(f"/{number + 1}\n{number}".encode()))
    with pytest.raises(FetchFailed, match="more than 5 pages"):
        collect(settings, server, tmp_path, max_pages=5)
    assert len(server.requests) == 5
    server.serve("/2", body(b"/3\nsame"))
    server.serve("/3", body(b"/3\nsame"))
    (tmp_path / "second").mkdir()
    with pytest.raises(FetchFailed, match="circle|the same as page 2"):
        collect(settings, server, tmp_path / "second")
    (tmp_path / "third").mkdir()
    with pytest.raises(FetchFailed, match="larger than"):
        collect(settings, server, tmp_path / "third", fetch_max_bytes=9)


@pytest.mark.parametrize("last", [body(b"", status="500 Oh"), raw(head(Content_Length="99") + b"cut"), body(b"broken")])
def test_one_page_that_fails_fails_the_document(
    last: object, settings: Settings, server: FaultServer, tmp_path: Path
) -> None:
    server.serve("/1", body(b"/2\none"))
    server.serve("/2", last)  # type: ignore[arg-type]
    with pytest.raises((FetchFailed, DocumentRefused)):
        collect(settings, server, tmp_path)
