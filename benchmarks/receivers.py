"""Receivers of webhooks on loopback, in a process of their own: healthy ones, and dead ones that never answer.

with Receivers(50, 5) as receivers:
    receivers.healthy, receivers.dead      # addresses
    receivers.received()                   # [(address, webhook-id, seconds since 1970), …]
"""

import asyncio
import json
import sys
import time
import urllib.request
from subprocess import PIPE, Popen
from typing import Any


class Receivers:
    """The process and what it received."""

    def __init__(self, healthy: int, dead: int) -> None:
        command = [sys.executable, "-m", "benchmarks.receivers", str(healthy), str(dead)]
        self._process = Popen(command, stdout=PIPE, text=True)
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.control, *rest = (f"http://127.0.0.1:{port}/" for port in ports)
        self.healthy, self.dead = rest[:healthy], rest[healthy:]

    def __enter__(self) -> "Receivers":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def received(self) -> list[tuple[str, str, float]]:
        """Since it was last asked."""
        with urllib.request.urlopen(self.control, timeout=20) as answer:
            return [(f"http://127.0.0.1:{port}/", uid, at) for port, uid, at in json.load(answer)]


async def main(healthy: int, dead: int) -> None:
    log: list[tuple[int, str, float]] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
            await reader.readexactly(int(headers["content-length"]))
            log.append((writer.get_extra_info("sockname")[1], headers.get("webhook-id", ""), time.time()))
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the sender went first
        finally:
            writer.close()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(log).encode()
        log.clear()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    handlers: list[Any] = [tell, *[receive] * healthy, *[hold] * dead]
    servers = [await asyncio.start_server(handler, "127.0.0.1", 0, backlog=512) for handler in handlers]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
