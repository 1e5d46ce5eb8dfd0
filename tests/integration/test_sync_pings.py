"""Partners' pings: signed, each counts once, nobody learns anything, and all that they do is one run."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from standardwebhooks import Webhook

from registry.accounts.actor import system
from registry.cli import casa
from registry.db import utcnow
from registry.events.signing import read_secret, show_secret, signed_headers
from registry.http import RegistryFlask
from registry.sync import feeds, pings, timetable
from registry.sync.models import FeedKey, FeedPing, Run, Schedule
from registry.webhooks.keys import Keys
from registry.worker.ticker import Ticker
from tests.support.people import client_for, make_user

CLI = system("cli")
Ping = Callable[..., Any]
BODY = b'{"anything": true}'


@pytest.fixture
def feed(app: RegistryFlask) -> int:
    with app.database.transaction() as session:
        form = {"name": "Partner", "adapter": "iati", "url": "https://127.0.0.1:1/list.xml"}
        return feeds.create_feed(session, CLI, form).id or 0


@pytest.fixture
def secret(app: RegistryFlask, feed: int) -> str:
    with app.database.transaction() as session:
        return pings.replace_key(session, CLI, feed, 0, app.settings)[1]


@pytest.fixture
def ping(app: RegistryFlask, feed: int, secret: str) -> Ping:
    """Ping the feed; what is not said is as it should be."""

    def ping(
        message_id: str = "msg_1", age: int = 0, body: bytes = BODY, *, secret: str = secret, to: int = feed,
        sent: bytes | None = None, without: str = "", **headers: str,
    ) -> Any:  # fmt: skip
        signed = signed_headers([read_secret(secret)], message_id, int(utcnow().timestamp()) - age, body)
        signed |= {name.replace("_", "-"): value for name, value in headers.items()}
        signed.pop(without, None)
        path = f"/api/v1/feeds/{to}/notify"
        return app.test_client().post(path, data=body if sent is None else sent, headers=signed)

    return ping


def asked(app: RegistryFlask) -> list[tuple[str, str]]:
    with app.database.reading() as session:
        return [(row[0], row[1]) for row in session.execute(select(Schedule.task, Schedule.key))]


def test_a_signed_ping_has_the_feed_synchronised_once_however_often_it_comes(
    app: RegistryFlask, feed: int, ping: Ping
) -> None:
    answer = ping()
    assert answer.status_code == 202 and answer.json == {"runs": f"/api/v1/feeds/{feed}/runs"}
    assert ping("msg_2").status_code == 202
    assert asked(app) == [(timetable.SYNC_NOTIFIED, str(feed))]
    ticker = Ticker(app.settings, app.database)
    ticker.tick()
    ticker._pool.shutdown(wait=True)
    with app.database.reading() as session:
        assert [run.trigger for run in session.execute(select(Run)).scalars()] == ["notify"]
    assert asked(app) == []


def test_a_second_implementation_of_the_signature_is_believed(app: RegistryFlask, feed: int, secret: str) -> None:
    now = datetime.now(UTC)
    headers = {
        "Webhook-Id": "other-1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("other-1", now, BODY.decode()),
    }
    assert app.test_client().post(f"/api/v1/feeds/{feed}/notify", data=BODY, headers=headers).status_code == 202


OTHER = "whsec_" + "QUJD" * 10
FORGED: dict[str, dict[str, Any]] = {
    "another secret": {"secret": OTHER},
    "another body": {"sent": b"{}"},
    "another id": {"webhook_id": "msg_9"},
    "another time": {"webhook_timestamp": str(int(utcnow().timestamp()) - 50)},
    "too old": {"age": 301},
    "from the future": {"age": -301},
    "poisoned time": {"webhook_timestamp": "9" * 400},
    "time of another script": {"webhook_timestamp": "١٢٣"},
    "negative time": {"webhook_timestamp": "-1"},
    "no id": {"without": "webhook-id"},
    "no time": {"without": "webhook-timestamp"},
    "no signature": {"without": "webhook-signature"},
    "empty signature": {"webhook_signature": ""},
    "another version": {"webhook_signature": "v1a,AAAA"},
    "hostile id": {"message_id": "a.b"},
    "endless id": {"message_id": "x" * 4000},
    "no such feed": {"to": 999_999},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_as_it_should_be_is_refused(app: RegistryFlask, ping: Ping, forged: dict[str, Any]) -> None:
    answer = ping(**forged)
    assert answer.status_code == 401 and answer.mimetype == "application/problem+json"
    assert asked(app) == []


def test_nobody_learns_which_feeds_there_are(app: RegistryFlask, feed: int, secret: str, ping: Ping) -> None:
    absent, forged = ping(to=999_999), ping(secret=OTHER)
    with app.database.transaction() as session:
        pings.remove_key(session, CLI, feed)
    closed = ping()
    assert absent.json["detail"] == forged.json["detail"] == closed.json["detail"]
    assert {answer.status_code for answer in (absent, forged, closed)} == {401}


def test_a_copy_is_refused_and_a_senders_further_try_is_taken_quietly(app: RegistryFlask, ping: Ping) -> None:
    assert ping().status_code == 202
    with app.database.transaction() as session:
        for row in session.execute(select(Schedule)).scalars():
            session.delete(row)
    assert ping(age=100).status_code == 202 and asked(app) == [], "signed anew: the same message"
    with app.database.reading() as session:
        timestamp = session.execute(select(FeedPing.timestamp)).scalar_one()
    copy = ping(age=int(utcnow().timestamp()) - timestamp)
    assert copy.status_code == 409 and asked(app) == []


def test_of_copies_at_the_same_moment_one_is_taken(app: RegistryFlask, feed: int, secret: str) -> None:
    headers = signed_headers([read_secret(secret)], "msg_1", int(utcnow().timestamp()), BODY)
    answers, barrier = [], threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        answers.append(app.test_client().post(f"/api/v1/feeds/{feed}/notify", data=BODY, headers=headers).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [202, 409, 409, 409] and len(asked(app)) == 1


def test_an_id_is_remembered_for_longer_than_a_signature_is_believed(app: RegistryFlask, ping: Ping) -> None:
    assert ping("old").status_code == 202
    with app.database.transaction() as session:
        session.execute(update(FeedPing).values(at=utcnow() - timedelta(minutes=30)))
    assert ping("new").status_code == 202
    with app.database.transaction() as session:
        assert len(session.execute(select(FeedPing)).all()) == 2
        session.execute(update(FeedPing).values(at=utcnow() - timedelta(hours=3)))
    assert ping("newer").status_code == 202
    with app.database.reading() as session:
        assert session.execute(select(FeedPing.message_id)).scalars().all() == ["newer"]


def test_another_secret_takes_over_and_the_old_one_stays_good_as_long_as_said(
    app: RegistryFlask, feed: int, secret: str, ping: Ping
) -> None:
    with app.database.transaction() as session:
        _key, second = pings.replace_key(session, CLI, feed, 24, app.settings)
    assert ping("a").status_code == 202 and ping("b", secret=second).status_code == 202
    with app.database.transaction() as session:
        session.execute(update(FeedKey).values(previous_until=utcnow() - timedelta(seconds=1)))
    assert ping("c").status_code == 401 and ping("d", secret=second).status_code == 202
    with app.database.transaction() as session:
        _key, third = pings.replace_key(session, CLI, feed, 0, app.settings)
    assert ping("e", secret=second).status_code == 401 and ping("f", secret=third).status_code == 202


def test_the_body_is_bounded_and_not_read(app: RegistryFlask, ping: Ping) -> None:
    assert ping(body=b"\xff\x00 no JSON at all").status_code == 202
    assert ping("big", body=b"x" * (pings.MOST_BYTES + 1)).status_code == 413
    assert ping("empty", body=b"").status_code == 202


def test_who_guesses_is_slowed_down_and_so_is_who_floods(app: RegistryFlask, ping: Ping) -> None:
    for number in range(pings.MOST_A_MINUTE):
        assert ping(f"good-{number}").status_code == 202
    flooding = ping("one-more")
    assert flooding.status_code == 429 and flooding.headers["Retry-After"] == "60"
    answers = [ping(f"bad-{number}", secret=OTHER) for number in range(32)]
    assert answers[0].status_code == 401 and answers[-1].status_code == 429 and answers[-1].headers["Retry-After"]


def test_a_feed_that_is_switched_off_is_not_fetched(app: RegistryFlask, feed: int, ping: Ping) -> None:
    with app.database.transaction() as session:
        feeds.update_feed(session, CLI, feed, {"enabled": False}, None)
    assert ping().status_code == 409 and asked(app) == []


def test_staff_make_secrets_on_the_page_and_see_them_once(app: RegistryFlask, feed: int) -> None:
    staff, other = make_user(app.database, "coordinator"), make_user(app.database, "donor")
    page = f"/en/feeds/{feed}/ping"
    assert client_for(app, other).get(page).status_code == 403
    client = client_for(app, staff)
    assert "none yet" in client.get(page).text
    app.config["WTF_CSRF_ENABLED"] = False
    made = client.post(page, data={})
    shown = made.text.partition("whsec_")[2].partition("<")[0]
    assert made.status_code == 200 and made.headers["Cache-Control"] == "no-store" and len(shown) == 44
    assert "whsec_" not in client.get(page).text
    assert client.post(page, data={"overlap_hours": "-1"}).status_code == 422
    assert client.post(f"{page}/off").status_code == 303
    with app.database.reading() as session:
        assert pings.key_of(session, feed) is None


def test_a_command_makes_the_secret_and_ends_it(sqlite_app: RegistryFlask) -> None:
    app = sqlite_app
    with app.database.transaction() as session:
        feed = feeds.create_feed(session, CLI, {"name": "Partner", "adapter": "iati", "url": "https://p.example/"}).id
    environment = {
        "CASA_DATABASE_URL": app.database.url,
        "CASA_SECRET_KEY": app.settings.secret_key,
        "CASA_DATA_DIR": str(app.settings.data_dir),
    }
    made = CliRunner().invoke(casa, ["feed", "notify", "Partner", "--overlap-hours", "0"], env=environment)
    assert made.exit_code == 0, made.output
    assert f"/api/v1/feeds/{feed}/notify" in made.output
    with app.database.reading() as session:
        key = pings.key_of(session, feed or 0)
        assert key and show_secret(Keys(app.settings).secret(key.salt)) == made.output.split()[-1]
    assert CliRunner().invoke(casa, ["feed", "notify", str(feed), "--off", "--json"], env=environment).exit_code == 0
    with app.database.reading() as session:
        assert pings.key_of(session, feed or 0) is None
