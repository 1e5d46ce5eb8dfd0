"""Needs, offers, exemptions, edits and steps of commitments in any order: a machine that hypothesis drives.

What the machine knows it knows from its own books (what it asked for and what was not refused), and it adds up the
rows of the ledger itself; the registry's rules, sums and lists are what is tried. A refusal that says why is an answer
as good as any: what must never be is stated in the invariants.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, update
from sqlmodel import Session

from registry.accounts.actor import Actor, system
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed
from registry.matching import entries
from registry.matching.embargoes import cases
from registry.matching.forms import NEED, OFFER
from registry.matching.ledger import proposing, rules, service, views
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.recording import steps_of
from registry.matching.ledger.reviewing import review_all
from registry.matching.ledger.upkeep import tend
from registry.matching.models import Match
from registry.matching.needs import NEEDS
from registry.matching.offers import OFFERS
from registry.settings import Settings
from tests.support.commitment_checks import Books, against, allowed, check, minor
from tests.support.matching import COORDINATOR, NOW, donor, need_form, offer_form, organisation

REFUSALS = (Conflict, InvalidInput, NotAllowed)
STATES = ("KEN", "SSD")
"""The second is under an embargo, which ammunition and equipment for it fall under and marking does not"""
CURRENCIES = ("USD", "EUR", "XOF")
THEMES = ("marking", "ammunition", "gender")
TYPES = ("equipment", "training")
CHECKLIST = {
    "supplier": "A company", "end_user": "The police", "goods": "Forty radios", "purpose": "Guarding stores",
    "delivery_date": "2027-03-01", "entry_point": "Juba airport", "carrier": "An airline", "itinerary": "By air",
    "assurance": "Signed on 1 October", "approval": "S/AC.57/2026/1", "approved_on": "2026-11-20",
}  # fmt: skip
HUNDREDS = st.integers(1, 60).map(lambda number: number * 1_000)
"""Amounts in whole units of the currency that is drawn beside them"""
KINDS = st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)
SUBJECTS = st.lists(st.sampled_from(THEMES), min_size=1, max_size=2, unique=True)
ONE = st.integers(0, 7)
TWO = st.tuples(st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES))


class CommitmentMachine(RuleBasedStateMachine):
    """One world of few needs and offers, in which everything is tried."""

    database: Database
    counts: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.books, self.now, self.givers, self.looked_at = Books(), NOW, list[int](), -1

    @initialize(pieces=st.tuples(KINDS, KINDS), amounts=st.tuples(HUNDREDS, HUNDREDS), currencies=TWO, large=HUNDREDS)
    def begin(self, pieces: Any, amounts: Any, currencies: tuple[str, str], large: int) -> None:
        """Two needs and two offers that fit at first; all else is edited, or entered beside them."""
        with self.database.transaction() as session:
            self.givers = [organisation(session, f"Giver {number}") for number in range(2)]
            self.outsider = donor(organisation(session, "Somebody else"))
        for state, kinds, amount, currency in zip(STATES, pieces, amounts, currencies, strict=True):
            self.need(state, ["marking"], kinds, (amount, amount), currency)
        for number, (kinds, currency) in enumerate(zip(pieces, reversed(currencies), strict=True)):
            self.offer(number, ["marking", "ammunition"], kinds, large, None, currency)

    def tried(self, name: str, work: Callable[[Session], Any]) -> Any:
        """What a transaction answers; None where it is refused with a reason."""
        self.counts["steps"] += 1
        try:
            with self.database.transaction() as session:
                found = work(session)
        except REFUSALS as error:
            assert str(error) or error.message, f"{name} is refused without a word"
            self.counts["refused"] += 1
            self.counts[f"refused {name}"] += 1
            return None
        self.counts[name] += 1
        return found

    def pick(self, listed: Any, number: int) -> Any:
        listed = list(listed)
        return listed[number % len(listed)]

    def owner(self, need_id: int) -> Actor:
        return Actor("state", state=self.books.needs[need_id]["state"], label="user:7")

    def giver(self, offer_id: int) -> Actor:
        return donor(self.books.offers[offer_id]["organisation_id"])

    def lines(self, kinds: list[str], amounts: list[int | None], currency: str) -> list[dict[str, Any]]:
        return [
            {"type": kind, **({"money": {"amount": minor(amount, currency), "currency": currency,
                                         "value_date": "2026-11-01"}} if amount else {"quantity": 4, "unit": "pieces"})}
            for kind, amount in zip(kinds, amounts, strict=False)
        ]  # fmt: skip

    # Needs and offers, entered and edited

    @precondition(lambda self: len(self.books.needs) < 4)
    @rule(state=st.sampled_from(STATES), themes=SUBJECTS, kinds=KINDS, currency=st.sampled_from(CURRENCIES),
          amounts=st.tuples(HUNDREDS, st.none() | HUNDREDS))  # fmt: skip
    def need(
        self, state: str, themes: list[str], kinds: list[str], amounts: tuple[int, int | None], currency: str
    ) -> None:
        lines = self.lines(kinds, list(amounts), currency)
        form = need_form(state=state, themes=themes, lines=lines, title="Marking machines", visibility="public")
        self.entered("need", Actor("state", state=state, label="user:7"), NEEDS, form, self.books.needs)

    @precondition(lambda self: len(self.books.offers) < 4)
    @rule(giver=ONE, themes=SUBJECTS, kinds=KINDS, budget=HUNDREDS, largest=st.none() | HUNDREDS,
          currency=st.sampled_from(CURRENCIES))  # fmt: skip
    def offer(
        self, giver: int, themes: list[str], kinds: list[str], budget: int, largest: int | None, currency: str
    ) -> None:
        form = offer_form(
            self.pick(self.givers, giver), themes=themes, types=kinds, places=list(STATES), currency=currency,
            budget=minor(budget, currency), min_grant=None, visibility="public",
            max_grant=minor(min(largest, budget), currency) if largest else None,
        )  # fmt: skip
        self.entered("offer", donor(form["organisation_id"]), OFFERS, form, self.books.offers)

    def entered(
        self, name: str, actor: Actor, kind: entries.Kind, form: dict[str, Any], book: dict[int, dict[str, Any]]
    ) -> None:
        def work(session: Session) -> int:
            made = entries.create(session, actor, kind, form, self.now).id
            entries.change_status(session, actor, kind, made, "open", None, None, self.now)
            return int(made)

        made = self.tried(name, work)
        if made is not None:
            book[made] = {**form, "open": True}

    @precondition(lambda self: self.books.needs)
    @rule(at=ONE, what=st.one_of(
        st.fixed_dictionaries({"themes": SUBJECTS}),
        st.tuples(KINDS, st.tuples(HUNDREDS, st.none() | HUNDREDS), st.sampled_from(CURRENCIES)),
        st.tuples(KINDS, st.tuples(st.none(), st.none() | HUNDREDS), st.sampled_from(CURRENCIES)),
    ))  # fmt: skip
    def edit_need(self, at: int, what: Any) -> None:
        need_id = self.pick(self.books.needs, at)
        given = what if isinstance(what, dict) else {"lines": self.lines(what[0], list(what[1]), what[2])}
        actor = self.owner(need_id)
        if self.tried(
            "edit need", lambda session: entries.update(session, actor, NEEDS, need_id, given, None, self.now)
        ):
            self.books.needs[need_id].update(given)

    @precondition(lambda self: self.books.offers)
    @rule(at=ONE, name=st.sampled_from(("budget", "max_grant", "min_grant", "themes", "types", "places", "currency")),
          amount=HUNDREDS, themes=SUBJECTS, kinds=KINDS, currency=st.sampled_from(CURRENCIES),
          places=st.sampled_from((["KEN"], ["SSD"], ["KEN", "SSD"])))  # fmt: skip
    def edit_offer(self, at: int, name: str, amount: int, **others: Any) -> None:
        offer_id = self.pick(self.books.offers, at)
        before = self.books.offers[offer_id]
        value = {"themes": others["themes"], "types": others["kinds"], "places": others["places"],
                 "currency": others["currency"]}.get(name, minor(amount, before["currency"]))  # fmt: skip
        actor = self.giver(offer_id)
        if self.tried(
            "edit offer",
            lambda session: entries.update(session, actor, OFFERS, offer_id, {name: value}, None, self.now),
        ):
            before[name] = value

    @precondition(lambda self: self.books.needs and self.books.offers)
    @rule(at=ONE, of_need=st.booleans())
    def withdraw(self, at: int, of_need: bool) -> None:
        book, kind = (self.books.needs, NEEDS) if of_need else (self.books.offers, OFFERS)
        record_id = self.pick(book, at)
        actor = self.owner(record_id) if of_need else self.giver(record_id)
        action = "withdraw" if book[record_id]["open"] else "renew"
        given = {"window_start": "2027-01-01", "window_end": "2028-01-01"} if action == "renew" else None
        done = self.tried(
            action,
            lambda session: entries.change_status(session, actor, kind, record_id, action, given, None, self.now),
        )
        if done is not None:
            book[record_id]["open"] = action == "renew"
            book[record_id].update(given or {})

    # Exemptions

    @precondition(lambda self: self.books.needs and self.books.offers)
    @rule(need=ONE, offer=ONE)
    def exempt(self, need: int, offer: int) -> None:
        pair = self.pick(self.books.needs, need), self.pick(self.books.offers, offer)
        if self.books.needs[pair[0]]["state"] != "SSD" or pair in self.books.exempt:
            return
        asked = {"need_id": pair[0], "offer_id": pair[1], "regime": "un-south-sudan", "exemption": "committee"}

        def work(session: Session) -> int:
            case = cases.open_case(session, self.owner(pair[0]), asked, self.now).id or 0
            cases.fill(session, self.owner(pair[0]), case, {"items": CHECKLIST}, None, self.now)
            return cases.confirm(session, COORDINATOR, case, None, self.now).id or 0

        found = self.tried("exemption", work)
        if found is not None:
            self.books.exempt[pair] = found

    @precondition(lambda self: self.books.exempt)
    @rule(at=ONE)
    def end_exemption(self, at: int) -> None:
        pair = self.pick(self.books.exempt, at)
        reason = {"reason": "The committee took it back"}
        case = self.books.exempt[pair]
        if self.tried(
            "exemption withdrawn", lambda session: cases.withdraw(session, COORDINATOR, case, reason, None, self.now)
        ):
            del self.books.exempt[pair]

    # Steps

    @rule(
        need=ONE, offer=ONE, parts=st.integers(1, 5), side=st.integers(0, 2), both=st.sampled_from((True, True, False))
    )
    def propose(self, need: int, offer: int, parts: int, side: int, both: bool) -> None:
        """So many quarters of the most that can be proposed; where that is nothing, something all the same."""
        need_id, offer_id = self.pick(self.books.needs, need), self.pick(self.books.offers, offer)
        actor = (self.owner(need_id), self.giver(offer_id), COORDINATOR)[side]

        def work(session: Session) -> int:
            most = views.largest(session, actor, need_id, offer_id, None, self.now)["amount"] or 0
            data = {"need_id": need_id, "offer_id": offer_id, "amount": max(most * parts // 4, 1_000)}
            return proposing.propose(session, actor, data, self.now).id or 0

        made = self.tried("propose", work)
        if made is not None:
            self.books.proposals.append(made)
            for accepting in (self.owner(need_id), self.giver(offer_id)) if both else ():
                self.step(made, accepting, "accept", {})

    @precondition(lambda self: self.books.proposals)
    @rule(at=ONE, side=st.integers(0, 2), what=st.sampled_from(("accept", "decline", "withdraw", "object")))
    def answer(self, at: int, side: int, what: str) -> None:
        self.acted(at, side, what, {"reason": "amount"} if what == "decline" else {})

    @precondition(lambda self: self.books.proposals)
    @rule(at=ONE, paid=st.booleans(), parts=st.integers(1, 4), days=st.integers(0, 100))
    def pay(self, at: int, paid: bool, parts: int, days: int) -> None:
        day = (self.now - timedelta(days=days)).date().isoformat()
        what = "disburse" if paid else "deliver"
        self.acted(at, int(paid), what, {"amount": max(self.amount(at) * parts // 4, 1), "on": day})

    @precondition(lambda self: self.books.proposals)
    @rule(at=ONE, side=st.integers(0, 1), parts=st.integers(0, 5), what=st.sampled_from(("cancel", "reduce", "reduce")))
    def call_off(self, at: int, side: int, parts: int, what: str) -> None:
        less = {"amount": self.amount(at) * parts // 5 or None} if what == "reduce" else {}
        self.acted(at, side, what, {"reason": "amount", **less})

    @precondition(lambda self: self.books.proposals)
    @rule(at=ONE, side=st.integers(0, 1), which=ONE)
    def take_back(self, at: int, side: int, which: int) -> None:
        with self.database.reading() as session:
            steps = steps_of(session, self.proposal(at).id)
            entries = [one.id for one in steps if one.act in ("disburse", "deliver")]
        if entries:
            self.acted(at, side, "reverse", {"text": "Typed twice", "step_id": self.pick(entries, which)})

    @precondition(lambda self: self.books.proposals)
    @rule(at=ONE, what=st.sampled_from(("allow", "end")))
    def decide(self, at: int, what: str) -> None:
        self.acted(at, 2, what, {"text": "It is decided"})

    def proposal(self, at: int) -> Any:
        """One of them; a low number is one of the latest."""
        with self.database.reading() as session:
            return session.get_one(Proposal, self.pick(reversed(self.books.proposals), at))

    def amount(self, at: int) -> int:
        return int(self.proposal(at).amount)

    def acted(self, at: int, side: int, what: str, data: dict[str, Any]) -> None:
        row = self.proposal(at)
        self.step(row.id, (self.owner(row.need_id), self.giver(row.offer_id), COORDINATOR)[side], what, data)

    def step(self, number: int, actor: Actor, what: str, data: dict[str, Any]) -> None:
        def work(session: Session) -> tuple[str, Any, list[Any]]:
            before = service.get_proposal(session, COORDINATOR, number).status
            row = service.act(session, actor, number, what, data, now=self.now)
            return before, row, list(steps_of(session, number))

        found = self.tried(what, work)
        if found is None:
            return
        before, row, steps = found
        wrong = against(self.books, row)
        if (before, row.status) == (rules.PROPOSED, rules.AGREED):
            self.counts["agreed"] += 1
            assert not wrong, f"agreed although {wrong}"
            assert self.books.needs[row.need_id]["open"] and self.books.offers[row.offer_id]["open"]
        if what == "disburse":
            assert not wrong - allowed(steps), f"paid although {wrong}"

    @precondition(lambda self: self.books.proposals)
    @rule(days=st.sampled_from((1, 8)))
    def wait(self, days: int) -> None:
        if (self.now + timedelta(days=days)).year != NOW.year:
            return
        self.now += timedelta(days=days)
        review_all(self.database, self.now)
        self.tried("time", lambda session: tend(session, system("test"), Settings(), self.now))

    # What must never be

    @invariant()
    def what_holds(self) -> None:
        if self.counts["steps"] != self.looked_at:
            self.looked_at = self.counts["steps"]
            with self.database.reading() as session:
                check(session, self.books, self.outsider, self.now)

    def teardown(self) -> None:
        """Leave nothing that the next world would be matched with."""
        with self.database.transaction() as session:
            session.execute(update(NEED).values(status="closed"))
            session.execute(update(OFFER).values(status="closed"))
            session.execute(delete(Match))


def walk(database: Database, number: int, examples: int, steps: int) -> Counter[str]:
    """Let the machine take `examples` walks of at most `steps` steps; what it did, by kind. Raises what it finds.

    `number`: which walks; the same again takes the same.
    """
    counts: Counter[str] = Counter()
    machine = type("Machine", (CommitmentMachine,), {"database": database, "counts": counts})
    how = settings(
        max_examples=examples, stateful_step_count=steps, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    run_state_machine_as_test(seed(number)(machine), settings=how)
    return counts
