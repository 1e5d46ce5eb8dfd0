"""The policy's tables: who may do what to whose record, and whom an address lets in."""

from types import SimpleNamespace

import pytest

from registry.accounts import policy
from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.accounts.models import ROLES
from registry.accounts.policy import ACTIONS, ROUTES, Rule, can, check_route, require
from registry.accounts.roles import EVERYONE, MEMBERS, SCOPES
from registry.errors import NotAllowed, NotAuthenticated

KENYA = Actor(role="state", user_id=1, state="KEN")
GHANA = Actor(role="state", user_id=2, state="GHA")
DONOR = Actor(role="donor", user_id=3, organisation_id=10)
AGENCY = Actor(role="agency", user_id=4, organisation_id=20)
COORDINATOR = Actor(role="coordinator", user_id=5)
ADMIN = Actor(role="admin", user_id=6)
ALL = (ANONYMOUS, KENYA, GHANA, DONOR, AGENCY, COORDINATOR, ADMIN)

NEED = SimpleNamespace(state="KEN", status="open", visibility="members")
DRAFT_NEED = SimpleNamespace(state="KEN", status="draft", visibility="public")
PRIVATE_NEED = SimpleNamespace(state="KEN", status="open", visibility="private")
OFFER = SimpleNamespace(organisation_id=10, status="open", visibility="public")
DRAFT_OFFER = SimpleNamespace(organisation_id=10, status="draft", visibility="public")
ASSESSMENT = SimpleNamespace(state="KEN", status="reviewed")
PUBLISHED = SimpleNamespace(state="KEN", status="published")
PROPOSAL = SimpleNamespace(state="KEN", organisation_id=10)
SERIES = SimpleNamespace(state="KEN", visibility="private")
PROGRAMME = SimpleNamespace(reporting_organisation_id=10, status="2", visibility="public")
PRIVATE_PROGRAMME = SimpleNamespace(reporting_organisation_id=20, status="2", visibility="private")
ORGANISATION = SimpleNamespace(id=20)
ACCOUNT = SimpleNamespace(id=3)
TOKEN = SimpleNamespace(user_id=3)
SUBSCRIPTION = SimpleNamespace(user_id=99, state="KEN", organisation_id=None)
STAFFS_SUBSCRIPTION = SimpleNamespace(user_id=5, state=None, organisation_id=None)

NEED_WRITES = [f"need.{verb}" for verb in ("create", "update", "open", "withdraw", "close", "renew")]
OFFER_WRITES = [f"offer.{verb}" for verb in ("create", "update", "open", "withdraw", "close", "renew")]
ASSESSMENT_VERBS = (
    "create", "answer", "attach", "detach", "comment", "assign", "submit", "return", "review", "publish", "link_gap",
)  # fmt: skip
ASSESSMENT_WRITES = [f"assessment.{verb}" for verb in ASSESSMENT_VERBS]
STAFF = (COORDINATOR, ADMIN)

TABLE = [
    *((action, NEED, (KENYA,)) for action in NEED_WRITES),
    *((action, ASSESSMENT, (KENYA,)) for action in ASSESSMENT_WRITES),
    *((action, OFFER, (DONOR,)) for action in OFFER_WRITES),
    ("need.expire", NEED, ()),
    ("offer.expire", OFFER, ()),
    ("need.read", NEED, (KENYA, GHANA, DONOR, AGENCY, *STAFF)),
    ("need.read", DRAFT_NEED, (KENYA, *STAFF)),
    ("need.read", PRIVATE_NEED, (KENYA, *STAFF)),
    ("offer.read", OFFER, ALL),
    ("offer.read", DRAFT_OFFER, (DONOR, *STAFF)),
    ("assessment.read", ASSESSMENT, (KENYA,)),  # not even coordinators before it is published
    ("assessment.read", PUBLISHED, ALL),
    *((f"national_report.{verb}", ASSESSMENT, (KENYA,)) for verb in ("create", "update", "submit", "publish")),
    ("national_report.read", ASSESSMENT, (KENYA,)),  # nor coordinators
    ("national_report.read", PUBLISHED, ALL),
    ("need.judge", NEED, (KENYA, *STAFF)),
    ("offer.judge", OFFER, ()),
    ("participation.write", SERIES, (KENYA, *STAFF)),
    ("participation.confirm", SERIES, STAFF),
    ("contact.write", SERIES, (KENYA, *STAFF)),
    ("indicator.write", SERIES, (KENYA,)),
    ("proposal.propose", PROPOSAL, (KENYA, DONOR, *STAFF)),
    ("proposal.withdraw", PROPOSAL, (KENYA, DONOR, *STAFF)),
    ("proposal.talk", PROPOSAL, (KENYA, DONOR, *STAFF)),
    ("proposal.answer", PROPOSAL, (KENYA, DONOR)),  # nobody answers for a side
    ("proposal.spend", PROPOSAL, (DONOR,)),
    ("proposal.receive", PROPOSAL, (KENYA,)),
    ("exemption.fill", PROPOSAL, (KENYA, DONOR, *STAFF)),
    ("exemption.confirm", PROPOSAL, STAFF),
    ("proposal.count", None, STAFF),
    ("proposal.review", None, STAFF),
    ("proposal.apply", None, STAFF),
    ("programme.read", PROGRAMME, ALL),
    ("programme.read", PRIVATE_PROGRAMME, (AGENCY, *STAFF)),
    *((f"programme.{verb}", PROGRAMME, (DONOR, *STAFF)) for verb in ("create", "update", "archive")),
    ("organisation.read", ORGANISATION, ALL),
    ("organisation.create", None, STAFF),
    ("organisation.update", ORGANISATION, (AGENCY, *STAFF)),
    ("organisation.archive", ORGANISATION, STAFF),
    ("organisation.identify", ORGANISATION, STAFF),
    ("mandate.manage", None, STAFF),
    ("standard.read", None, ALL),
    ("standard.load", None, STAFF),
    ("feed.read", None, ALL[1:]),
    ("feed.manage", None, STAFF),
    ("feed.run", None, STAFF),
    ("consumer.manage", None, STAFF),
    ("job.read", None, STAFF),
    ("job.manage", None, STAFF),
    ("match.explain", None, ALL),
    ("match.refresh", None, STAFF),
    ("match.evaluate", None, STAFF),
    ("board.read", None, STAFF),
    ("allocation.manage", None, STAFF),
    ("listed.read", None, STAFF),
    ("screening.read", None, STAFF),
    ("screening.decide", None, STAFF),
    ("conflict.decide", PROGRAMME, (DONOR, *STAFF)),
    ("same_as.read", None, STAFF),
    ("same_as.judge", None, STAFF),
    ("user.manage", None, (ADMIN,)),
    ("user.preferences", ACCOUNT, (DONOR, ADMIN)),
    ("user.password", ACCOUNT, (DONOR, ADMIN)),
    ("token.issue", ACCOUNT, (DONOR, ADMIN)),
    ("token.revoke", TOKEN, (DONOR, ADMIN)),
    ("audit.read", None, (ADMIN,)),
    ("saved_search.manage", TOKEN, (DONOR,)),
    ("mail.manage", None, (COORDINATOR, ADMIN)),
    ("subscription.read", SUBSCRIPTION, (KENYA, ADMIN)),  # a colleague's
    ("subscription.create", SUBSCRIPTION, (KENYA,)),
    ("subscription.update", SUBSCRIPTION, (KENYA,)),
    ("subscription.stop", SUBSCRIPTION, (KENYA, ADMIN)),
    ("subscription.update", STAFFS_SUBSCRIPTION, (COORDINATOR,)),
]


