"""Connections that check the address they are about to use, and that can be cut from another thread."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.poolmanager import PoolManager

from registry.outbound.addresses import Allowed, is_named, refusal

ASK_SECONDS = 0.5


class Refused(Exception):
    """The address may not be connected to; the message says why."""


class Guard:
    """Opens sockets for one download, and shuts all of them when the deadline has passed.

    No timeout of the libraries below bounds a download as a whole: one byte every few seconds keeps each of them happy.
    `stop` is asked twice a second: a download that nobody wants any more is cut as well.
    """

    def __init__(
        self, allowed: Allowed, deadline_seconds: float, stop: Callable[[], bool], *, named_only: bool = False
    ) -> None:
        """`named_only`: connect to nothing but what the exceptions name."""
        self.allowed, self._named_only = allowed, named_only
        self.fired = threading.Event()
        self.stopped = False
        self._stop, self._deadline = stop, time.monotonic() + deadline_seconds
        self._done = threading.Event()
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._watch = threading.Thread(target=self._watching, name="download-watchdog", daemon=True)

    def __enter__(self) -> "Guard":
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def _watching(self) -> None:
        while not self._done.wait(max(0.0, min(ASK_SECONDS, self._deadline - time.monotonic()))):
            self.stopped = self._stop()
            if self.stopped or time.monotonic() >= self._deadline:
                self._cut()
                return

    def _cut(self) -> None:
        with self._lock:
            self.fired.set()
            for handle in self._handles:
                with contextlib.suppress(OSError):  # closed by its owner meanwhile
                    handle.shutdown(socket.SHUT_RDWR)

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """A connected socket to the first address of `host` that answers. Raises Refused or OSError.

        Every address of the answer must be allowed: a name that points inside as well as outside is not to be trusted.
        """
        answers = socket.getaddrinfo(host.strip("[]"), port, 0, socket.SOCK_STREAM)
        for *_, target in answers:
            if reason := self._refusal(host, str(target[0]), int(target[1])):
                raise Refused(reason)
        failure: OSError = OSError("the name has no address")
        for family, kind, protocol, _, target in answers:
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(timeout)
                self._keep(opened)
                opened.connect(target)
            except OSError as error:
                opened.close()
                failure = error
                continue
            return opened
        raise failure

    def _refusal(self, host: str, address: str, port: int) -> str | None:
        if self._named_only and not is_named(host, address, port, self.allowed):
            return f"CASA_OUTBOUND_ALLOW does not name {address}, port {port}, for plain http"
        return refusal(host, address, port, self.allowed)

    def _keep(self, opened: socket.socket) -> None:
        # A duplicate: TLS takes the socket itself over, and shutting the duplicate shuts the same connection.
        with self._lock:
            if self.fired.is_set():
                raise TimeoutError("the deadline has passed")
            self._handles.append(opened.dup())


class _Guarded:
    """Mixed into urllib3's connections: the one place where they open a socket."""

    def __init__(self, *args: Any, guard: Guard, **options: Any) -> None:
        super().__init__(*args, **options)
        self.guard = guard

    def _new_conn(self) -> socket.socket:
        timeout = self.timeout if isinstance(self.timeout, int | float) else None  # type: ignore[attr-defined]
        return self.guard.connect(self._dns_host, self.port, timeout)  # type: ignore[attr-defined]


class _PlainConnection(_Guarded, HTTPConnection):
    """To a server over plain HTTP."""


class _TLSConnection(_Guarded, HTTPSConnection):
    """To a server over TLS."""


class _Pools(PoolManager):
    def __init__(self, guard: Guard, **options: Any) -> None:
        super().__init__(**options)
        self.guard = guard

    def _new_pool(self, scheme: str, host: str, port: int, request_context: Any = None) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        kind = _TLSConnection if scheme == "https" else _PlainConnection
        pool.ConnectionCls = partial(kind, guard=self.guard)  # type: ignore[assignment]
        return pool


class GuardedAdapter(HTTPAdapter):
    """For requests: every connection through the guard, never through a proxy, no silent retries."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        self.poolmanager = _Pools(self.guard, num_pools=connections, maxsize=maxsize, block=block, **options)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        raise Refused("proxies are not used")
