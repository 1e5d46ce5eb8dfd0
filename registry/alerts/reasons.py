"""Why an e-mail was not taken, or will not be sent. docs/alerts.md is compared with these."""

from registry.errors import N_

MAIL_REASONS: dict[str, str] = {
    "connection": N_("No connection to the mail server, or it broke off."),
    "tls": N_("The secure connection to the mail server failed."),
    "login": N_("The mail server does not accept CASA_SMTP_USER and CASA_SMTP_PASSWORD."),
    "sender": N_("The mail server does not accept CASA_MAIL_FROM as sender."),
    "busy": N_("The mail server asks to be tried again later."),
    "refused": N_("The mail server refuses the recipient or the message for good."),
    "address": N_("The account's e-mail address is none that a message can be sent to."),
    "nothing": N_("There is nothing left to tell: what was found is no longer shown to the person."),
    "unwanted": N_("The person wants no e-mail any more, or the account is disabled."),
    "no_server": N_("No mail server is set."),
    "internal": N_("An error of this registry; its log has the details."),
}
"""Mail.reason → meaning"""
