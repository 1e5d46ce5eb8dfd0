"""Tables as partners make them: which column is which, HXL, customs of numbers and dates, encodings, broken rows."""

from pathlib import Path
from typing import Any

import pytest

from registry.errors import InvalidInput
from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import DocumentRefused, Record, RecordFault
from tests.support.adapters.of_tables import as_csv, as_xlsx
from tests.support.iati import no_tick, write

Config = dict[str, Any]


def read(path: Path, content: bytes, config: Config | None = None, adapter: str = "csv") -> list[Record]:
    """The records of a table in which all is well."""
    reader = ADAPTERS[adapter].bind(config or {})
    reader.verify(write(path, content), no_tick)
    pieces = [piece for batch in reader.split(path / "file.xml", 100, no_tick) for piece in batch]
    assert not [piece.fault for piece in pieces if piece.fault]
    return [reader.read(piece) for piece in pieces]


def one(path: Path, header: str, row: str, **config: Any) -> Record:
    (record,) = read(path, f"{header}\n{row}\n".encode(), config)
    return record


def refusal(path: Path, content: bytes, config: Config | None = None, adapter: str = "csv") -> str:
    with pytest.raises(DocumentRefused) as caught:
        read(path, content, config, adapter)
    return f"{caught.value.code}: {caught.value}"


HXL = as_csv(
    ("What", "", "", "Who", "Where", "", "", "Money", "", "When"),
    ("Ref", "Activity", "Activité", "Donor", "Country", "Province", "District", "US$", "Euro", "Begin"),
    ("#activity+code", "#activity+name+en", "#activity +name +fr", "#org+funder", "#country+name", "#adm1+name",
     "#adm2+name", "#value+usd", "#value+eur", "#date+start"),
    ("A-1", "Marking of weapons", "Marquage des armes", "Norway", "Kenya", "Turkana", "Lodwar", "1,500.50", "1 400",
     "2021-03"),
)  # fmt: skip


@pytest.mark.parametrize("adapter", ["csv", "xlsx"])
def test_hashtags_say_which_column_is_which_in_every_language(tmp_path: Path, adapter: str) -> None:
    content = HXL
    if adapter == "xlsx":
        text = HXL.decode().replace('"1,500.50"', "1500.5")
        content = as_xlsx(*(line.split(",") for line in text.splitlines()))
    (record,) = read(tmp_path, content, adapter=adapter)
    assert record.warnings == [] and record.document == {
        "iati_identifier": "A-1",
        "title": [{"text": "Marking of weapons", "lang": "en"}, {"text": "Marquage des armes", "lang": "fr"}],
        "dates": [{"type": "1", "date": "2021-03-01"}],
        "countries": [{"code": "KE"}],
        "locations": [{"name": [{"text": "Lodwar, Turkana"}]}],
        "participating_orgs": [{"narratives": [{"text": "Norway"}], "role": "1"}],
        "budgets": [
            {"type": "1", "period_start": "2021-03-01", "value": {"amount": 150050, "currency": "USD"}},
        ],
    }  # fmt: skip


def test_columns_are_declared_by_header_by_whole_header_or_by_hashtag(tmp_path: Path) -> None:
    merged = as_csv(
        ("List of 2024",), (), ("", "Period", "", "Amounts", ""), ("Nom", "from", "to", "asked", "paid"),
        ("Destruction", "1/2/2024", "31/12/2024", "2.000", "1.500,5"),
    )  # fmt: skip
    config = {
        "columns": {"title": "NOM", "start": "period from", "end": "to", "disbursement": "Amounts – paid"},
        "header_rows": "2", "date_format": "%d/%m/%Y", "decimal": ",", "currency": "EUR", "language": "fr",
        "id_prefix": "FR-",
    }  # fmt: skip
    (record,) = read(tmp_path, merged, config)
    assert record.document["title"] == [{"text": "Destruction", "lang": "fr"}]
    assert [item["date"] for item in record.document["dates"]] == ["2024-02-01", "2024-12-31"]
    value = record.document["transactions"][0]["value"]
    assert value == {"amount": 150050, "currency": "EUR"} and "budgets" not in record.document
    assert record.document["iati_identifier"].startswith("derived:") and record.document["derived_identifier"]
    (by_tag,) = read(tmp_path, HXL, {"columns": {"description": "#activity+fr", "id": "#activity+code"}})
    assert by_tag.document["descriptions"][0]["narratives"] == [{"text": "Marquage des armes", "lang": "fr"}]
    assert refusal(tmp_path, merged, {"columns": {"title": "Title"}}).startswith("columns: There is no column “Title”")


