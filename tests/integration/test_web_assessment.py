"""The questionnaire by its pages: saved section by section, reviewed by another person, published; gaps to needs."""

from flask.testing import FlaskClient

from registry.http import RegistryFlask
from tests.support.pages import Page, check_page
from tests.support.people import client_for
from tests.support.web_world import World


def browser(app: RegistryFlask, world: World, name: str) -> FlaskClient:
    return client_for(app, world.people[name])


def section(client: FlaskClient, world: World, name: str = "marking") -> tuple[str, dict[str, str]]:
    path = f"/en/assessments/{world.assessment}/answer?section={name}"
    return path, check_page(client.get(path).get_data(as_text=True)).form.to_dict()


def version(client: FlaskClient, world: World) -> dict[str, str]:
    page = Page(client.get(f"/en/assessments/{world.assessment}").get_data(as_text=True))
    return {"version": page.form["version"]}


def test_a_section_is_saved_and_the_next_one_follows(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    path, form = section(client, world)
    assert form["answers.mark-made.value"] == "none"
    response = client.post(path, data={**form, "answers.mark-found.value": "partial", "do": "next"})
    assert response.status_code == 303 and response.location.endswith("section=records")
    assert "4 / 4" in client.get(path).get_data(as_text=True)


def test_an_answer_is_taken_back(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    path, form = section(client, world)
    form |= {"answers.mark-made.value": "", "answers.mark-made.evidence": "", "answers.mark-made.reason": ""}
    assert client.post(path, data=form).status_code == 303
    assert "2 / 4" in client.get(path).get_data(as_text=True)


def test_a_missing_reason_is_named_and_the_evidence_typed_is_kept(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    path, form = section(client, world)
    form |= {"answers.mark-made.value": "na", "answers.mark-made.evidence": "the register of 2024"}
    response = client.post(path, data=form)
    assert response.status_code == 422
    page = check_page(response.get_data(as_text=True))
    assert "Say why this clause does not apply." in page.text and "the register of 2024" in page.text
    assert "#f-answers-mark-made-reason" in {str(a.get("href")) for a in page.all("a")}
    assert section(client, world)[1]["answers.mark-made.value"] == "none"


def test_facts_decide_which_clauses_apply(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    path, form = section(client, world, "facts")
    assert form["facts.manufactures"] == "yes"
    assert client.post(path, data={**form, "facts.manufactures": "no"}).status_code == 303
    assert "does not apply" in client.get(section(client, world)[0]).get_data(as_text=True)


def test_two_people_answer_at_once_and_the_second_sees_both(sqlite_app: RegistryFlask, world: World) -> None:
    first, second = (browser(sqlite_app, world, name) for name in ("state", "reviewer"))
    path, mine = section(second, world)
    _, theirs = section(first, world)
    assert first.post(path, data={**theirs, "answers.mark-state.value": "none"}).status_code == 303
    response = second.post(path, data={**mine, "answers.mark-state.value": "partial"})
    assert response.status_code == 412
    page = check_page(response.get_data(as_text=True))
    assert "Not in place" in page.text and "Partly in place" in page.text
    assert second.post(path, data=page.form).status_code == 303
    assert section(first, world)[1]["answers.mark-state.value"] == "partial"


def test_the_way_to_publication_takes_two_people(sqlite_app: RegistryFlask, world: World) -> None:
    first, second = (browser(sqlite_app, world, name) for name in ("state", "reviewer"))
    path = f"/en/assessments/{world.assessment}"
    assert first.post(f"{path}/submit", data=version(first, world)).status_code == 303
    assert f"{path}/review" not in first.get(path).get_data(as_text=True)
    assert first.post(f"{path}/review", data=version(first, world)).status_code == 403
    assert second.post(f"{path}/return", data={**version(second, world), "reason": ""}).status_code == 422
    sent_back = second.post(f"{path}/return", data={**version(second, world), "reason": "Clause 9 is open"})
    assert sent_back.status_code == 303 and "Clause 9 is open" in first.get(path).get_data(as_text=True)
    for client, step in ((first, "submit"), (second, "review"), (first, "publish")):
        assert client_for(sqlite_app).get(path).status_code == 404
        assert client.post(f"{path}/{step}", data=version(client, world)).status_code == 303, step
    assert client_for(sqlite_app).get(path).status_code == 200
    assert "15 % – 85 %" in Page(client_for(sqlite_app).get("/en/states/KEN").get_data(as_text=True)).text.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert first.post(f"{path}/answer", data={"version": "9", "answers.mark-made.value": "full"}).status_code == 409


def test_a_gap_becomes_a_need_and_the_chain_is_shown(sqlite_app: RegistryFlask, world: World) -> None:
    client, path = browser(sqlite_app, world, "state"), f"/en/assessments/{world.assessment}"
    response = client.post(f"{path}/need", data={"clauses": ["mark-made"]})
    assert response.status_code == 303
    edit = response.location
    form = check_page(client.get(edit).get_data(as_text=True)).form
    assert form["requirements.0.clause"] == "mark-made" and "lines.0.type" in form
    form.setlist("themes", ["marking"])
    changes = {"window_start": "2027-01-01", "window_end": "2028-06-01", "do": "open", "requirements.0.keep": "1"}
    for name, value in changes.items():
        form[name] = value
    assert client.post(edit, data=form).status_code == 303
    need = edit.removesuffix("/edit")
    assert "mark-made" in client.get(need).get_data(as_text=True)
    assert need in client.get(path).get_data(as_text=True)
    chain = Page(client.get("/en/states/KEN").get_data(as_text=True)).text
    assert "Grants for marking in Eastern Africa" in chain.partition("Assessments")[0]


def test_a_need_is_only_made_of_what_is_wanting(sqlite_app: RegistryFlask, world: World) -> None:
    client, path = browser(sqlite_app, world, "state"), f"/en/assessments/{world.assessment}"
    for clauses in ([], ["mark-state"], ["no-such-clause"]):
        response = client.post(f"{path}/need", data={"clauses": clauses})
        assert response.status_code == 422
        check_page(response.get_data(as_text=True))


def test_a_second_assessment_of_a_standard_is_refused_with_the_way_to_the_first(
    sqlite_app: RegistryFlask, world: World
) -> None:
    client = browser(sqlite_app, world, "state")
    response = client.post("/en/assessments/new", data={"standard": "iti"})
    assert response.status_code == 409 and "go on with that one" in check_page(response.get_data(as_text=True)).text
    assert client.post("/en/assessments/new", data={"standard": "nothing"}).status_code == 404
    assert client.post("/en/assessments/new", data={"standard": "poa"}).status_code == 303


def test_the_history_says_what_changed_in_all_and_drafting_stays_the_states_own(
    sqlite_app: RegistryFlask, world: World
) -> None:
    first, second = (browser(sqlite_app, world, name) for name in ("state", "reviewer"))
    path = f"/en/assessments/{world.assessment}"
    seen = Page(first.get(path).get_data(as_text=True)).form["version"]
    for value in ("partial", "full"):
        sent = {**section(first, world)[1], "answers.mark-made.value": value, "answers.mark-made.in_law": "yes"}
        first.post(f"{path}/answer?section=marking", data=sent)
    changed = check_page(first.get(f"{path}?since={seen}").get_data(as_text=True)).text
    since = changed.partition(f"All that changed since version {seen}")[2].partition("What changed when")[0]
    assert "Not in place" in since and "In place and applied · In law: Yes" in since and "Partly" not in since
    for client, step in ((first, "submit"), (second, "review"), (first, "publish")):
        assert client.post(f"{path}/{step}", data=version(client, world)).status_code == 303
    public = check_page(client_for(sqlite_app).get(path).get_data(as_text=True)).text.partition("What changed when")[2]
    assert "Published" in public and "In law" not in public
    steps = client_for(sqlite_app).get(f"/api/v1/assessments/{world.assessment}/history").get_json()["items"]
    assert {name for step in steps for name in step["changes"]} <= {"status", "standard", "carried_from"}
