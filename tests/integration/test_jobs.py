"""Work in the background as people see it: its states, what was set aside tried again or given up, by every door."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update
from sqlmodel import Session

from registry.accounts.actor import system
from registry.accounts.models import AuditEntry
from registry.cli import casa
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.settings import EMBEDDED, PROCRASTINATE, Settings
from registry.sync import feeds, jobs, timetable
from registry.sync.models import Schedule
from registry.web.labels import LABELS
from registry.worker import schedule
from registry.worker.schedule import Outcome
from registry.worker.tasks import TASKS, recurring
from registry.worker.ticker import Ticker
from tests.support.pages import check_page
from tests.support.people import client_for, make_user

CLI = system("cli")
Run = Callable[..., Result]


def states(database: Database, state: str | None = None) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows, _ = jobs.job_rows(session, CLI, state, None, 100)
        return sorted((row["task"], row["state"]) for row in rows)


def fail(session: Session, task: str, times: int) -> None:
    """As if it had been tried so often in vain."""
    for _ in range(times):
        now = utcnow()
        session.execute(update(Schedule).where(Schedule.task == task).values(next_at=now))
        (claim,) = schedule.claim_due(session, now, "test", 1, [task])
        schedule.settle(session, claim, now, Outcome(failed=True, error="no such luck"), chance=1.0)


def ask(database: Database, name: str = "Partner") -> int:
    """A feed without interval, for which a run was asked that keeps failing for our own fault."""
    with database.transaction() as session:
        form = {"name": name, "adapter": "iati", "url": "http://partner.test/feed", "scope": "all"}
        feed = feeds.create_feed(session, CLI, form)
        feeds.request_run(session, CLI, feed.id or 0)
    return feed.id or 0


def test_states_follow_from_the_row_and_the_time(database: Database, settings: Settings) -> None:
    ask(database)
    Ticker(settings, database).prepare()
    with database.transaction() as session:
        schedule.claim_one(session, "events.prune", "", utcnow(), "one:1")
        fail(session, "matching.refresh", 1)
        fail(session, timetable.SYNC_NOW, schedule.TRIES)
        late = utcnow() - timedelta(minutes=3)
        session.execute(update(Schedule).where(Schedule.task == "matching.expire").values(next_at=late))
        session.execute(
            update(Schedule).where(Schedule.task == "webhooks.prune").values(next_at=utcnow() + timedelta(hours=1))
        )
    found = dict(states(database))
    assert found[timetable.SYNC_NOW] == "set_aside" and found["events.prune"] == "running"
    assert found["matching.refresh"] == "failing" and found["matching.expire"] == "due"
    assert found["webhooks.prune"] == "waiting"
    assert states(database, "set_aside") == [(timetable.SYNC_NOW, "set_aside")]
    with database.reading() as session:
        standing = jobs.standing(session, utcnow())
        (row,), _ = jobs.job_rows(session, CLI, "running", None, 10)
    assert standing.counts["set_aside"] == 1 and 180 <= standing.oldest_seconds < 1000
    assert row["worker"] == "one:1" and row["feed_id"] is None


def test_what_is_set_aside_is_left_alone_until_somebody_asks(database: Database) -> None:
    feed = ask(database)
    with database.transaction() as session:
        fail(session, timetable.SYNC_NOW, schedule.TRIES)
        assert not schedule.is_due(session, utcnow() + timedelta(days=9), timetable.TASKS)
    with database.transaction() as session:
        assert jobs.retry_all(session, CLI) == 1 and jobs.retry_all(session, CLI) == 0
    with database.transaction() as session:
        fail(session, timetable.SYNC_NOW, 1)
    assert states(database) == [(timetable.SYNC_NOW, "set_aside")], "one more failure sets it aside again"
    with database.transaction() as session:
        feeds.request_run(session, CLI, feed)
    assert states(database) == [(timetable.SYNC_NOW, "due")], "asked for anew it is due"


def test_every_task_has_words_and_each_engine_its_rows() -> None:
    assert set(LABELS["task"]) == set(TASKS)
    assert set(recurring(PROCRASTINATE)) - set(recurring(EMBEDDED)) == {"webhooks.deliver", "events.consume"}


def test_a_coordinator_tries_again_and_gives_up_by_page_and_api(sqlite_app: RegistryFlask) -> None:
    database = sqlite_app.database
    ask(database, "Partner <b>")
    with database.transaction() as session:
        fail(session, timetable.SYNC_NOW, schedule.TRIES)
        schedule.ensure(session, {"matching.expire": 3600}, utcnow())
    client = client_for(sqlite_app, make_user(database, "coordinator"))
    page = client.get("/en/jobs").text
    check_page(page)
    assert "Partner &lt;b&gt;" in page and "no such luck" in page and "failed 8 times" in page
    assert "1 job is set aside" in client.get("/en/").text
    assert "no such luck" not in client.get("/en/jobs?state=due").text
    (job,) = client.get("/api/v1/jobs?state=set_aside").json["items"]
    assert (job["feed"], job["failures"], job["task"]) == ("Partner <b>", 8, timetable.SYNC_NOW)
    assert client.post("/en/jobs/retry").status_code == 303
    assert client.get(f"/api/v1/jobs/{job['id']}").json["state"] == "due"
    with database.transaction() as session:
        fail(session, timetable.SYNC_NOW, 1)
    assert client.post(f"/api/v1/jobs/{job['id']}/retry", json={}).json["state"] == "due"
    assert client.get("/api/v1/jobs?state=nonsense").status_code == 422
    due = client.get("/api/v1/jobs?state=due").json["items"]
    recurs = next(each["id"] for each in due if each["every_seconds"])
    assert client.delete(f"/api/v1/jobs/{recurs}").status_code == 409
    assert client.post(f"/en/jobs/{recurs}/discard").status_code == 303
    assert "can be given up" in client.get("/en/jobs").text
    assert client.post(f"/en/jobs/{job['id']}/discard").status_code == 303
    assert client.get(f"/api/v1/jobs/{job['id']}").status_code == 404
    assert client.post(f"/en/jobs/{job['id']}/retry").status_code == 404
    metrics = sqlite_app.test_client().get("/metrics").text
    assert 'casa_jobs{state="set_aside"} 0' in metrics and "casa_jobs_oldest_seconds" in metrics
    with database.reading() as session:
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("job."))).all()
    assert acts == ["job.retry", "job.retry", "job.discard"]


def test_commands_list_retry_and_discard(sqlite_database: Database, tmp_path: Path) -> None:
    environment = {"CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(tmp_path)}

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(casa, ["jobs", *map(str, arguments)], env=environment)

    ask(sqlite_database)
    with sqlite_database.transaction() as session:
        fail(session, timetable.SYNC_NOW, schedule.TRIES)
    listed = run("list").output
    assert "set_aside" in listed and "Partner" in listed and "failed 8 times: no such luck" in listed
    (job,) = orjson.loads(run("list", "--json", "--state", "set_aside").stdout)["items"]
    assert orjson.loads(run("retry", "--json").stdout) == {"asked": 1}
    assert orjson.loads(run("retry", job["id"], "--json").stdout) == {"asked": 1}
    assert "due now" in run("retry").output
    assert states(sqlite_database) == [(timetable.SYNC_NOW, "due")]
    assert run("discard", job["id"]).output == "Given up.\n"
    assert states(sqlite_database) == []
    for command in ("retry", "discard"):
        assert "There is no such job" in str(run(command, job["id"]).exception)


@pytest.mark.parametrize(("background", "command"), [("procrastinate", "scheduler"), ("embedded", "worker")])
def test_a_command_of_the_other_engine_says_which_to_run(background: str, command: str, tmp_path: Path) -> None:
    environment = {"CASA_DATA_DIR": str(tmp_path), "CASA_BACKGROUND": background}
    done = CliRunner().invoke(casa, [command], env=environment)
    other = "worker" if command == "scheduler" else "scheduler"
    assert f"CASA_BACKGROUND is {background}: run `casa {other}`" in str(done.exception)
