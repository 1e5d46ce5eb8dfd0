"""An HTTP server on a raw socket that a test can make misbehave: cut, drip, lie. Loopback only."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[[socket.socket, "Request"], None]


@dataclass
class Request:
    """What a client asked."""

    path: str
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""
    at: float = field(default_factory=time.time)
    """When it had come whole, seconds since 1970"""


@dataclass
class FaultServer:
    """Answers each path with what the test put into `answers`; remembers every request."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def allow(self) -> str:
        """For CASA_OUTBOUND_ALLOW."""
        return f"127.0.0.1:{self.port}"

    def serve(self, path: str, answer: Answer) -> str:
        """Put an answer at a path and return its address."""
        self.answers[path] = answer
        return self.url(path)


def raw(*pieces: bytes, pause: float = 0.0) -> Answer:
    """Send these bytes as they are, with a pause between them, and close."""

    def answer(connection: socket.socket, _request: Request) -> None:
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(pause)
            connection.sendall(piece)

    return answer


def head(status: str = "200 OK", **headers: str) -> bytes:
    """Status line and headers, ended."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode()


def body(content: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """A proper answer with its length."""
    return raw(head(status, Content_Length=str(len(content)), **headers) + content)


def conditional(content: bytes, etag: str) -> Answer:
    """A proper publisher: 304 where the client has this version."""

    def answer(connection: socket.socket, request: Request) -> None:
        if etag in request.headers.get("if-none-match", ""):
            connection.sendall(head("304 Not Modified", ETag=etag))
        else:
            body(content, ETag=etag)(connection, request)

    return answer


def chunked(content: bytes, *, finish: bool = True) -> Answer:
    """In chunks of 1,000 bytes; without `finish` the last chunk never comes."""
    pieces = [content[i : i + 1000] for i in range(0, len(content), 1000)]
    frames = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return raw(head(Transfer_Encoding="chunked") + frames + (b"0\r\n\r\n" if finish else b""))


def zipped(content: bytes) -> Answer:
    return body(gzip.compress(content), Content_Encoding="gzip")


def drip(prefix: bytes, seconds: float = 30.0, piece: bytes = b"x") -> Answer:
    """Send `prefix`, then one piece every tenth of a second until the client goes."""

    def answer(connection: socket.socket, _request: Request) -> None:
        connection.sendall(prefix)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            connection.sendall(piece)
            time.sleep(0.1)

    return answer


def silent(seconds: float = 30.0) -> Answer:
    """Take the request and say nothing until the client goes."""

    def answer(connection: socket.socket, _request: Request) -> None:
        connection.settimeout(seconds)
        connection.recv(1)

    return answer


def redirect(target: str) -> Answer:
    return raw(head("302 Found", Location=target, Content_Length="0"))


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    """A server in a thread of its own, until the test is done with it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = FaultServer(port=listener.getsockname()[1])
    threads: list[threading.Thread] = []
    opened: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            opened.append(connection)
            thread = threading.Thread(target=_handle, args=(server, connection), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for connection in opened:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in threads:
            thread.join(5)


def _handle(server: FaultServer, connection: socket.socket) -> None:
    with connection:
        try:
            data = b""
            while b"\r\n\r\n" not in data:
                block = connection.recv(65536)
                if not block:
                    return
                data += block
            ahead, _, content = data.partition(b"\r\n\r\n")
            lines = ahead.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            while len(content) < int(headers.get("content-length", 0)):
                content += connection.recv(65536)
            method, path, _ = lines[0].split()
            request = Request(path, headers, method, content)
            server.requests.append(request)
            answer = server.answers.get(request.path.partition("?")[0], body(b"not here", "404 Not Found"))
            answer(connection, request)
        except OSError:
            return  # the client went first: that is what several tests are about
