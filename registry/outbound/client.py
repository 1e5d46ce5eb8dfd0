"""One download: guarded, bounded in time and bytes, spooled to a file, judged for completeness.

That a request "succeeded" proves nothing: libraries report a body cut off inside the headers as `200, 0 bytes`, and one
without a length that stops in the middle as whole. What is not proven complete is said to be so.
"""

import contextlib
import hashlib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.models import Response

from registry import __version__
from registry.outbound.addresses import Allowed
from registry.outbound.connections import Guard, GuardedAdapter, Refused
from registry.outbound.patience import retry_after_seconds
from registry.outbound.urls import FetchFailed, check_url
from registry.settings import Settings

MAX_REDIRECTS = 5
KEPT = ("link", "x-has-more")
"""Headers of an answer that are handed on"""
BLOCK = 1 << 16
CONNECT_SECONDS, IDLE_SECONDS = 10, 60
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
Progress = Callable[[int, int | None], None]
"""(bytes so far, bytes announced or None)"""


@dataclass(frozen=True)
class Validators:
    """What a server said of the last document, to ask whether it changed since."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    """A finished download. `path` None: the server said 304, nothing changed.

    `complete`: the announced length was received, or the last chunk; False: the server announced neither, and only
    the document itself can show that it is whole.
    """

    status: int
    validators: Validators
    path: Path | None
    bytes: int
    sha256: str
    complete: bool
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of KEPT that came, by lower-case name"""


def fetch(
    url: str,
    *,
    settings: Settings,
    sink: Path,
    validators: Validators | None = None,
    deadline: float | None = None,
    max_bytes: int | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    token: str | None = None,
) -> Fetched:
    """Download `url` into the file `sink` (decoded). Raises FetchFailed with the reason.

    `deadline`: seconds for everything together, redirects and headers included; `max_bytes`: of the body, as sent and
    as decoded. Both default to the settings. `validators` make the request conditional. `stop` is asked from another
    thread now and then, whether the download is still wanted. `token` is shown to the server of `url` and to no other.
    """
    deadline = settings.fetch_timeout_seconds if deadline is None else deadline
    max_bytes = settings.fetch_max_bytes if max_bytes is None else max_bytes
    with Guard(Allowed.parse(settings.outbound_allow), deadline, stop) as guard:
        try:
            with _session(guard) as session:
                fetched = _download(session, url, sink, validators, deadline, max_bytes, progress, token)
        except FetchFailed:
            if guard.fired.is_set():
                raise _cut_short(guard, deadline) from None
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, Refused, OSError, ValueError) as error:
            if guard.fired.is_set():
                raise _cut_short(guard, deadline) from error
            raise failure_of(error) from error
        # Shutting a socket inside the headers looks like a complete, empty answer: success is no proof here either.
        if guard.fired.is_set():
            raise _cut_short(guard, deadline)
        return fetched


def _cut_short(guard: Guard, deadline: float) -> FetchFailed:
    if guard.stopped:
        return FetchFailed("cancelled", "The download was stopped.")
    return FetchFailed("timeout", f"The download was not finished within {deadline:g} seconds.")


@contextlib.contextmanager
def _session(guard: Guard) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False  # no proxies, no netrc
        session.adapters.clear()
        adapter = GuardedAdapter(guard)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.headers.clear()
        session.headers.update(
            {"User-Agent": f"casa-registry/{__version__}", "Accept": "*/*", "Accept-Encoding": "gzip, identity"}
        )
        yield session


def _download(
    session: requests.Session,
    url: str,
    sink: Path,
    validators: Validators | None,
    deadline: float,
    max_bytes: int,
    progress: Progress | None,
    token: str | None,
) -> Fetched:
    conditional = {}
    check_url(url)  # before anything is made of it
    first = _server_of(url)
    if validators and validators.etag:
        conditional["If-None-Match"] = validators.etag
    if validators and validators.last_modified:
        conditional["If-Modified-Since"] = validators.last_modified
    timeouts = (min(CONNECT_SECONDS, deadline), min(IDLE_SECONDS, deadline))
    for _hop in range(MAX_REDIRECTS + 1):
        check_url(url)
        shown = {"Authorization": f"Bearer {token}"} if token and _server_of(url) == first else {}
        with session.get(
            url, stream=True, timeout=timeouts, headers=conditional | shown, allow_redirects=False
        ) as response:
            if response.status_code in (301, 302, 303, 307, 308):
                url = urljoin(url, response.headers.get("Location", ""))
                continue
            if response.status_code == 304 and not conditional:
                raise FetchFailed("http_status", "The server answered 304: unchanged, though it was not asked.", 304)
            return _receive(response, url, sink, max_bytes, progress)
    raise FetchFailed("redirects", f"There were more than {MAX_REDIRECTS} redirections.")


