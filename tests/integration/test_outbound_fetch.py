"""Downloads against a server that misbehaves in every way we know of."""

import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from registry.outbound.client import Fetched, Validators, fetch
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from tests.support.fault_server import (
    FaultServer,
    body,
    chunked,
    conditional,
    drip,
    head,
    raw,
    redirect,
    silent,
    zipped,
)

CONTENT = b"<iati-activities>" + b"x" * 5000 + b"</iati-activities>"


@pytest.fixture
def allowing(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, outbound_allow=server.allow)


def get(url: str, settings: Settings, tmp_path: Path, **options: object) -> Fetched:
    return fetch(url, settings=settings, sink=tmp_path / "spool", **{"deadline": 5, **options})  # type: ignore[arg-type]


def failure(url: str, settings: Settings, tmp_path: Path, **options: object) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        get(url, settings, tmp_path, **options)
    return caught.value


def test_a_whole_body_is_spooled_and_known_to_be_complete(
    server: FaultServer, allowing: Settings, tmp_path: Path
) -> None:
    fetched = get(server.serve("/a", body(CONTENT, ETag='"1"', Last_Modified="yesterday")), allowing, tmp_path)
    assert fetched.complete and fetched.status == 200 and fetched.bytes == len(CONTENT)
    assert fetched.path is not None and fetched.path.read_bytes() == CONTENT
    assert fetched.validators == Validators('"1"', "yesterday")


def test_a_chunked_body_that_ends_is_complete(server: FaultServer, allowing: Settings, tmp_path: Path) -> None:
    fetched = get(server.serve("/a", chunked(CONTENT)), allowing, tmp_path)
    assert fetched.complete and fetched.bytes == len(CONTENT)


def test_a_body_of_unknown_length_is_not_called_complete(
    server: FaultServer, allowing: Settings, tmp_path: Path
) -> None:
    fetched = get(server.serve("/a", raw(head() + CONTENT)), allowing, tmp_path)
    assert not fetched.complete and fetched.bytes == len(CONTENT)


def test_a_compressed_body_is_decoded(server: FaultServer, allowing: Settings, tmp_path: Path) -> None:
    fetched = get(server.serve("/a", zipped(CONTENT)), allowing, tmp_path)
    assert fetched.path is not None and fetched.path.read_bytes() == CONTENT and fetched.complete


def test_validators_are_sent_and_304_is_no_failure(server: FaultServer, allowing: Settings, tmp_path: Path) -> None:
    url = server.serve("/a", conditional(CONTENT, '"7"'))
    fetched = get(url, allowing, tmp_path, validators=Validators('"7"', "some day"))
    assert fetched.status == 304 and fetched.path is None
    assert server.requests[-1].headers["if-modified-since"] == "some day"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (raw(head(Content_Length="9000") + CONTENT), "cut_body"),
        (chunked(CONTENT, finish=False), "cut_body"),
        (raw(head(Content_Length="9000", Content_Encoding="gzip") + b"\x1f\x8b\x08"), "cut_body"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), "connection,empty_body"),
        (raw(b""), "connection"),
        (raw(b"\x16\x03\x01 this is not HTTP\r\n\r\n"), "connection"),
        (body(b""), "empty_body"),
        (raw(head()), "empty_body"),
        (body(b"gone", "404 Not Found"), "http_status"),
        (body(b"oops", "500 Internal Server Error"), "http_status"),
        (body(b"part", "206 Partial Content"), "http_status"),
        (body(b"not gzip", Content_Encoding="gzip"), "encoding"),
        (body(b"???", Content_Encoding="br"), "encoding"),
        (redirect("/a"), "redirects"),
        (redirect("file:///etc/passwd"), "address"),
        (redirect("http://user:secret@127.0.0.1/"), "address"),
        (redirect("http://169.254.169.254/latest/meta-data"), "address"),
    ],
)
def test_what_is_not_a_whole_answer_fails_with_its_reason(
    server: FaultServer, allowing: Settings, tmp_path: Path, answer: object, code: str
) -> None:
    failed = failure(server.serve("/a", answer), allowing, tmp_path)  # type: ignore[arg-type]
    assert failed.code in code.split(","), failed


