"""A need is changed through the API with 5,000 offers there: matched in the same transaction, its matches read back."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from registry.app import create_app
from registry.catalogue.reference import themes
from registry.db import Database, utcnow
from registry.matching.models import ASSISTANCE_TYPES, Offer, OfferPlace, OfferTheme, OfferType
from registry.settings import Settings
from tests.support.matching import need_form, open_need, organisation
from tests.support.people import make_user, token_headers

OFFERS, ROUNDS = 5_000, 15
Show = Callable[[str, str, str, float, str], None]


def bench_change(engine: str, database: Database, folder: Path, show: Show) -> None:
    """Kenya changes what it asks; the time until it has read what now fits, beside the reading alone."""
    user = make_user(database, "state", "KEN")
    headers = token_headers(database, user, ["needs:read", "needs:write", "offers:read"])
    with database.transaction() as session:
        _insert_offers(session, organisation(session))
        need = open_need(session)
    client = create_app(Settings(data_dir=folder, secret_key="bench-secret-key-0001"), database).test_client()
    address = f"/api/v1/needs/{need.id}"
    both, reading = [], []
    stamp = ""
    for round_ in range(1, ROUNDS + 1):
        etag = client.get(address, headers=headers).headers["ETag"]
        start = time.perf_counter()
        answer = client.patch(address, json=_change(round_), headers={**headers, "If-Match": etag})
        committed = time.perf_counter()
        found = client.get(f"{address}/matches", headers=headers)
        end = time.perf_counter()
        if answer.status_code != 200 or found.status_code != 200:
            raise AssertionError(f"{answer.text} {found.text}")
        newest = max(item["computed_at"] for item in found.get_json()["items"])
        if newest <= stamp:
            raise AssertionError("The matches read are not those of the change.")
        stamp = newest
        both.append(end - start)
        reading.append(end - committed)
    whole, read = statistics.median(both), statistics.median(reading)
    show(
        f"a need changed until its matches are read, {engine}", f"{1e3 * whole:.0f} ms", f"{1e3 * read:.0f} ms",
        whole / read, f"< 200 ms with {OFFERS:,} offers, slowest {1e3 * max(both):.0f}; limit: reading alone, for the "
        "commit has them in it",
    )  # fmt: skip


def _change(round_: int) -> dict[str, Any]:
    lines = need_form()["lines"]
    lines[0]["money"] = {**lines[0]["money"], "amount": 100_000_00 + round_ * 1_000_00}
    return {"lines": lines}


def _insert_offers(session: Session, organisation_id: int) -> None:
    """Offers of our own making; some hundreds of them fit Kenya's need."""
    chance = random.Random(5)  # noqa: S311  (made-up figures)
    now, subjects = utcnow(), sorted(themes())
    rows = [_offer(chance, number, organisation_id, now) for number in range(1, OFFERS + 1)]
    session.execute(insert(Offer), rows)
    places = [[], [], ["014"], ["KEN", "UGA"], ["150"], ["FRA"]]
    children: dict[Any, list[dict[str, Any]]] = {OfferTheme: [], OfferType: [], OfferPlace: []}
    for row in rows:
        for table, name, codes in (
            (OfferTheme, "theme", chance.sample(subjects, chance.randrange(4))),
            (OfferType, "type", chance.sample(ASSISTANCE_TYPES, chance.choice([1, 1, 2, 3]))),
            (OfferPlace, "place", chance.choice(places)),
        ):
            children[table] += [{"offer_id": row["id"], name: code} for code in codes]
    for table, found in children.items():
        session.execute(insert(table), found)


def _offer(chance: random.Random, number: int, organisation_id: int, now: datetime) -> dict[str, Any]:
    start = now.date() + timedelta(days=chance.randrange(-300, 300))
    least = chance.choice([None, 5_000_00, 50_000_00, 200_000_00])
    return {
        "id": number, "version": 1, "matched_version": 1, "created_at": now, "updated_at": now, "opened_at": now,
        "organisation_id": organisation_id, "title": f"Support {number}", "status": "open", "currency": "USD",
        "budget": chance.randrange(200_000_00, 900_000_00), "min_grant": least, "value_date": now.date(),
        "window_start": start, "window_end": start + timedelta(days=chance.randrange(200, 900)), "conditions": [],
    }  # fmt: skip
