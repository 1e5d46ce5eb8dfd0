"""Pages (Jinja), forms, static files, translations. Thin: the same services as the API, no business rule.

A page module defines `pages`, a Blueprint with a short name and no prefix; here it is hung under `/<lang>/`, so its
endpoints read `web.<name>.<view>` and `url_for` fills in the language of the page.
"""

from flask import Blueprint

from registry.http import RegistryFlask
from registry.web import (
    alert_pages,
    allocation_pages,
    answering_pages,
    assessment_pages,
    assets,
    board_pages,
    clause_pages,
    conflict_pages,
    consumer_pages,
    contact_pages,
    due_pages,
    embargo_pages,
    error_pages,
    exemption_pages,
    feed_pages,
    flow_pages,
    gap_pages,
    grid_pages,
    hold_pages,
    i18n,
    indicator_pages,
    instrument_pages,
    job_pages,
    library_pages,
    listed_pages,
    mail_pages,
    match_pages,
    national_report_pages,
    need_pages,
    notice_pages,
    offer_pages,
    organisation_pages,
    overview_pages,
    participation_pages,
    ping_pages,
    presentation,
    programme_pages,
    proposal_pages,
    report_pages,
    same_as_pages,
    screening_pages,
    session_pages,
    standards_pages,
    state_pages,
    subscription_pages,
    token_pages,
    unsubscribe_pages,
    user_pages,
)

MODULES = [
    overview_pages,
    session_pages,
    user_pages,
    programme_pages,
    organisation_pages,
    state_pages,
    gap_pages,
    participation_pages,
    instrument_pages,
    due_pages,
    contact_pages,
    embargo_pages,
    need_pages,
    offer_pages,
    match_pages,
    proposal_pages,
    exemption_pages,
    allocation_pages,
    board_pages,
    flow_pages,
    listed_pages,
    standards_pages,
    grid_pages,
    library_pages,
    assessment_pages,
    answering_pages,
    clause_pages,
    indicator_pages,
    report_pages,
    national_report_pages,
    same_as_pages,
    screening_pages,
    conflict_pages,
    feed_pages,
    hold_pages,
    ping_pages,
    token_pages,
    consumer_pages,
    job_pages,
    subscription_pages,
    alert_pages,
    notice_pages,
    mail_pages,
    unsubscribe_pages,
]
"""Page modules in the order of the slices they show."""


def install(app: RegistryFlask) -> None:
    """Register languages, static files, error pages and every page module."""
    i18n.install(app)
    assets.install(app)
    presentation.install(app)
    notice_pages.install(app)
    site = Blueprint("web", __name__, url_prefix=i18n.URL_PREFIX)
    for module in MODULES:
        site.register_blueprint(module.pages)
    error_pages.install(app, site)
    app.register_blueprint(site)
