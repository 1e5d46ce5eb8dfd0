"""Evidence of answers: who sees it, that it is kept whole, carried on, and never changes once handed in."""

import hashlib
import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS
from registry.catalogue.history import versions
from registry.compliance import assessments
from registry.compliance.evidence import service
from registry.compliance.evidence.models import PART_BYTES, EvidencePart
from registry.compliance.evidence.rules import judge_file
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound
from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import client_for, token_headers
from tests.support.standards import answered, person
from tests.support.web_world import World

LONG = b"%PDF" + bytes(range(256)) * 600
CLAUSE = {"clause": "mark-made"}
PUBLIC = CLAUSE | {"visibility": "public"}


def parts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(EvidencePart)) or 0


def test_a_file_is_kept_in_parts_carried_without_a_copy_and_immutable_once_handed_in(small: Session) -> None:
    author, reviewer = person(small), person(small)
    draft = answered(small, author, {"mark-made": "full"})
    file = judge_file("law.pdf", "application/pdf", LONG, 10**6)
    law = service.add(small, author, draft, PUBLIC | {"expires_on": "2026-01-31"}, file)
    assert service.add(small, author, draft, PUBLIC | {"expires_on": "2026-01-31"}, file).id == law.id, "a double click"
    note = service.add(small, author, draft, CLAUSE | {"title": "Cabinet memo 4"})
    assert parts(small) == -(-len(LONG) // PART_BYTES) > 1
    assert service.content(small, law) == LONG
    assert service.describe(law, date(2026, 2, 1))["expired"]
    with pytest.raises(NotAllowed):
        service.add(small, person(small, state="UGA"), draft, CLAUSE | {"title": "Not theirs"})
    for step, who in ((assessments.submit, author), (assessments.review, reviewer), (assessments.publish, author)):
        step(small, who, draft)
        with pytest.raises(Conflict):
            service.add(small, author, draft, CLAUSE | {"title": "Too late"})
        with pytest.raises(Conflict):
            service.remove(small, author, draft, note)
    assert [each.title for each in service.evidence_of(small, ANONYMOUS, draft)] == ["law.pdf"]
    shown = str([step.changes for step in versions(small, "assessment", draft.id or 0)])
    assert "file 1" in shown and "memo" not in shown, "what is the State's alone is not in the history either"
    again = assessments.start(small, author, {"standard": "small", "carry_from": draft.id})
    carried, memo = service.evidence_of(small, author, again)
    assert (carried.title, carried.expires_on, memo.title) == ("law.pdf", date(2026, 1, 31), "Cabinet memo 4")
    service.remove(small, author, again, carried)
    assert service.content(small, law) == LONG, "the published one keeps its file"


def test_the_last_one_removed_takes_its_bytes_along(small: Session) -> None:
    author = person(small)
    draft = answered(small, author, {"mark-made": "full"})
    law = service.add(small, author, draft, CLAUSE, judge_file("law.pdf", "", LONG, 10**6))
    before = draft.version
    service.remove(small, author, draft, law)
    assert (parts(small), draft.version) == (0, before + 1)
    for wrong in ({"clause": "no-such", "title": "x"}, CLAUSE, CLAUSE | {"url": "ftp://example.org"}):
        with pytest.raises(InvalidInput):
            service.add(small, author, draft, wrong)


def test_the_api_takes_lists_serves_and_removes_files(
    sqlite_app: RegistryFlask, sqlite_database: Database, world: World
) -> None:
    headers = token_headers(sqlite_database, world.people["state"], ["assessments:read", "assessments:write"])
    client, url = sqlite_app.test_client(), f"/api/v1/assessments/{world.assessment}/evidence"

    def send(content: bytes, name: str = "law.pdf", **more: str) -> Any:
        return client.post(url, data=CLAUSE | more | {"file": (io.BytesIO(content), name)}, headers=headers)

    made = send(LONG, "Gesetz \u00fcber Waffen.pdf", sha256=hashlib.sha256(LONG).hexdigest())
    assert made.status_code == 201, made.text
    served = client.get(f"{made.headers['Location']}/file", headers=headers)
    assert served.data == LONG and served.mimetype == "application/pdf"
    assert served.headers["Content-Disposition"].startswith("attachment; filename")
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(made.headers["Location"]).status_code == 404, "nobody else learns of it"
    for refused, pointer in (
        (send(LONG, sha256="0" * 64), "#/sha256"),
        (send(b"MZ\x90"), "#/file"),
        (send(b""), "#/file"),
        (client.post(url, data=CLAUSE | {"url": "https://a:b@c.org/"}, headers=headers), "#/url"),
    ):
        assert refused.status_code == 422 and refused.get_json()["errors"][0]["pointer"] == pointer, refused.text
    large = {"CONTENT_LENGTH": "100000000"}
    huge = client.post(url, content_type="multipart/form-data; boundary=x", headers=headers, environ_overrides=large)
    assert huge.status_code == 413
    listed = client.get(url, headers=headers).get_json()["items"]
    assert [(each["file_name"], each["size"]) for each in listed] == [("Gesetz \u00fcber Waffen.pdf", len(LONG))]
    assert client.delete(made.headers["Location"], headers=headers | {"If-Match": '"1"'}).status_code == 412
    assert client.delete(made.headers["Location"], headers=headers).status_code == 204
    assert client.get(made.headers["Location"], headers=headers).status_code == 404


def test_the_page_adds_names_what_is_wrong_and_removes(sqlite_app: RegistryFlask, world: World) -> None:
    client = client_for(sqlite_app, world.people["state"])
    url = f"/en/assessments/{world.assessment}/clauses/mark-made"
    wrong = client.post(f"{url}/evidence", data={"title": "The act", "url": "javascript:alert(1)"})
    page = check_page(wrong.text)
    assert wrong.status_code == 422 and "begins with https" in page.text and page.form["title"] == "The act"
    sent = {"title": "The act", "file": (io.BytesIO(LONG), "act.pdf"), "expires_on": "2020-01-01"}
    assert client.post(f"{url}/evidence", data=sent).status_code == 303
    page = check_page(client.get(url).text)
    assert "The act" in page.text and "expired" in page.text
    [remove] = [str(form["action"]) for form in page.all("form") if "/remove" in str(form.get("action"))]
    assert client.get(remove.removesuffix("/remove")).data == LONG
    assert client_for(sqlite_app, world.people["other"]).get(remove.removesuffix("/remove")).status_code == 404
    assert client.post(remove).status_code == 303
    with pytest.raises(NotFound), sqlite_app.database.transaction() as session:
        service.get(session, ANONYMOUS, assessments.get_assessment(session, ANONYMOUS, world.assessment), 1)
