"""Posting to receivers that misbehave in every way we know of, and to addresses that lead inside."""

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from registry.outbound import posting
from registry.outbound.addresses import Allowed
from registry.outbound.posting import Answer, check_receiver, post
from registry.outbound.urls import FetchFailed
from tests.support.fault_server import FaultServer, body, chunked, drip, head, raw, redirect, silent

NOBODY = Allowed()
CERTIFICATE = Path(__file__).parents[1] / "support" / "loopback.pem"
"""For 127.0.0.1, signed by itself, with its key: of use nowhere else."""


def send(server: FaultServer, answer, deadline: float = 5.0, **options) -> Answer:
    url = server.serve("/hook", answer)
    return post(url, b'{"a": 1}', {"X-Test": "yes"}, allowed=Allowed.parse(server.allow), deadline=deadline, **options)


def failed(server: FaultServer, answer, deadline: float = 5.0, **options) -> FetchFailed:
    with pytest.raises(FetchFailed) as error:
        send(server, answer, deadline, **options)
    return error.value


def test_the_receiver_gets_the_bytes_and_headers_and_we_its_answer(server: FaultServer) -> None:
    url = server.serve("/hook", body(b"thank\x00 you\r\n", "202 Accepted"))
    allowed = Allowed.parse(server.allow)
    answer = post(url + "?a=b%20c", b'{"a": "\xc3\xa9"}', {"X-Test": "yes"}, allowed=allowed, deadline=5)
    assert (answer.status, answer.excerpt) == (202, "thank  you")
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=b%20c", b'{"a": "\xc3\xa9"}')
    assert request.headers["x-test"] == "yes" and request.headers["user-agent"].startswith("casa-registry/")
    assert request.headers["host"] == f"127.0.0.1:{server.port}" and "accept-encoding" not in request.headers


@pytest.mark.parametrize("status", ["204 No Content", "400 Bad", "410 Gone", "500 Oh", "503 Later"])
def test_any_status_is_an_answer(server: FaultServer, status: str) -> None:
    assert send(server, raw(head(status, Retry_After="7"))).status == int(status[:3])
    assert send(server, raw(head(status, Retry_After="7"))).retry_after == "7"


def test_a_redirection_is_not_followed(server: FaultServer) -> None:
    elsewhere = server.serve("/elsewhere", body(b"caught"))
    assert send(server, redirect(elsewhere)).status == 302
    assert [request.path for request in server.requests] == ["/hook"]


@pytest.mark.parametrize(
    "answer",
    [
        body(b"y" * 50_000_000),
        drip(head(Content_Length="99999999")),
        drip(head(Transfer_Encoding="chunked"), piece=b"1\r\nx\r\n"),
        chunked(b"z" * 10_000, finish=False),
        raw(head(Transfer_Encoding="chunked") + b"no number\r\n"),
        raw(head(Content_Length="500") + b"cut"),
    ],
    ids=["huge", "dripped", "dripped chunks", "no last chunk", "broken chunks", "cut"],
)
def test_once_the_status_is_there_the_body_costs_little(
    server: FaultServer, answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "BODY_SECONDS", 0.4)
    begun = time.monotonic()
    found = send(server, answer)
    assert found.status == 200 and len(found.excerpt) <= posting.EXCERPT
    assert time.monotonic() - begun < posting.BODY_SECONDS + 1.5


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (silent(), "timeout"),
        (drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), "timeout"),
        (drip(b"", piece=b"H"), "timeout"),
        (drip(b"", piece=b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout"),
    ],
    ids=["never answers", "dripped header", "dripped status", "continues for ever"],
)
def test_a_receiver_without_an_answer_is_cut_at_the_deadline(server: FaultServer, answer, code: str) -> None:
    begun = time.monotonic()
    assert failed(server, answer, deadline=0.4).code == code
    assert 0.35 < time.monotonic() - begun < 2.5


@pytest.mark.parametrize(
    "answer",
    [
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n"),
        raw(b"\x16\x03\x01\x00\x02\x02\n"),
        raw(b"HTTP/1.1 abc OK\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n"),
    ],
    ids=[
        "closes",
        "closes in headers",
        "closes behind the status",
        "no HTTP",
        "no number",
        "long header",
        "many headers",
    ],
)
def test_what_is_no_whole_answer_is_a_failure(server: FaultServer, answer) -> None:
    assert failed(server, answer).code in ("protocol", "connection")


def test_nobody_listening_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchFailed) as error:
        post(f"http://127.0.0.1:{port}/", b"", {}, allowed=Allowed.parse(f"127.0.0.1:{port}"), deadline=5)
    assert error.value.code == "connection"


def test_sending_can_be_stopped(server: FaultServer) -> None:
    assert failed(server, silent(), deadline=20, stop=lambda: True).code == "cancelled"


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/hook",
        "ftp://receiver.example/hook",
        "https:///hook",
        "https://user@receiver.example/",
        "https://user:secret@receiver.example/",
        "https://receiver.example:22/",
        "https://receiver.example:99999/",
        "https://exämple.org/",
        "https://receiver.example/a b",
        "https://receiver.example/\nHost: other",
        "https://a\\@127.0.0.1/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0/",
        "https://10.0.0.1:443/",
        "https://169.254.169.254/latest",
        "https://192.0.0.192/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25lo]/",
        "https://[fd00::1]/",
        "javascript:alert(1)",
        "",
    ],
)
def test_hostile_addresses_are_refused_by_their_form_and_open_no_socket(url: str) -> None:
    for act in (lambda: check_receiver(url, NOBODY), lambda: post(url, b"", {}, allowed=NOBODY, deadline=2)):
        with pytest.raises(FetchFailed) as error:
            act()
        assert error.value.code == "address"


@pytest.mark.parametrize("host", ["localhost", "ip6-localhost", "localhost."])
def test_a_name_that_leads_inside_is_refused_when_it_is_connected_to(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: _answers("127.0.0.1", a))
    check_receiver(f"https://{host}/", NOBODY)
    with pytest.raises(FetchFailed) as error:
        post(f"https://{host}/", b"", {}, allowed=NOBODY, deadline=2)
    assert error.value.code == "address" and "127.0.0.1" in str(error.value)


def test_plain_http_to_a_name_leaves_only_for_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name was allowed in another place; where it leads now is not."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: _answers("93.184.215.14", a))
    with pytest.raises(FetchFailed) as error:
        post("http://receiver.example/", b"", {}, allowed=Allowed.parse("10.0.0.0/8"), deadline=2)
    assert error.value.code == "address"


def _answers(address: str, asked: tuple) -> list:
    if len(asked) > 5 and asked[5] & socket.AI_NUMERICHOST:
        raise socket.gaierror("a name")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, asked[1]))]


def test_https_is_spoken_only_with_whom_a_certificate_proves(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as opened:
                    request = part = opened.recv(65536)
                    while part and not request.endswith(b"secret"):  # closed with a rest unread, the answer is lost
                        part = opened.recv(65536)
                        request += part
                    opened.sendall(head("200 OK", Content_Length="2") + b"ok")
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    url, allowed = f"https://127.0.0.1:{port}/", Allowed.parse(f"127.0.0.1:{port}")
    with pytest.raises(FetchFailed) as error:
        post(url, b"secret", {}, allowed=allowed, deadline=20)
    assert error.value.code == "tls"
    monkeypatch.setattr(posting, "trust", lambda: ssl.create_default_context(cafile=str(CERTIFICATE)))
    assert post(url, b"secret", {}, allowed=allowed, deadline=20) == Answer(200, None, "ok")
    thread.join(5)
    listener.close()