def _server_of(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _receive(response: Response, url: str, sink: Path, max_bytes: int, progress: Progress | None) -> Fetched:
    headers = response.headers
    validators = Validators(
        (headers.get("ETag") or "")[:500] or None, (headers.get("Last-Modified") or "")[:100] or None
    )
    if response.status_code == 304:
        return Fetched(304, validators, None, 0, "", True, url)
    if response.status_code != 200:
        asks_for_patience = response.status_code in (429, 503)
        raise FetchFailed(
            "http_status", f"The server answered {response.status_code} {response.reason or ''}".rstrip() + ".",
            response.status_code,
            retry_after_seconds(headers.get("Retry-After"), datetime.now(UTC)) if asks_for_patience else None,
        )  # fmt: skip
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise FetchFailed(
            "encoding", f"The server sent the content encoding “{encoding}”, which was not asked for.", 200
        )
    raw = response.raw
    chunked = bool(getattr(raw, "chunked", False))
    announced = None if chunked else _length(headers.get("Content-Length"))
    if announced is not None and announced > max_bytes:
        raise _too_large(max_bytes)
    kept = {name: headers[name][:2000] for name in KEPT if name in headers}
    size, sha256 = 0, hashlib.sha256()
    try:
        with sink.open("wb") as file:
            # read1: what has come is passed on at once, so that somebody who watches sees a slow download move.
            while block := raw.read1(BLOCK, decode_content=True):
                size += len(block)
                if size > max_bytes or (raw.tell() or 0) > max_bytes:
                    raise _too_large(max_bytes)
                sha256.update(block)
                file.write(block)
                if progress:
                    progress(raw.tell() or size, announced)
    except urllib3.exceptions.ProtocolError as error:
        raise FetchFailed("cut_body", f"The body was cut after {raw.tell() or size:,} bytes.", 200) from error
    sent = raw.tell() or 0
    if announced is not None and sent != announced:
        raise FetchFailed("cut_body", f"The body was cut: {sent} of {announced} bytes came.", 200)
    if size == 0:
        raise FetchFailed("empty_body", "The server answered 200 with an empty body.", 200)
    return Fetched(200, validators, sink, size, sha256.hexdigest(), chunked or announced is not None, url, kept)


def _too_large(max_bytes: int) -> FetchFailed:
    return FetchFailed("too_large", f"The body is larger than {max_bytes:,} bytes.", 200)


def _length(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdecimal() else None


def failure_of(error: Exception) -> FetchFailed:
    """The reason code and words for what the libraries raised; they wrap each other's errors several deep."""
    causes: list[BaseException] = []
    pending: list[BaseException] = [error]
    while pending:
        current = pending.pop()
        if current in causes:
            continue
        causes.append(current)
        links = (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
        pending += [link for link in links if isinstance(link, BaseException)]
    for kinds, code, words in _KINDS:
        for cause in causes:
            if isinstance(cause, kinds):
                return FetchFailed(code, words.format(cause))
    return FetchFailed("connection", f"The connection failed: {error}")


_KINDS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    ((Refused,), "address", "The address may not be used: {}."),
    ((ssl.SSLError, requests.exceptions.SSLError), "tls", "The secure connection failed: {}."),
    ((urllib3.exceptions.DecodeError,), "encoding", "The compressed body cannot be read: {}."),
    (
        (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError),
        "timeout",
        "The server did not answer in time.",
    ),
    ((socket.gaierror,), "connection", "The server's name leads to no address."),
    ((ConnectionRefusedError,), "connection", "The server refused the connection."),
    ((ConnectionResetError, BrokenPipeError), "connection", "The server broke off the connection."),
    ((UnicodeError, requests.exceptions.InvalidURL), "address", "The address is not a valid one: {}."),
    ((OSError,), "connection", "The connection failed: {}."),
)
