"""Requests counted in this process, in Prometheus' text format: by route, method and status, with their duration."""

import os
import threading
import time
from collections.abc import Iterator

from flask import Response, g, request, request_started

from registry.http import RegistryFlask

_lock = threading.Lock()
_requests: dict[tuple[str, str, int], tuple[int, float]] = {}
_STARTED = time.time()
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: RegistryFlask) -> None:
    """Count every request of the application."""

    @request_started.connect_via(app)  # comes before any before_request, so that finding out who asks counts too
    def _start(_app: RegistryFlask, **_: object) -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        # The route, not the address: as many series as there are routes. Nobody's invented method makes one either.
        route = request.url_rule.rule if request.url_rule else "none"
        key = (route, request.method if request.method in _METHODS else "other", response.status_code)
        with _lock:
            count, total = _requests.get(key, (0, 0.0))
            _requests[key] = (count + 1, total + seconds)
        return response


def lines() -> Iterator[str]:
    """This process's series; each worker process has its own, told apart by `pid`."""
    with _lock:
        counted = sorted(_requests.items())
    pid = os.getpid()
    yield from head("casa_process_start_time_seconds", "gauge", "When this process began.")
    yield f'casa_process_start_time_seconds{{pid="{pid}"}} {_STARTED:.3f}'
    yield from head("casa_http_requests_total", "counter", "Requests answered by this process.")
    for key, (count, _) in counted:
        yield f"casa_http_requests_total{_labels(key, pid)} {count}"
    yield from head("casa_http_request_seconds_sum", "counter", "Seconds spent answering them.")
    for key, (_, seconds) in counted:
        yield f"casa_http_request_seconds_sum{_labels(key, pid)} {seconds:.6f}"


def head(name: str, kind: str, help_text: str) -> Iterator[str]:
    """The two lines before a series."""
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"


def _labels(key: tuple[str, str, int], pid: int) -> str:
    route, method, status = key
    return f'{{route="{escape(route)}",method="{method}",status="{status}",pid="{pid}"}}'


def escape(value: str) -> str:
    """A label's value as the text format wants it."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
