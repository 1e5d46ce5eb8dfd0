"""Standards loaded over the API, and embargo regimes as the API tells them."""

import orjson

from registry.db import Database
from registry.http import RegistryFlask
from registry.yaml_files.parsing import parse
from registry.yaml_files.reading import MAX_BYTES
from tests.support.people import make_user, token_headers
from tests.support.standards import SECOND, STANDARD, changed

URL = "/api/v1/standards"


def test_a_standard_is_looked_at_then_loaded_from_yaml_or_json(app: RegistryFlask, database: Database) -> None:
    staff = token_headers(database, make_user(database, "coordinator"), ["standards:write"])
    yaml, json = staff | {"Content-Type": "application/yaml"}, staff | {"Content-Type": "application/json"}
    client = app.test_client()
    seen = client.post(f"{URL}?preview=1", data=STANDARD.encode(), headers=yaml)
    assert seen.status_code == 200 and seen.json["new"] == 1, seen.text  # type: ignore[index]
    assert client.get(URL).json["items"] == []  # type: ignore[index]
    loaded = client.post(URL, data=STANDARD.encode(), headers=yaml).json
    assert loaded == seen.json
    same = orjson.dumps(parse(STANDARD)[0])
    assert client.post(URL, data=same, headers=json).json["unchanged"] == 1  # type: ignore[index]
    later = client.post(f"{URL}?preview=true", data=SECOND.encode(), headers=yaml).json
    (planned,) = later["standards"]  # type: ignore[index]
    assert planned["outcome"] == "new_version" and planned["previous"] and planned["changes"]
    wrong = client.post(URL, data=changed(("schema: 1", "schema: 9")).encode(), headers=yaml)
    assert wrong.status_code == 422
    (fault,) = wrong.json["errors"]  # type: ignore[index]
    assert fault["pointer"] == "#/schema" and fault["detail"].startswith("Line "), fault
    refused = [
        client.post(URL, data=data, headers=headers).status_code
        for data, headers in (
            (b"x" * (MAX_BYTES + 1), yaml), (b"{", json), (b"a: [", yaml), (b"a", staff | {"Content-Type": "text/csv"}),
        )
    ]  # fmt: skip
    assert refused == [413, 400, 422, 415]
    assert len(client.get(URL).json["items"]) == 1  # type: ignore[index]
    kenya = token_headers(database, make_user(database, "state"), ["assessments:write"])
    assert client.post(URL, data=STANDARD.encode(), headers=kenya | {"Content-Type": "text/yaml"}).status_code == 403


def test_embargo_regimes_are_told_with_who_watches_them(sqlite_app: RegistryFlask) -> None:
    client = sqlite_app.test_client()
    listed = client.get("/api/v1/embargoes?state=Libya&in_force=true").json["items"]  # type: ignore[index]
    assert [each["id"] for each in listed] == ["un-libya"]
    (panel,) = listed[0]["monitoring"]
    assert panel["kind"] == "panel_of_experts" and panel["source"] == "S/RES/1973 (2011)"
    assert not panel["proof"]["checked"]
    lapsed = client.get("/api/v1/embargoes?in_force=false").json["items"]  # type: ignore[index]
    assert lapsed and all(each["until"] for each in lapsed)
    ended = client.get("/api/v1/embargoes/un-dprk").json
    assert ended["in_force"] and ended["monitoring"][0]["until"] == "2024-05-01"  # type: ignore[index]
    assert client.get("/api/v1/embargoes/un-nowhere").status_code == 404
    assert "Panel of Experts on Libya" in client.get("/en/embargoes").text
    assert "1 May 2024" in client.get("/en/embargoes/un-dprk").text
