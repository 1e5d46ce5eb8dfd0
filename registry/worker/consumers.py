"""The registry's own consumers of events: name → what is done when something happened."""

from registry.alerts import following as alerts
from registry.events.consumers import Consumer
from registry.matching import following
from registry.matching.screening import following as screening

CONSUMERS: dict[str, Consumer] = {
    "rematch": following.CONSUMER,
    "alerts": alerts.CONSUMER,
    "screening": screening.CONSUMER,
}