@pytest.mark.parametrize(("action", "record", "allowed"), TABLE)
def test_an_action_is_for_these_people_and_nobody_else(action: str, record: object, allowed: tuple[Actor, ...]) -> None:
    assert [who.role for who in ALL if can(who, action, record)] == [who.role for who in ALL if who in allowed]
    assert can(system("cli"), action, record)


def test_every_action_stands_in_this_table() -> None:
    assert set(ACTIONS) == {action for action, _, _ in TABLE}


def test_an_action_without_a_rule_is_an_error_and_no_right() -> None:
    for who in (*ALL, system("cli")):
        with pytest.raises(LookupError):
            can(who, "need.burn", NEED)


def test_asked_without_a_record_it_is_the_role_that_counts() -> None:
    assert can(KENYA, "need.create") and can(GHANA, "need.create")
    assert not can(DONOR, "need.create") and not can(ADMIN, "need.create")
    assert can(AGENCY, "offer.create") and not can(KENYA, "offer.create")


def test_who_is_not_signed_in_is_asked_to_and_who_is_gets_a_no() -> None:
    with pytest.raises(NotAuthenticated):
        require(ANONYMOUS, "need.update", NEED)
    with pytest.raises(NotAllowed):
        require(COORDINATOR, "need.update", NEED)
    require(KENYA, "need.update", NEED)


@pytest.fixture
def routes(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {
        "open": Rule(EVERYONE),
        ("needs", "GET"): Rule(EVERYONE, "needs:read"),
        ("needs", "POST"): Rule(frozenset({"state"}), "needs:write"),
        "gaps": Rule(MEMBERS, "assessments:write needs:write"),
    }
    monkeypatch.setattr(policy, "ROUTES", table)


@pytest.mark.usefixtures("routes")
class TestRoutes:
    def test_no_entry_means_no(self) -> None:
        for who in ALL:
            with pytest.raises(NotAllowed):
                check_route("unheard.of", "GET", who)
        with pytest.raises(NotAllowed):
            check_route("needs", "DELETE", KENYA)

    def test_the_method_decides_where_methods_differ(self) -> None:
        check_route("needs", "GET", ANONYMOUS)
        check_route("needs", "HEAD", ANONYMOUS)
        check_route("needs", "POST", KENYA)
        with pytest.raises(NotAuthenticated):
            check_route("needs", "POST", ANONYMOUS)
        with pytest.raises(NotAllowed):
            check_route("needs", "POST", ADMIN)

    def test_a_token_needs_the_scope_where_its_user_needs_none(self) -> None:
        def with_scopes(*scopes: str) -> Actor:
            return Actor(role="state", user_id=1, state="KEN", scopes=frozenset(scopes))

        check_route("open", "GET", with_scopes())
        check_route("needs", "GET", with_scopes("needs:read"))
        with pytest.raises(NotAllowed, match="needs:read"):
            check_route("needs", "GET", with_scopes("needs:write"))
        with pytest.raises(NotAllowed, match="“needs:write”"):
            check_route("gaps", "POST", with_scopes("assessments:write"))
        check_route("gaps", "POST", with_scopes("assessments:write", "needs:write"))

    def test_a_scope_lends_no_role(self) -> None:
        with pytest.raises(NotAllowed):
            check_route("needs", "POST", Actor(role="donor", scopes=frozenset(SCOPES)))


def test_rules_name_roles_and_scopes_that_there_are() -> None:
    for rule in ROUTES.values():
        assert rule.roles <= {"anonymous", *ROLES} and rule.roles
        assert set((rule.scope or "").split()) <= set(SCOPES)
    assert all(roles <= MEMBERS for roles, _ in SCOPES.values())
