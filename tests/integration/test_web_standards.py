"""The pages of the library: every standard is listed and shown; a clause names the clauses that it is linked with."""

from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import client_for
from tests.support.web_world import World


def test_a_clause_shows_its_links_from_either_end_with_their_reason(sqlite_app: RegistryFlask, world: World) -> None:
    client = client_for(sqlite_app, world.people["state"])
    protocol = check_page(client.get("/en/standards/cifta").get_data(as_text=True))
    assert "asks more than" in protocol.text and "strength 8 of 10" in protocol.text
    assert "/en/standards/firearms-protocol#art-8-1a" in {str(a.get("href")) for a in protocol.all("a")}
    other = check_page(client.get("/en/standards/firearms-protocol").get_data(as_text=True))
    assert "asks less than" in other.text, "the link is not shown from its other end"
    assert "/en/standards/cifta#art-6-1a" in {str(a.get("href")) for a in other.all("a")}


def test_every_standard_is_listed_and_its_page_holds(sqlite_app: RegistryFlask, world: World) -> None:
    client = client_for(sqlite_app, world.people["state"])
    page = check_page(client.get("/en/standards").get_data(as_text=True))
    links = {str(a.get("href")) for a in page.all("a")}
    for slug in ("att", "iatg", "mosaic-05-20", "ecowas", "women-youth-gender"):
        assert f"/en/standards/{slug}" in links
        check_page(client.get(f"/en/standards/{slug}").get_data(as_text=True))
