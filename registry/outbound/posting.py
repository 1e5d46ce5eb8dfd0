"""One POST to an address that somebody typed: guarded as downloads are, no redirects, bounded in time and bytes.

Bare http.client over the guard's socket: nothing is read from the environment, nothing is retried, nothing is decoded.
Plain http leaves this registry only for addresses that CASA_OUTBOUND_ALLOW names.
"""

import functools
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from registry import __version__
from registry.outbound.addresses import PORTS, Allowed, is_named, refusal
from registry.outbound.client import failure_of
from registry.outbound.connections import Guard, Refused
from registry.outbound.urls import FetchFailed, check_url

CONNECT_SECONDS = 10.0
BODY_BYTES, BODY_SECONDS = 4096, 2.0
"""Of the answer's body only so much is read, and only for so long: the status says all that matters."""
EXCERPT = 1000
"""Characters of the body that are handed on"""


@dataclass(frozen=True)
class Answer:
    """What the receiver said. `excerpt`: the beginning of its body, without control characters."""

    status: int
    retry_after: str | None
    excerpt: str


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Allowed,
    deadline: float,
    stop: Callable[[], bool] = lambda: False,
) -> Answer:
    """Send `body` and wait for the answer's status, whatever it is. Raises FetchFailed where none came.

    `deadline`: seconds for everything together. `stop` is asked now and then whether this is still wanted.
    """
    parts = check_receiver(url, allowed)
    with Guard(allowed, deadline, stop, named_only=parts.scheme == "http") as guard:
        try:
            answer = _exchange(guard, parts, body, headers, deadline)
        except (http.client.HTTPException, Refused, OSError, ValueError) as error:
            if guard.fired.is_set():
                raise _cut_short(guard, deadline) from error
            if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
                raise FetchFailed("protocol", f"The answer is not HTTP: {_words(error)}.") from error
            raise failure_of(error) from error
        return answer


def check_receiver(url: str, allowed: Allowed) -> SplitResult:
    """The parts of an address that we may send to, as far as its form tells. Raises FetchFailed with the reason.

    An address written as a number, in whatever notation, is judged here; where a name leads, at the connection.
    """
    check_url(url)
    if not url.isascii():
        raise FetchFailed("address", "The address must be written in ASCII: a host name as xn--…, the rest as %XX.")
    parts = urlsplit(url)
    host, port = parts.hostname or "", port_of(parts)
    if "%" in host:
        raise FetchFailed("address", "The address must not name an interface of this machine.")
    number = _numeric(host, port)
    named = (host, port) in allowed.pairs or (number is not None and is_named(host, number, port, allowed))
    if parts.scheme != "https" and not named:
        raise FetchFailed("address", "The address must begin with https://.")
    if number is not None and (reason := refusal(host, number, port, allowed)):
        raise FetchFailed("address", f"The address may not be used: {reason}.")
    if number is None and port not in PORTS and not named and not allowed.networks:
        raise FetchFailed("address", f"The address may not be used: port {port} is not an open one.")
    return parts


def port_of(parts: SplitResult) -> int:
    """The port that an address leads to."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def _numeric(host: str, port: int) -> str | None:
    """The address where the host is one in any notation that a resolver takes (`127.1`, `0x7f000001`), else None."""
    try:
        answers = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return str(answers[0][4][0]).partition("%")[0]


def _exchange(guard: Guard, parts: SplitResult, body: bytes, headers: Mapping[str, str], deadline: float) -> Answer:
    host, port = parts.hostname or "", port_of(parts)
    opened = guard.connect(host, port, min(CONNECT_SECONDS, deadline))
    connection = http.client.HTTPConnection(host, port)
    connection.response_class = _StrictResponse
    try:
        connection.sock = opened  # kept before TLS, so that it is closed whatever happens
        opened.settimeout(deadline)
        if parts.scheme == "https":
            connection.sock = trust().wrap_socket(opened, server_hostname=host)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest("POST", target, skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": parts.netloc,
            "User-Agent": f"casa-registry/{__version__}",
            "Accept": "*/*",
            "Connection": "close",
            "Content-Length": str(len(body)),
            **headers,
        }
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        wire = connection.sock  # getresponse lets go of it where the connection is to be closed
        response = connection.getresponse()
        if guard.fired.is_set():  # a socket shut inside the headers looks like their end
            raise TimeoutError
        retry_after = response.headers.get("Retry-After")
        return Answer(response.status, retry_after, _excerpt(wire, response))
    finally:
        connection.close()
        opened.close()


def _excerpt(wire: socket.socket, response: http.client.HTTPResponse) -> str:
    """The beginning of the body. What breaks or ends it does not matter any more: the receiver has answered."""
    until = time.monotonic() + BODY_SECONDS
    received = b""
    while len(received) < BODY_BYTES and (left := until - time.monotonic()) > 0:
        try:
            wire.settimeout(left)
            block = response.read1(BODY_BYTES - len(received))
        except (http.client.HTTPException, OSError, ValueError):
            break
        if not block:
            break
        received += block
    text = received.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text)[:EXCERPT].strip()


@functools.cache
def trust() -> ssl.SSLContext:
    """Whose certificates are believed: those that downloads believe."""
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


def _cut_short(guard: Guard, deadline: float) -> FetchFailed:
    if guard.stopped:
        return FetchFailed("cancelled", "Sending was stopped.")
    return FetchFailed("timeout", f"There was no answer within {deadline:g} seconds.")


def _words(error: http.client.HTTPException) -> str:
    said = " ".join(str(error).split())[:200]
    return "".join(c if c.isprintable() else "?" for c in said) or type(error).__name__


class _StrictResponse(http.client.HTTPResponse):
    """Headers that end with the connection are an error: as http.client reads them, `200` and a hang-up is success."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fp: Any = _Lines(self.fp)


class _Lines:
    """A file whose lines do not just end."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        if not line:
            raise http.client.RemoteDisconnected("the connection was closed before the headers ended")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
