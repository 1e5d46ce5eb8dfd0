"""E-mails of alerts over a real mail server: what they say, how they fail, how they end."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from registry.accounts.models import User
from registry.alerts import mails
from registry.alerts.models import Mail, Notice, SavedSearch
from registry.cli import casa
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.matching import needs
from registry.settings import Settings
from registry.worker.mailing import prune, send_due
from tests.support.alerts import SETTINGS, consume, rows, save
from tests.support.mail_server import MailServer
from tests.support.matching import KENYA, open_need
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

CERTIFICATE = Path(__file__).parents[1] / "support" / "loopback.pem"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def donor(database: Database) -> User:
    return make_user(database, "donor", email="giver@example.org")


def settings_for(server: MailServer, **changed: Any) -> Settings:
    return replace(SETTINGS, smtp_port=server.port, **{"smtp_security": "none", **changed})


def found(database: Database, owner: User, delivery: str = "at_once", **changed: Any) -> int:
    """A saved search of the owner, and a need that it found."""
    save(database, owner, delivery=delivery, name="Needs <b>here</b>")
    with database.transaction() as session:
        number = open_need(session, **{"title": "Marking & <machines>", "visibility": "members", **changed}).id or 0
    consume(database)
    return number


def only_mail(database: Database) -> Mail:
    (mail,) = rows(database, Mail)
    assert isinstance(mail, Mail)
    return mail


def make_due(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(Mail).values(next_at=utcnow() - timedelta(seconds=1), lease_until=None))


def test_a_find_is_mailed_at_once_in_text_and_html_with_a_way_out(
    database: Database, donor: User, server: MailServer
) -> None:
    number = found(database, donor)
    assert send_due(database, settings_for(server)) == {"sent": 1}
    (taken,) = server.taken
    message = taken.message
    assert (taken.sender, taken.recipients) == ("casa@registry.test", ["giver@example.org"])
    assert message["Subject"] == "One new find: Needs <b>here</b>" and message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{only_mail(database).uid}@registry.test>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"\r\nList-Unsubscribe: <http://registry.test/en/unsubscribe/" in taken.raw, "one line, to be read as it is"
    plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert "* Marking & <machines>" in plain and f"http://registry.test/en/needs/{number}" in plain
    assert "Marking &amp; &lt;machines&gt;" in html and "<machines>" not in html and "Needs &lt;b&gt;" in html
    assert only_mail(database).status == "sent"
    assert send_due(database, settings_for(server)) == {} and len(server.taken) == 1


def test_what_is_hidden_before_it_is_sent_is_not_told(database: Database, donor: User, server: MailServer) -> None:
    number = found(database, donor)
    with database.transaction() as session:
        needs.update_need(session, KENYA, number, {"visibility": "private"}, None)
    assert send_due(database, settings_for(server)) == {"cancelled": 1}
    assert server.taken == [] and only_mail(database).reason == "nothing"


def test_a_digest_brings_the_day_in_one_mail_and_nothing_where_nothing_was(
    database: Database, donor: User, server: MailServer
) -> None:
    found(database, donor, "daily", title="One")
    found(database, donor, "weekly", title="Two")
    assert send_due(database, settings_for(server)) == {}
    with database.transaction() as session:
        session.execute(update(SavedSearch).values(digest_at=utcnow()))
    assert send_due(database, settings_for(server)) == {"sent": 1}
    (taken,) = server.taken
    plain = taken.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert plain.count("* Two") == 2 and plain.count("* One") == 1
    assert taken.message["Subject"] == "3 new finds for your saved searches"
    assert not any(notice.in_digest for notice in rows(database, Notice))
    with database.transaction() as session:
        session.execute(update(SavedSearch).values(digest_at=utcnow()))
    assert send_due(database, settings_for(server)) == {} and len(rows(database, Mail)) == 1
    assert all(search.digest_at > utcnow() for search in rows(database, SavedSearch))


def test_no_words_of_people_reach_the_headers_as_lines(database: Database, donor: User, server: MailServer) -> None:
    found(database, donor)
    with database.transaction() as session:  # past the gate, as if somebody had written into the tables
        session.execute(update(SavedSearch).values(name="x\r\nBcc: victim@example.org\r\n\r\nbody"))
        session.execute(update(User).values(name="Giver\nBcc: victim@example.org"))
    assert send_due(database, settings_for(server)) == {"sent": 1}
    (taken,) = server.taken
    assert taken.recipients == ["giver@example.org"] and taken.message["Bcc"] is None
    assert not any(line.lower().startswith(b"bcc:") for line in taken.raw.split(b"\r\n"))


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<victim@example.org>@example.org", "two words@example.org", "none"])
def test_an_address_that_is_none_is_given_up(sqlite_database: Database, server: MailServer, address: str) -> None:
    found(sqlite_database, make_user(sqlite_database, "donor", email=address))
    assert send_due(sqlite_database, settings_for(server)) == {"failed": 1}
    assert server.taken == [] and only_mail(sqlite_database).reason == "address"


@pytest.mark.parametrize(
    ("answers", "status", "reason"),
    [
        ({"RCPT": "550 no such user"}, "failed", "refused"),
        ({"RCPT": "451 greylisted"}, "waiting", "busy"),
        ({"DATA": "554 spam"}, "failed", "refused"),
        ({"MAIL": "553 not you"}, "waiting", "sender"),
        ({"CONNECT": "554 go away"}, "waiting", "connection"),
        ({"AUTH": "535 wrong"}, "waiting", "login"),
    ],
)
def test_a_refusal_is_kept_with_its_reason(
    sqlite_database: Database, answers: dict[str, str], status: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    found(sqlite_database, make_user(sqlite_database, "donor"))
    with MailServer(answers=answers, features=("AUTH PLAIN",)) as server:
        settings = settings_for(server, smtp_user="casa", smtp_password="kept-to-ourselves")  # noqa: S106
        assert send_due(sqlite_database, settings) == {status: 1}
    mail = only_mail(sqlite_database)
    assert (mail.reason, mail.tries) == (reason, 1) and (mail.next_at > utcnow()) is (status == "waiting")
    assert "kept-to-ourselves" not in mail.detail + caplog.text + repr(settings)


def test_a_server_that_is_away_costs_one_try_and_is_asked_again_later(database: Database, donor: User) -> None:
    with MailServer() as gone:
        settings = settings_for(gone)
    found(database, donor)
    found(database, make_user(database, "coordinator"))
    assert send_due(database, settings) == {"waiting": 2}
    assert {mail.reason for mail in rows(database, Mail)} == {"connection"}
    with database.reading() as session:
        assert not mails.has_work(session, utcnow()), "it waits, and the consumer went on long ago"
    for _ in range(7):
        make_due(database)
        last = send_due(database, settings)
    assert last == {"failed": 2} and {mail.status for mail in rows(database, Mail)} == {"failed"}


def test_one_mail_that_breaks_the_connection_holds_up_no_other(database: Database, donor: User) -> None:
    found(database, donor)
    found(database, make_user(database, "coordinator"))
    with MailServer(hangs_up_at="DATA") as server:
        assert send_due(database, settings_for(server)) == {"waiting": 2}
        assert server.connections >= 2
    make_due(database)
    with MailServer() as server:
        assert send_due(database, settings_for(server)) == {"sent": 2}


@pytest.mark.parametrize(("security", "with_tls"), [("starttls", False), ("tls", True)])
def test_no_word_is_said_over_a_connection_that_is_not_secure(
    sqlite_database: Database, security: str, with_tls: bool
) -> None:
    found(sqlite_database, make_user(sqlite_database, "donor"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with MailServer(context=context if with_tls else None) as server:  # its certificate is nobody's we know
        settings = settings_for(server, smtp_security=security, smtp_user="casa", smtp_password="secret")  # noqa: S106
        assert send_due(sqlite_database, settings) == {"waiting": 1}
    assert only_mail(sqlite_database).reason == "tls" and server.taken == []
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.said)


def test_two_senders_send_each_mail_once_and_a_lost_lease_settles_nothing(database: Database, donor: User) -> None:
    found(database, donor)
    with database.transaction() as session:
        (first,) = mails.claim(session, utcnow())
    with database.transaction() as session:
        assert mails.claim(session, utcnow()) == []
        (second,) = mails.claim(session, utcnow() + mails.LEASE)
    with database.transaction() as session:
        assert mails.settle(session, first, mails.Outcome("sent"), utcnow(), 0.5) is None
        assert mails.settle(session, second, mails.Outcome("sent"), utcnow(), 0.5) == "sent"


def test_without_a_server_what_is_due_is_called_off(database: Database, donor: User) -> None:
    found(database, donor)
    assert send_due(database, Settings(secret_key="x" * 20)) == {"cancelled": 1}
    assert only_mail(database).reason == "no_server"
    with database.transaction() as session:
        assert prune(session, utcnow() + timedelta(days=1), utcnow()) == 1
        assert prune(session, utcnow(), utcnow() + timedelta(days=400)) == 1
    assert (rows(database, Mail), rows(database, Notice)) == ([], [])


def test_one_click_in_the_mail_ends_all_mail(sqlite_app: RegistryFlask, server: MailServer) -> None:
    database = sqlite_app.database
    person = make_user(database, "donor")
    found(database, person)
    found(database, person, "weekly")
    send_due(database, settings_for(server))
    link = server.taken[0].message["List-Unsubscribe"].strip("<>").removeprefix("http://registry.test")
    client = sqlite_app.test_client()  # nobody is signed in, and there is no form's token
    asked = client.get(link)
    assert asked.status_code == 200 and "no-store" in asked.headers["Cache-Control"]
    check_page(asked.text)
    with database.reading() as session:
        assert session.get_one(User, person.id).no_mail_since is None, "looking changes nothing"
    for token in (link.rpartition("/")[2][:-1], f"{person.id}-", "é"):
        forged = f"/en/unsubscribe/{token}"
        assert client.post(forged).status_code == 404
    done = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    check_page(done.text)
    assert [search.delivery for search in rows(database, SavedSearch)] == ["in_app", "in_app"]  # type: ignore[arg-type]
    before = len(server.taken)
    with database.transaction() as session:
        open_need(session, title="Later", visibility="public")
    consume(database)
    assert send_due(database, settings_for(server)) == {} and len(server.taken) == before
    assert "Later" in client_for(sqlite_app, person).get("/en/notices").text


def test_staff_see_what_fails_and_have_it_tried_again(sqlite_app: RegistryFlask, server: MailServer) -> None:
    database = sqlite_app.database
    person = make_user(database, "donor", email="refused@example.org")
    found(database, person)
    with MailServer(answers={"RCPT": "550 <b>no</b> such user"}) as refusing:
        send_due(database, settings_for(refusing))
    staff = client_for(sqlite_app, make_user(database, "coordinator"))
    page = staff.get("/en/mails").text
    check_page(page)
    assert "refused@example.org" in page and "&lt;b&gt;no" in page and "Given up" in page
    environment = {"CASA_DATABASE_URL": database.url}
    listed = CliRunner().invoke(casa, ["alert", "mails"], env=environment, catch_exceptions=False)
    assert "refuses the recipient" in listed.output and "refused@example.org" in listed.output
    assert 'casa_mails{status="failed"} 1' in sqlite_app.test_client().get("/metrics").text
    assert "1 e-mail was given up" in staff.get("/en/").text
    headers = token_headers(database, make_user(database, "admin"), ["feeds:read", "feeds:write"])
    api = sqlite_app.test_client()
    (told,) = api.get("/api/v1/mails", headers=headers).json["items"]  # type: ignore[index]
    assert (told["id"], told["status"]) == (1, "failed")
    assert api.post("/api/v1/mails/9/retry", json={}, headers=headers).status_code == 404
    assert staff.post("/en/mails/retry").status_code == 303
    assert send_due(database, settings_for(server)) == {"sent": 1}
    assert staff.post("/en/mails/1/retry").status_code == 404
    assert client_for(sqlite_app, person).get("/en/mails").status_code == 403


def test_a_person_chooses_language_and_mail_on_their_account(sqlite_app: RegistryFlask, server: MailServer) -> None:
    database = sqlite_app.database
    person = make_user(database, "donor")
    sqlite_app.settings = settings_for(server)
    client = client_for(sqlite_app, person)
    assert "E-mails to you" in client.get("/en/account").text
    assert client.post("/en/account/preferences", data={"language": "en"}).status_code == 303
    found(database, person, "in_app")
    assert send_due(database, settings_for(server)) == {}
    with database.reading() as session:
        assert session.get_one(User, person.id).no_mail_since is not None
    assert client.post("/en/account/preferences", data={"language": "xx", "mail": "1"}).status_code == 422
    assert client.post("/en/account/preferences", data={"language": "en", "mail": "1"}).status_code == 303
    with database.reading() as session:
        assert session.get_one(User, person.id).no_mail_since is None
