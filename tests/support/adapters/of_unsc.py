"""The Consolidated List, in the shape in which the Security Council publishes it; invented persons and entities."""

from tests.support.adapters.kinds import RECORDS, Samples


def person(number: int | str = 1, name: str | None = None, extra: str = "", listed: str = "2012-12-31") -> str:
    """An entry of a person."""
    return (
        f"<INDIVIDUAL><DATAID>69{number}</DATAID><VERSIONNUM>1</VERSIONNUM>"
        f"<FIRST_NAME>{'Small arms' if name is None else name}</FIRST_NAME>"
        f"{f'<SECOND_NAME>{number}</SECOND_NAME>' if name is None else ''}"
        f"<UN_LIST_TYPE>DRC</UN_LIST_TYPE><REFERENCE_NUMBER>XXi.{number}</REFERENCE_NUMBER>"
        f"<LISTED_ON>{listed}</LISTED_ON><NATIONALITY><VALUE>Kenya</VALUE></NATIONALITY>"
        "<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>The Smith</ALIAS_NAME></INDIVIDUAL_ALIAS>"
        "<INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>"
        f"{extra}<SORT_KEY/></INDIVIDUAL>"
    )


def entity(number: int = 1, name: str = "Test Airways") -> str:
    """An entry of an entity."""
    return (
        f"<ENTITY><FIRST_NAME>{name}</FIRST_NAME><UN_LIST_TYPE>Al-Qaida</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>XXe.{number}</REFERENCE_NUMBER><LISTED_ON>2020-02-03</LISTED_ON>"
        "<NAME_ORIGINAL_SCRIPT>طيران</NAME_ORIGINAL_SCRIPT>"
        "<ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>Aero Test</ALIAS_NAME></ENTITY_ALIAS>"
        "<ENTITY_ADDRESS><CITY>Bamako</CITY><COUNTRY>Mali</COUNTRY><NOTE>former</NOTE></ENTITY_ADDRESS></ENTITY>"
    )


def consolidated(*persons: str, entities: tuple[str, ...] = (), generated: str = "2026-02-27T00:00:09.554Z") -> bytes:
    """A list of these."""
    inside = f"<INDIVIDUALS>{''.join(persons)}</INDIVIDUALS><ENTITIES>{''.join(entities)}</ENTITIES>"
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<CONSOLIDATED_LIST dateGenerated="{generated}">'
    return f"{head}{inside}</CONSOLIDATED_LIST>".encode()


def persons(count: int) -> list[str]:
    return [person(number) for number in range(1, count + 1)]


def _third(third: str) -> bytes:
    listed = persons(RECORDS)
    listed[2] = third
    return consolidated(*listed)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


_WHOLE = consolidated(*persons(3))
_MANY = "<INDIVIDUAL_ALIAS><ALIAS_NAME>x</ALIAS_NAME></INDIVIDUAL_ALIAS>" * 3_000
UNSC = Samples(
    good=lambda count: consolidated(*persons(count)),
    reordered=consolidated(*persons(RECORDS), generated="2026-03-01T00:00:00Z").replace(b"><", b">\n    <"),
    changed=_third(person(3, extra="<COMMENTS1>Changed</COMMENTS1>")),
    broken_off=(_WHOLE[:-1], _WHOLE[:-60], _WHOLE[:500]),
    bad_third={
        "no_text": _third(person(3, name="")),
        "date": _third(person(3, listed="2012-13-45")),
        "oversize": _third(person(3, extra=f"<COMMENTS1>{'x' * 1_100_000}</COMMENTS1>")),
        "identifier": _third(person("9" * 900)),
    },
    duplicate=consolidated(*persons(RECORDS - 1), person(1)),
    hostile=lambda text: consolidated(person(_escaped(text), name=_escaped(text))),
    said=lambda document: (document["reference"], [document["name"]]),
    controls={
        consolidated(person(1, name="a\x00b")): "not_well_formed",
        consolidated(person(1, name="a&#xD800;b")): "not_well_formed",
        consolidated(person(1)).replace(b"Smith", b"\xff\xfe"): "encoding",
    },
    empty=consolidated(),
    refused={
        b'<?xml version="1.0"?><iati-activities/>': "not_list",
        b"<!DOCTYPE CONSOLIDATED_LIST [<!ENTITY a 'b'>]><CONSOLIDATED_LIST>&a;</CONSOLIDATED_LIST>": "doctype",
        b"PK\x03\x04": "compressed",
    },
)
OVERSIZE = (
    _third(person(3, extra=_MANY)),
    _third(person(3, extra="<A>" * 60 + "</A>" * 60)),
    _third(person(3, extra="<A>x</A>" * 400_000)),
)
"""RECORDS entries, the third of them with too many parts, too deep, too large"""
