"""Search: one table of texts and queries, the same answers on both engines."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from registry.catalogue import search
from registry.catalogue.models import Organisation
from registry.db import Database

TEXTS = {
    1: ("Weapons collection in the Sahel", "Community arms collection, 小武器和轻武器 管制项目. État-major formé."),
    2: ("Maîtrise des armes légères", "Renforcement de la sécurité des dépôts; XM-DAC-41114-PROJ_0012."),
    3: ("Разоружение и учёт оружия", "Маркировка оружия и ведение учета."),
    4: ("مُراقَبَةُ الأسلِحَةِ الصَّغيرة", "إدارة المخزونات في الســـودان، مؤسسة وطنية"),
    5: ("小武器管制", "为国家提供储存管理培训。动武"),
    6: ("Capacitación sobre trazabilidad", "Destrucción de municiones, niño y señal."),
    7: ("ＦＵＬＬＷＩＤＴＨ registry", "Straße ﬁnance 2024 naïve coöperation"),
}
QUERIES = [
    ("weapons", {1}),
    ("WEAP", {1}),
    ("collection weapons", {1}),
    ("collect weapons", set()),
    ('"arms collection"', {1}),
    ('"collection arms"', set()),
    ('"weapons collection" sahel', {1}),
    ("etat", {1}),
    ("maitrise légeres", {2}),
    ("securite depots", {2}),
    ("XM-DAC-41114", {2}),
    ("PROJ_0012", {2}),
    ("учет", {3}),
    ("учёт", {3}),
    ("ОРУЖИЯ", {3}),
    ("مراقبة الاسلحة", {4}),
    ("مُرَاقَبَة", {4}),
    ("السودان", {4}),
    ("موسسه", {4}),
    ("اداره المخزونات", {4}),
    ("武器", {1, 5}),
    ("小武器", {1, 5}),
    ("管制", {1, 5}),
    ("武", {1, 5}),
    ("训", {5}),
    ("器小", set()),
    ("轻武器 管制", {1}),
    ('"轻武器 管制"', {1}),
    ('"武器 管"', {1}),
    ("储存 培训", {5}),
    ("municiones senal", {6}),
    ("NIÑO", {6}),
    ("fullwidth", {7}),
    ("strasse finance", {7}),
    ("naive", {7}),
    ("", set()),
    ("???", set()),
    ('"', set()),
]
HOSTILE = ["weapons'", '"weapons', "weapons*", "weapons)", "NEAR(weapons)", "weapons:*", "title:weapons", "^weapons",
           "a AND", "OR", "NOT", "-weapons", "wea\0pons", "\\", "'", "''", "🙂", "%_", "<->", "&|!", "x" * 10_000,
           "word " * 2_000, '"' * 9, "\ufffd", "ﷺ", "中" * 5000]  # fmt: skip


def fill(session: Session) -> None:
    for number in TEXTS:
        session.add(Organisation(id=number, name="x"))
    session.flush()
    search.index(session, "organisation", [(number, *texts) for number, texts in TEXTS.items()])


def found(session: Session, query: str, **options: bool) -> set[int]:
    return set(session.execute(search.matching_ids("organisation", query, **options)).scalars())


def test_queries_find_what_a_person_means(session: Session) -> None:
    fill(session)
    assert {query: found(session, query) for query, _ in QUERIES} == dict(QUERIES)


def test_no_query_can_break_the_search(session: Session) -> None:
    fill(session)
    for query in HOSTILE:
        assert isinstance(found(session, query), set)
        assert isinstance(found(session, query, title_only=True), set)
    assert found(session, "weapons'") == found(session, '"weapons') == found(session, "weapons*") == {1}


def test_a_title_match_ranks_above_a_text_match(session: Session) -> None:
    fill(session)
    assert found(session, "武器", title_only=True) == {5}
    ranked = session.execute(
        search.matching_ids("organisation", "武器").add_columns(
            search.relevance("organisation", "武器", search._TABLES["organisation"].c.rowid)
        )
    )
    assert dict(ranked.all()) == {1: 0, 5: 1}  # type: ignore[arg-type]


def test_indexing_again_replaces_and_removing_forgets(session: Session) -> None:
    fill(session)
    search.index(session, "organisation", [(1, "Something else", "")])
    assert found(session, "weapons") == set()
    assert found(session, "else") == {1}
    search.remove(session, "organisation", [1, 5])
    assert found(session, "else") == set()
    assert search.count(session, "organisation", "маркировка") == 1


def test_a_phrase_does_not_run_from_title_into_text(session: Session) -> None:
    fill(session)
    search.index(session, "organisation", [(1, "alpha beta", "gamma delta")])
    assert found(session, '"beta gamma"') == set()
    assert found(session, '"alpha beta" "gamma delta"') == {1}


def test_a_very_long_text_is_indexed_as_far_as_it_goes(session: Session) -> None:
    fill(session)
    search.index(session, "organisation", [(1, "long", "ordinary " * 3000 + "target " + "more " * 30_000 + "beyond")])
    assert found(session, "target") == {1}
    assert found(session, "beyond") == set()


@given(st.text(max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_can_be_indexed_and_its_words_found(database: Database, value: str) -> None:
    with Session(database.engine) as session:
        session.execute(text("DELETE FROM organisation_search"))
        if session.get(Organisation, 1) is None:
            session.add(Organisation(id=1, name="x"))
            session.flush()
        search.index(session, "organisation", [(1, value, "")])
        for word in search.tokens(value)[:5]:
            assert found(session, word) == {1}, word
