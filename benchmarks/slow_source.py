"""A partner's server that takes its time: answers every address after a wait. A process of its own.

with slow_source() as source:             # or slow_source(news=True): each answer says something else
    source.port, source.told()            # what each address was told last, and how often it was asked twice at once
"""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 0.05
NEWS = "--news"


class Source:
    """The server, seen from outside."""

    def __init__(self, port: int) -> None:
        self.port = port

    def told(self) -> tuple[dict[str, int], int]:
        """Feed → number of its last edition; and how often a feed was asked while it was being asked."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/told", timeout=20) as answer:
            found = json.load(answer)
        return found["editions"], found["overlaps"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    editions: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    overlaps = 0

    def do_GET(self) -> None:
        feed = self.path.strip("/")
        if feed == "told":
            return self._answer(json.dumps({"editions": self.editions, "overlaps": _Handler.overlaps}).encode())
        with self.lock:
            self.editions[feed] += NEWS in sys.argv
            edition = self.editions[feed]
            _Handler.overlaps += self.asked[feed] > 0
            self.asked[feed] += 1
        try:
            time.sleep(SECONDS)
            self._answer(_document(feed, edition))
        finally:
            with self.lock:
                self.asked[feed] -= 1

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: the figures are the output."""


def _document(feed: str, edition: int) -> bytes:
    return (
        '<iati-activities version="2.03"><iati-activity default-currency="USD">'
        f"<iati-identifier>XX-SLOW-{feed}</iati-identifier>"
        "<reporting-org ref='XX-SLOW' type='10'><narrative>Slow</narrative></reporting-org>"
        f"<title><narrative>Destruction of small arms {feed}, edition {edition}</narrative></title>"
        "<description><narrative>Stockpiles</narrative></description><activity-status code='2'/>"
        "<activity-date iso-date='2026-01-01' type='2'/><recipient-country code='KE'/>"
        "</iati-activity></iati-activities>"
    ).encode()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, _request: object, _address: object) -> None:
        """A client that was killed is no error."""


@contextmanager
def slow_source(*, news: bool = False) -> Iterator[Source]:
    """Such a server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.slow_source", *[NEWS] * news]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Source(int(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    server = _Server(("127.0.0.1", 0), _Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
