"""A reader of server-sent events over a real socket, as a browser's EventSource reads them."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import make_server

from registry.api.following import following
from registry.http import RegistryFlask

URL = "/api/v1/changes/stream"


@contextmanager
def served(app: RegistryFlask) -> Iterator[int]:
    """The application behind the threaded development server; its port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = False  # type: ignore[attr-defined]  # so that server_close waits for the requests' threads
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        following(app).watch.close()
        server.shutdown()
        thread.join(10)
        server.server_close()


class EventSource:
    """One connection. `status` and `headers` are the answer's; events come from `next_event`."""

    def __init__(self, port: int, headers: dict[str, str] | None = None, address: str = URL) -> None:
        self.last_id = ""
        self.retry = 0
        self.comments: list[str] = []
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        self._connection.request("GET", address, headers=headers or {})
        self._response = self._connection.getresponse()
        self.status, self.headers = self._response.status, self._response.headers

    def json(self) -> Any:
        """The whole answer, where it is no stream."""
        return json.loads(self._response.read())

    def next_event(self) -> dict[str, Any] | None:
        """The next event's data; None where the stream ended."""
        data = []
        while line := self._response.readline():
            name, _, value = line.decode().rstrip("\n").partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name == "id":
                self.last_id = value
            elif name == "retry":
                self.retry = int(value)
            elif value and not name:
                self.comments.append(value)
            elif not name and data:
                event: dict[str, Any] = json.loads("\n".join(data))
                return event
        return None

    def block(self) -> None:
        """Read to the end of the next block, whatever it holds."""
        while line := self._response.readline():
            text = line.decode().rstrip("\n")
            if text.startswith("id: "):
                self.last_id = text.removeprefix("id: ")
            if not text:
                return

    def close(self) -> None:
        """Go away."""
        self._response.close()
        self._connection.close()
