"""Downloads that are tried again: what may pass is, what says no is not; bounded, and stopped while waiting."""

import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from registry.outbound.client import Fetched
from registry.outbound.retrying import LONGEST_WAIT, Clock, fetch_again
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from tests.support.fault_server import Answer, FaultServer, Request, body, chunked, drip, head, raw

GOOD = body(b"good")


@dataclass
class FakeTime:
    """A clock on which only sleeping takes time."""

    at: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep, lambda: 1.0)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def get(
    settings: Settings, server: FaultServer, folder: Path, time: FakeTime, *answers: Answer, **options: Any
) -> Fetched:
    """Fetch what answers one after the other, the last one for ever."""
    left = list(answers)

    def answer(connection: socket.socket, request: Request) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection, request)

    settings = replace(settings, outbound_allow=server.allow, fetch_tries=options.pop("tries", 3))
    url = server.serve("/feed", answer)
    return fetch_again(url, settings=settings, sink=folder / "sink", clock=time.clock, **options)


def said(status: str, **headers: str) -> Answer:
    return raw(head(status, Content_Length="0", **headers))


PASSING = {
    "429": said("429 Too Many Requests"),
    "502": said("502 Bad Gateway"),
    "503": said("503 Service Unavailable"),
    "504": said("504 Gateway Timeout"),
    "closed at once": raw(b""),
    "closed in headers": raw(b"HTTP/1.1 200 OK\r\nContent-"),
    "cut body": raw(head(Content_Length="100") + b"half"),
    "cut chunks": chunked(b"x" * 3000, finish=False),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_failure_that_may_pass_is_tried_again(
    settings: Settings, server: FaultServer, tmp_path: Path, time: FakeTime, fault: Answer
) -> None:
    fetched = get(settings, server, tmp_path, time, fault, fault, GOOD)
    assert fetched.path and fetched.path.read_bytes() == b"good"
    assert len(server.requests) == 3 and sum(time.waits) == pytest.approx(2 + 4)


SAYING_NO = {
    "404": said("404 Not Found"),
    "401": said("401 Unauthorized"),
    "410": said("410 Gone"),
    "500": said("500 Internal Server Error"),
    "an encoding not asked for": raw(head(Content_Encoding="br", Content_Length="4") + b"good"),
    "to a forbidden address": raw(head("302 Found", Location="http://127.0.0.2:1/", Content_Length="0")),
}


@pytest.mark.parametrize("answer", SAYING_NO.values(), ids=SAYING_NO)
def test_a_no_is_not_asked_twice(
    settings: Settings, server: FaultServer, tmp_path: Path, time: FakeTime, answer: Answer
) -> None:
    with pytest.raises(FetchFailed):
        get(settings, server, tmp_path, time, answer)
    assert len(server.requests) == 1 and time.waits == []


def test_tries_come_to_an_end_and_the_reason_says_how_many_there_were(
    settings: Settings, server: FaultServer, tmp_path: Path, time: FakeTime
) -> None:
    with pytest.raises(FetchFailed, match=r"503 .*It was tried 4 times\.") as failed:
        get(settings, server, tmp_path, time, PASSING["503"], tries=4)
    assert failed.value.http_status == 503 and len(server.requests) == 4


def test_a_server_that_says_when_to_come_again_is_believed_within_reason(
    settings: Settings, server: FaultServer, tmp_path: Path, time: FakeTime
) -> None:
    get(settings, server, tmp_path, time, said("503 Busy", Retry_After="17"), GOOD)
    assert sum(time.waits) == pytest.approx(17)
    later = said("429 Slow", Retry_After=str(int(LONGEST_WAIT) + 1))
    with pytest.raises(FetchFailed) as failed:
        get(settings, server, tmp_path, time, later)
    assert failed.value.retry_after == LONGEST_WAIT + 1 and sum(time.waits) == pytest.approx(17)


def test_all_tries_and_waits_together_are_bounded(
    settings: Settings, server: FaultServer, tmp_path: Path, time: FakeTime
) -> None:
    with pytest.raises(FetchFailed, match="tried 2 times"):
        get(settings, server, tmp_path, time, PASSING["503"], tries=10, deadline=5.0)
    assert sum(time.waits) == pytest.approx(2)


def test_a_download_that_took_the_whole_time_is_not_begun_again(
    settings: Settings, server: FaultServer, tmp_path: Path
) -> None:
    with pytest.raises(FetchFailed) as failed:
        options = replace(settings, outbound_allow=server.allow, fetch_tries=3)
        url = server.serve("/feed", drip(head(Content_Length="99999")))
        fetch_again(url, settings=options, sink=tmp_path / "sink", deadline=0.3)
    assert failed.value.code == "timeout" and len(server.requests) == 1


def test_a_server_that_is_not_there_yet_is_tried_again(settings: Settings, tmp_path: Path, time: FakeTime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = replace(settings, outbound_allow=f"127.0.0.1:{port}", fetch_tries=3)
    with pytest.raises(FetchFailed, match="tried 3 times") as failed:
        fetch_again(f"http://127.0.0.1:{port}/", settings=options, sink=tmp_path / "sink", clock=time.clock)
    assert failed.value.code == "connection"


def test_who_stops_it_need_not_wait_for_the_next_try(
    settings: Settings, server: FaultServer, tmp_path: Path, time: FakeTime
) -> None:
    with pytest.raises(FetchFailed) as failed:
        get(settings, server, tmp_path, time, PASSING["503"], stop=lambda: sum(time.waits) >= 1)
    assert failed.value.code == "cancelled" and sum(time.waits) == pytest.approx(1)
    assert len(server.requests) == 1