@pytest.mark.parametrize(
    "answer",
    [
        silent(),
        drip(b"HTTP/1.1 200 OK\r\nX-Filler: "),
        drip(head(Content_Length="100000")),
        drip(head()),
    ],
    ids=["silence", "dripped headers", "dripped body", "dripped body without length"],
)
def test_the_deadline_bounds_headers_and_body_together(
    server: FaultServer, allowing: Settings, tmp_path: Path, answer: object
) -> None:
    started = time.monotonic()
    failed = failure(server.serve("/a", answer), allowing, tmp_path, deadline=0.7)  # type: ignore[arg-type]
    assert failed.code == "timeout" and time.monotonic() - started < 3


def test_size_is_bounded_as_announced_as_sent_and_as_decoded(
    server: FaultServer, allowing: Settings, tmp_path: Path
) -> None:
    for number, answer in enumerate([body(b"x" * 20_000), raw(head() + b"x" * 20_000), zipped(b"x" * 5_000_000)]):
        assert failure(server.serve(f"/{number}", answer), allowing, tmp_path, max_bytes=10_000).code == "too_large"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    ],
)  # fmt: skip
def test_no_way_of_writing_an_inside_address_gets_through(
    host: str, settings: Settings, server: FaultServer, tmp_path: Path
) -> None:
    server.serve("/a", body(CONTENT))
    assert failure(f"http://{host}:{server.port}/a", settings, tmp_path).code in ("address", "connection")
    assert not server.requests


@pytest.mark.parametrize(
    "url",
    [
        "http://a\\@127.0.0.1/",
        "http://127.0.0.1\\@example.org/",
        "http://127.0.0.1 /",
        "http://127.0.0.1\t/",
        "http:///path",
        "ftp://127.0.0.1/a",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "http://user@127.0.0.1/",
        "http://:pw@127.0.0.1/",
        "http://[::1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:80:80/",
    ],
)
def test_addresses_that_parsers_disagree_about_are_refused(url: str, settings: Settings, tmp_path: Path) -> None:
    everything = replace(settings, outbound_allow="127.0.0.0/8,::1/128")
    assert failure(url, everything, tmp_path).code == "address"


def test_a_name_is_resolved_once_per_connection_and_that_answer_is_checked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: outside when first asked, inside when asked again."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    connected: list[object] = []
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, port, *_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))],
    )

    def connect(_self: socket.socket, target: object) -> None:
        connected.append(target)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert failure("http://rebinding.example/", settings, tmp_path).code == "connection"
    assert connected == [("93.184.216.34", 80)]
    assert failure("http://rebinding.example/", settings, tmp_path).code == "address"
    assert len(connected) == 1


def test_a_name_with_an_inside_address_among_others_is_refused_whole(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, port, *_: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("93.184.216.34", "10.0.0.1")
        ],
    )
    assert failure("http://both.example/", settings, tmp_path).code == "address"


def test_a_name_without_an_address_is_said_in_words(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failed = failure("http://nowhere.example/", settings, tmp_path)
    assert failed.code == "connection" and str(failed) == "The server's name leads to no address."


def test_a_redirect_is_followed_and_checked_anew(server: FaultServer, allowing: Settings, tmp_path: Path) -> None:
    server.serve("/b", body(CONTENT))
    assert get(server.serve("/a", redirect("/b")), allowing, tmp_path).url.endswith("/b")
    elsewhere = server.serve("/c", redirect(f"http://localhost.:{server.port + 1}/b"))
    assert failure(elsewhere, allowing, tmp_path).code in ("address", "connection")


def test_proxies_of_the_environment_are_ignored(
    server: FaultServer, allowing: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert get(server.serve("/a", body(CONTENT)), allowing, tmp_path).status == 200


def test_nothing_listens(settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    allowing = replace(settings, outbound_allow=f"127.0.0.1:{port}")
    assert failure(f"http://127.0.0.1:{port}/", allowing, tmp_path).code == "connection"