def test_our_own_export_is_understood_without_any_setting(tmp_path: Path) -> None:
    record = one(
        tmp_path, "iati_identifier,title,title_fr,status,start_date,countries,budget_usd",
        "XX-1,Arms,Armes,Implementation,2024-05-06,KEN;UG,12",
    )  # fmt: skip
    assert record.document["status"] == "2" and record.document["countries"] == [{"code": "KEN"}, {"code": "UG"}]
    assert record.document["title"][1] == {"text": "Armes", "lang": "fr"}
    assert record.document["budgets"][0]["value"] == {"amount": 1200, "currency": "USD"}


@pytest.mark.parametrize(
    ("written", "decimal", "amount"),
    [
        ("1 234 567,89", None, 123456789), ("1.234.567,89", None, 123456789), ("1,234,567.89", None, 123456789),
        ("1’234.5", None, 123450), ("1.500", ",", 150000), ("1,500", ",", 150), ("1.500", ".", 150),
        ("٣٬٠٠٠", None, 300000), ("-250", None, -25000), ("$2.5m", None, 250000000),
        ("n/a", None, None), ("–", None, None),
    ],
)  # fmt: skip
def test_amounts_are_read_in_every_custom(
    tmp_path: Path, written: str, decimal: str | None, amount: int | None
) -> None:
    config = {"currency": "USD"} | ({"decimal": decimal} if decimal else {})
    record = one(tmp_path, "title;budget", f"x;{written}", **config)
    budgets = record.document.get("budgets")
    assert budgets == (amount and [{"type": "1", "value": {"amount": amount, "currency": "USD"}}])


@pytest.mark.parametrize(
    ("field", "written", "code"),
    [
        ("budget", "1.500", "amount"), ("budget", "1e99", "amount"), ("budget", "=1+1", "amount"),
        ("budget", "9" * 30, "amount"), ("start", "2024-02-30", "date"),
    ],
)  # fmt: skip
def test_what_would_change_the_meaning_keeps_the_row_out(tmp_path: Path, field: str, written: str, code: str) -> None:
    with pytest.raises(RecordFault) as caught:
        one(tmp_path, f"title;{field}", f"x;{written}")
    assert caught.value.code == code


def test_what_else_does_not_fit_is_left_out_and_named(tmp_path: Path) -> None:
    record = one(
        tmp_path, "title;status;end;country;latitude;longitude;url;currency;budget",
        "x;unheard of;soon;Atlantis, Kenya;91;0;javascript:alert(1);euros;5",
    )  # fmt: skip
    assert record.document["title"] == [{"text": "x"}] and len(record.warnings) == 6
    assert "countries" not in record.document and "locations" not in record.document


def test_several_values_stand_in_one_cell_and_names_keep_their_commas(tmp_path: Path) -> None:
    record = one(
        tmp_path, "title|countries|sectors|funder|implementer",
        "x|Iran (Islamic Republic of); Côte d'Ivoire; 肯尼亚; ML, UG|15240 - SALW; Health; 151"
        "|Canada, Government of|A; B",
    )  # fmt: skip
    assert [c["code"] for c in record.document["countries"]] == ["IR", "CI", "KE", "ML", "UG"]
    assert [(s["vocabulary"], s["code"]) for s in record.document["sectors"]] == [
        ("1", "15240"), ("99", "Health"), ("2", "151"),
    ]  # fmt: skip
    names = [(org["role"], org["narratives"][0]["text"]) for org in record.document["participating_orgs"]]
    assert names == [("1", "Canada, Government of"), ("4", "A"), ("4", "B")]


