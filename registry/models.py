"""All tables in one import: for migrations and tests, so that SQLModel.metadata is whole."""

from registry.accounts import models as accounts
from registry.alerts import models as alerts
from registry.catalogue import mandate_models as mandates
from registry.catalogue import models as catalogue
from registry.catalogue.conflicts import models as conflicts
from registry.catalogue.same_as import models as same_as
from registry.compliance import models as compliance
from registry.compliance.contacts import models as contacts
from registry.compliance.evidence import models as evidence
from registry.compliance.indicators import models as indicators
from registry.compliance.together import models as together
from registry.events import models as events
from registry.matching import models as matching
from registry.matching.ledger import models as ledger
from registry.matching.rounds import models as rounds
from registry.matching.screening import models as screening
from registry.reporting import models as reporting
from registry.sync import models as sync
from registry.webhooks import models as webhooks

__all__ = [
    "accounts", "alerts", "catalogue", "compliance", "conflicts", "contacts", "events", "evidence", "indicators",
    "ledger", "mandates", "matching", "reporting", "rounds", "same_as", "screening", "sync", "together", "webhooks",
]  # fmt: skip
