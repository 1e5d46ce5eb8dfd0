"""IATI activity files."""

from tests.support.adapters.kinds import RECORDS, Samples
from tests.support.iati import ARMS, activity, document, many


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _with_third(third: str) -> bytes:
    listed = many(RECORDS)
    listed[2] = third
    return document(*listed)


_DEEP = "<result>" * 45 + "</result>" * 45
IATI = Samples(
    good=lambda count: document(*many(count)),
    reordered=document(*(text.replace("><", ">\n  <") for text in many(RECORDS))).replace(
        b'default-currency="USD" xml:lang="en"', b'xml:lang="en"  default-currency="USD"'
    ),
    changed=_with_third(activity("XX-TEST-3", f"{ARMS} changed")),
    broken_off=(document(*many(3))[:-30], document(*many(3))[:400]),
    bad_third={
        "no_text": _with_third("<iati-activity><title/></iati-activity>"),
        "date": _with_third(activity("XX-TEST-3", extra='<activity-date type="1" iso-date="2024-13-45"/>')),
        "oversize": _with_third(activity("XX-TEST-3", extra=_DEEP)),
        "identifier": _with_third(activity("X" * 900)),
    },
    duplicate=document(*many(RECORDS - 1), activity("XX-TEST-1")),
    hostile=lambda text: document(activity(_escaped(text), _escaped(text))),
    controls={
        document(activity("a\x00b")): "not_well_formed",
        document(activity("a&#0;b")): "not_well_formed",
        document(activity("a&#xD800;b")): "not_well_formed",
    },
    empty=document(),
    refused={b"\x1f\x8b\x08\x00packed": "compressed", b'<?xml version="1.0"?><rss/>': "not_activities"},
)