def test_a_table_of_who_does_what_where_has_titles_made_of_that(tmp_path: Path) -> None:
    rows = (
        "#sector+cluster,#org+name,#org+acronym,#adm1+name,#date+reported\nArms control,Danish group,DG,Turkana,2021\n"
    )
    (record,) = read(tmp_path, rows.encode())
    assert record.title == "Arms control – Danish group – Turkana" and "dates" not in record.document


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Contrôle des armes légères à la frontière", "cp1252"), ("Контроль над стрелковым оружием", "cp1251"),
        ("小武器和轻武器管制项目", "gb18030"), ("مراقبة الأسلحة الصغيرة", "utf-16"), ("Контроль", "utf-8-sig"),
        ("小武器管制", "utf-16-le"), ("Control de armas pequeñas", "utf-8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("declared", [False, True])
def test_encodings_are_found_out_or_declared(tmp_path: Path, text: str, encoding: str, declared: bool) -> None:
    content = f"id\ttitle\n1\t{text}\n2\t{text}, {text}\n".encode(encoding)
    first, _ = read(tmp_path, content, {"encoding": encoding, "delimiter": "tab"} if declared else {})
    assert first.title == text


def test_ragged_and_broken_rows_stay_out_alone(tmp_path: Path) -> None:
    content = b'id,title,note\n1,One\n2,"Two" broken,x\n3,Three,x,beyond\n,,\n\n4,Four,x,,\n'
    reader = ADAPTERS["csv"].bind({})
    reader.verify(write(tmp_path, content), no_tick)
    ((first, second, third, fourth),) = list(reader.split(tmp_path / "file.xml", 100, no_tick))
    assert [(p.line, p.fault and p.fault.code) for p in (first, second, third, fourth)] == [
        (2, None), (3, "row"), (4, "row"), (7, None),
    ]  # fmt: skip
    assert "broken" in reader.fragment(second) and "title: Three" in reader.fragment(third)


def test_columns_that_nobody_asked_for_do_not_count(tmp_path: Path) -> None:
    def hashes(content: bytes) -> list[str]:
        return [p.sha256 for b in ADAPTERS["csv"].bind({}).split(write(tmp_path, content), 9, no_tick) for p in b]

    assert hashes(b"id,title,exported at\n1,x,today\n") == hashes(b"exported at;title;id\ntomorrow;x ;1\n")


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"columns": {"colour": "x"}}, "config.columns.colour"), ({"encoding": "klingon"}, "config.encoding"),
        ({"encoding": "base64"}, "config.encoding"), ({"delimiter": ";"}, "config.delimiter"),
        ({"date_format": "day"}, "config.date_format"), ({"currency": "DOLLAR"}, "config.currency"),
        ({"decimal": "·"}, "config.decimal"), ({"header_rows": 0}, "config.header_rows"),
        ({"sheet": "x"}, "config.sheet"),
        ({"language": "French"}, "config.language"), ({"columns": "title"}, "config.columns"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_named(config: Config, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ADAPTERS["csv"].bind(config)
    assert list(caught.value.fields) == [path]


def test_a_sheet_is_found_by_its_name(tmp_path: Path) -> None:
    content = as_xlsx(("id", "title"), ("1", "x"))
    assert len(read(tmp_path, content, {"sheet": " programmes"}, "xlsx")) == 1
    assert refusal(tmp_path, content, {"sheet": "Sheet9"}, "xlsx").startswith(
        "sheet: The workbook has no sheet “Sheet9”"
    )


def test_a_table_says_how_it_is_read_and_which_columns_are_not_used(tmp_path: Path) -> None:
    content = "id;name;Country 1;EUR;colour\n#activity+id;#activity+name;#country+code;#value+eur;\nA1;Dépôt;KE;9;red\n"
    notes = ADAPTERS["csv"].bind({}).notes(write(tmp_path, content.encode()))
    assert notes[0] == "Read as utf-8 (found out), cells delimited by semicolon."
    assert "title: “name”" in notes[1] and notes[2] == "Columns not used: “colour”."
    assert notes[3] == "Dates are read as ISO days."
