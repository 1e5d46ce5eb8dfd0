"""One host's worker process under Procrastinate: as many hosts as wanted, each with threads that do what is called for.

Two queues, so that a long synchronisation never holds up the short work. A worker that is killed leaves its tickets
`doing` and its leases to run out: whoever is alive frees the former (Procrastinate only lists them) and is called again
when the latter end.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.worker import Worker
from sqlalchemy.exc import OperationalError

from registry.db import CONNECTION, Database, utcnow
from registry.outages import OUTAGE
from registry.settings import PROCRASTINATE, Settings
from registry.worker import schedule
from registry.worker.beats import beating
from registry.worker.performing import Hands
from registry.worker.tasks import TASKS, recurring
from registry.worker.tickets import SHORT, SYNCS, call_for_due, queue_of

SHORT_THREADS = 4
CONNECTIONS = 6
"""For Procrastinate itself: two listen, the others fetch and end tickets"""
HEARTBEAT_SECONDS = 5
STALLED_SECONDS = 30
"""Silent for longer: that worker is dead"""
KEPT_HOURS = 72
"""Tickets that ended badly are kept so long, for whoever looks into the tables; the others go at once."""
GATHER_SECONDS = 0.25
"""While much happens, what follows is called for so often at most: the next ticket waits for this one's lock."""
LOOK_SECONDS = 0.2
TROUBLE_SECONDS = 2.0
RESCUE, PRUNE = "tickets.rescue", "tickets.prune"
log = logging.getLogger(__name__)


class Host(Hands):
    """Answers tickets until told to stop."""

    def prepare(self) -> None:
        """Put the registry's own tasks on the schedule."""
        with self.database.transaction() as session:
            schedule.ensure(session, recurring(PROCRASTINATE), utcnow())

    def answer(self, task: str, key: str) -> bool:
        """Do what a ticket calls for, if it is still to be done. Returns whether it was."""
        with self.database.transaction() as session:
            early = TASKS[task].is_told
            claim = schedule.claim_one(session, task, key, utcnow(), self.owner, early=early)
            if claim is not None:
                self.take(claim)
        if claim is None:
            return False
        self.do(claim)
        if TASKS[task].is_told:
            self.stop.wait(GATHER_SECONDS)
        return True

    async def work(self, told_to_stop: threading.Event) -> None:
        """Answer tickets until told to stop; through trouble with the database too."""
        while not told_to_stop.is_set():
            try:
                await self._work(told_to_stop)
            except (ConnectorException, OperationalError) as error:
                OUTAGE.note(error, "the worker begins anew")
                await asyncio.sleep(TROUBLE_SECONDS)

    async def _work(self, told_to_stop: threading.Event) -> None:
        url = self.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        app = self.app(PsycopgConnector(conninfo=url, kwargs=CONNECTION, min_size=1, max_size=CONNECTIONS))
        async with app.open_async():
            rooms = {SYNCS: self.settings.worker_syncs, SHORT: SHORT_THREADS}
            workers = [
                Worker(
                    app, queues=[queue], name=self.owner, concurrency=room, install_signal_handlers=False,
                    delete_jobs=DeleteJobCondition.SUCCESSFUL, update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS, fetch_job_polling_interval=TROUBLE_SECONDS,
                )
                for queue, room in rooms.items()
            ]  # fmt: skip
            going = [asyncio.create_task(worker.run()) for worker in workers]
            while not told_to_stop.is_set() and not any(each.done() for each in going):
                await asyncio.sleep(LOOK_SECONDS)
            if told_to_stop.is_set():
                self.stop.set()
            for worker in workers:
                worker.stop()
            await asyncio.gather(*going)

    def app(self, connector: PsycopgConnector) -> App:
        """Procrastinate's view of the tasks, and the two that look after its own tickets."""
        app = App(connector=connector)
        for name in TASKS:
            app.task(name=name, queue=queue_of(name))(self._answering(name))

        @app.periodic(cron="* * * * * */10")
        @app.task(name=RESCUE, queue=SHORT, queueing_lock=RESCUE, pass_context=True)
        async def rescue(context: JobContext, timestamp: int) -> None:
            await free_stalled(context.app)

        @app.periodic(cron="17 * * * *")
        @app.task(name=PRUNE, queue=SHORT, queueing_lock=PRUNE, pass_context=True)
        async def prune(context: JobContext, timestamp: int) -> None:
            await prune_old(context.app)

        return app

    def _answering(self, name: str) -> Callable[..., None]:
        def work(key: str) -> None:
            self.answer(name, key)

        return work


async def free_stalled(app: App) -> int:
    """Have tickets that a dead worker left behind answered again. Returns how many there were."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for ticket in stalled:
        log.warning("%s: its worker is dead", ticket.call_string)
        await _free(app, ticket)
    return len(stalled)


async def prune_old(app: App) -> None:
    """Forget tickets that ended badly KEPT_HOURS ago, and any that ended well and were kept."""
    await app.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


async def _free(app: App, ticket: Job) -> None:
    try:
        await app.job_manager.retry_job(ticket, retry_at=utcnow())
    except UniqueViolation:  # another ticket for the same work waits already: this one only holds its lock
        await app.job_manager.finish_job(ticket, status=Status.FAILED, delete_job=True)


def run(settings: Settings, database: Database, stop: threading.Event) -> None:
    """Answer tickets until `stop` is set, then finish what is going on."""
    host = Host(settings, database)
    host.prepare()
    beats = beating(host, lambda: call_for_due(database))
    # One line of the log per ticket would be one every other second.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with ThreadPoolExecutor(settings.worker_syncs + SHORT_THREADS, thread_name_prefix="ticket") as threads:
        beats.start()
        try:
            asyncio.run(_with(threads, host.work(stop)))
        finally:
            beats.shutdown(wait=True)


async def _with(threads: ThreadPoolExecutor, work: Awaitable[None]) -> None:
    asyncio.get_running_loop().set_default_executor(threads)
    await work
