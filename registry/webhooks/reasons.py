"""Why a message was not taken or not sent, and why a subscription is off. docs/webhooks.md is compared with these."""

from registry.errors import N_

DELIVERY_REASONS: dict[str, str] = {
    "http_status": N_("The receiver answered with something else than 2xx."),
    "redirect": N_("The receiver answered with a redirection. Those are not followed: enter the new address."),
    "gone": N_("The receiver answered 410: it wants no more messages."),
    "timeout": N_("There was no answer in time."),
    "connection": N_("No connection, or it broke off before there was an answer."),
    "tls": N_("The secure connection failed: an invalid certificate, usually."),
    "address": N_("The address may not be sent to, or the name leads to one that may not."),
    "protocol": N_("What came back is not HTTP."),
    "disabled": N_("The subscription was switched off before the message was taken."),
    "internal": N_("An error of this registry; its log has the details."),
}
"""Delivery.reason and DeliveryAttempt.reason → meaning"""

DISABLED_REASONS: dict[str, str] = {
    "person": N_("A person switched it off."),
    "gone": N_("The receiver answered 410: it wants no more messages."),
    "failing": N_("The receiver took no message for about three days."),
    "owner": N_("The account through which it sees events is disabled, or acts for somebody else now."),
    "key": N_("The registry's key changed, and with it the secret. Replace the secret, then switch it on."),
}
"""Subscription.disabled_reason → meaning"""
