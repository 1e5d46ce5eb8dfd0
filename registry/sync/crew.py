"""Reading in several processes: batches go out, what became of them comes back in the same order.

Small documents are read by the run itself, since a process takes half a second to start. A reader holds no connection
and no lock; it ends when its input does, so none outlives a run that was killed.
"""

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import registry
from registry.sync import reading
from registry.sync.reading import Candidate, Reading, Verdict, judge_all, pack, unpack

SMALL = 3_000_000
"""Bytes of a document that are read faster than a second process begins."""
AHEAD = 2
"""Batches for each reader that are on their way at a time: bounds the memory."""
PIPE = 1_048_576
"""Bytes a pipe holds. A usual one holds 64 KB: each piece would wait for the interpreter lock of a run that writes."""
NOTHING = pack([])
ROOT = str(Path(registry.__file__).parents[1])
BEGIN = f"import sys; sys.path.insert(0, {ROOT!r}); from {reading.__name__} import main; main()"
"""Not `-m`: as `__main__` the module's classes would not be the ones that come through the pipe."""
Ticket = TypeVar("Ticket")


class Crew:
    """The readers of one run."""

    def __init__(self, how: Reading, processes: int) -> None:
        self._how = how
        self._readers = [_Reader(how) for _ in range(processes)]
        self._idle: deque[_Reader] = deque(self._readers)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="reader") if processes else None

    def judge(self, batches: Iterator[tuple[Ticket, Sequence[Candidate]]]) -> Iterator[tuple[Ticket, list[Verdict]]]:
        """What is to become of the candidates of each batch, in order; some batches are asked for ahead.

        Other processes begin with the first ones at once; what goes wrong there comes up when they are asked for.
        """
        waiting: deque[tuple[Ticket, Future[bytes]]] = deque()
        trouble: list[Exception] = []
        if self._threads is not None:
            try:
                for ticket, candidates in islice(batches, AHEAD * len(self._readers)):
                    waiting.append((ticket, self._threads.submit(self._ask, candidates)))
            except Exception as error:  # noqa: BLE001  (raised where the batch is wanted: the file may prove broken first)
                trouble.append(error)
        return self._in_order(waiting, batches, trouble)

    def _in_order(
        self,
        waiting: deque[tuple[Ticket, Future[bytes]]],
        batches: Iterator[tuple[Ticket, Sequence[Candidate]]],
        trouble: list[Exception],
    ) -> Iterator[tuple[Ticket, list[Verdict]]]:
        while waiting:
            first, future = waiting.popleft()
            if self._threads and not trouble and (more := next(batches, None)):
                waiting.append((more[0], self._threads.submit(self._ask, more[1])))
            yield first, unpack(future.result())
        if trouble:
            raise trouble[0]
        for ticket, candidates in batches:  # nobody else reads
            yield ticket, judge_all(candidates, self._how)

    def _ask(self, candidates: Sequence[Candidate]) -> bytes:
        if not candidates:
            return NOTHING
        reader = self._idle.popleft()  # as many threads as readers: one is idle
        try:
            return reader.ask(candidates)
        finally:
            self._idle.append(reader)

    def close(self) -> None:
        """Let the readers go, whatever they are doing."""
        for reader in self._readers:
            reader.end()
        if self._threads:
            self._threads.shutdown(wait=True, cancel_futures=True)


@contextmanager
def crew(how: Reading, size: int, processes: int) -> Iterator[Crew]:
    """Readers for a document of so many bytes: none but the run itself for a small one."""
    made = Crew(how, processes if processes > 1 and size > SMALL else 0)
    try:
        yield made
    finally:
        made.close()


def _begin() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", BEGIN]
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=PIPE)
    except OSError:
        # The system's limit for pipes is lower (or used up): slower, but not wrong. Any other trouble comes again.
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class _Reader:
    """One process that reads."""

    def __init__(self, how: Reading) -> None:
        self._process = _begin()
        self._lock = threading.Lock()
        reading.send(self._input, pack(how))

    @property
    def _input(self) -> Any:
        return self._process.stdin

    def ask(self, candidates: Sequence[Candidate]) -> bytes:
        """Have a batch judged; the answer is read (unpack) when it is wanted, since it is a third as large until then.

        Raises RuntimeError where the process is gone.
        """
        with self._lock:
            try:
                reading.send(self._input, pack(list(candidates)))
                answer = reading.receive(self._process.stdout)  # type: ignore[arg-type]
            except (EOFError, OSError, ValueError):
                raise RuntimeError("a reader of this run ended unexpectedly") from None
            return answer

    def end(self) -> None:
        """Stop the process; a batch that it is at is lost."""
        self._process.kill()
        self._process.wait()
        with self._lock:
            for stream in (self._process.stdin, self._process.stdout):
                if stream:
                    try:
                        stream.close()
                    except OSError:
                        continue  # what was still to be written has no reader any more
