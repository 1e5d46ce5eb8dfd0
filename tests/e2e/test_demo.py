"""`make demo` as a newcomer meets it: everything starts, is usable, ends with Ctrl-C, starts again with its data."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


def free_ports() -> int:
    """A port that is free and whose two neighbours are free too (the partner and a second registry listen there)."""
    for port in range(18400, 18900, 3):
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            try:
                for number, each in enumerate((one, two, three)):
                    each.bind(("127.0.0.1", port + number))
            except OSError:
                continue
            return port
    raise AssertionError("no three free ports")


class Demo:
    """One run of `casa demo` in a folder of its own."""

    def __init__(self, folder: Path, port: int, command: str = "demo") -> None:
        self.port = port
        self.output = folder / f"output-{time.monotonic_ns()}.txt"
        environment = {
            **os.environ,
            "CASA_DATA_DIR": str(folder / "var"),
            "CASA_PORT": str(port),
            "CASA_WEB_WORKERS": "1",
        }
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "registry.cli", command],
                cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait(self, words: str, seconds: float) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.output.read_text()
            if words in text:
                return text
            assert self.process.poll() is None, f"the demo ended:\n{text}"
            time.sleep(0.2)
        raise AssertionError(f"no {words!r} within {seconds} s:\n{self.output.read_text()}")

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            body: bytes = answer.read()
        return body

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_demo_runs_the_whole_loop_ends_with_ctrl_c_and_keeps_its_data(tmp_path: Path) -> None:
    port = free_ports()
    demo = Demo(tmp_path, port)
    try:
        text = demo.wait("Stop with Ctrl-C", 120)
        assert re.search(r"\d+ records created", text)
        assert "coordinator" in text and f"http://127.0.0.1:{port}/" in text
        first = json.loads(demo.get("/api/v1/programmes?limit=1&source=feed:1"))
        assert first["items"], "the partner's feed filled the catalogue"
        assert b"demonstration" in demo.get("/en/").lower()
        readiness = json.loads(demo.get("/readyz"))
        assert readiness
    finally:
        code = demo.stop()
    assert code == 0
    assert not listening(port) and not listening(port + 1)

    again = Demo(tmp_path, port)
    try:
        started = time.monotonic()
        text = again.wait("Stop with Ctrl-C", 60)
        assert time.monotonic() - started < 20
        assert "records created" not in text, "the second start keeps what is there"
        assert json.loads(again.get("/api/v1/programmes?limit=1&source=feed:1"))["items"] == first["items"]
    finally:
        assert again.stop() == 0


def test_two_registries_that_follow_each_other_hold_each_others_programmes(tmp_path: Path) -> None:
    port = free_ports()
    demo = Demo(tmp_path, port, "demo-federation")
    try:
        demo.wait("Stop with Ctrl-C", 120)
        own = demo.get("/api/v1/programmes?q=second+region")
        assert json.loads(own)["items"][0]["iati_identifier"] == "XX-SECOND-1", "the first has what the second entered"
        demo.port += 2
        assert json.loads(demo.get("/api/v1/programmes?limit=1"))["total"] > 30, "the second has the first's world"
        assert b"demonstration" in demo.get("/en/").lower()
    finally:
        assert demo.stop() == 0
    assert not any(listening(port + number) for number in range(3))


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "registry.cli", "demo"],
            cwd=tmp_path, env={**os.environ, "CASA_PORT": str(port)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert str(port) in done.stderr and "CASA_PORT" in done.stderr


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "registry.cli", "init"],
        cwd=tmp_path, env={**os.environ, "CASA_DATA_DIR": str(blocker / "var")},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "CASA_DATA_DIR" in done.stderr
