"""Domain errors: what can go wrong, in words a person can act on. Doors turn them into problem documents and pages.

Messages are English msgids with named parameters; doors translate them (`N_` marks them for extraction).
"""

from collections.abc import Mapping
from typing import Any


def N_(message: str) -> str:
    """Mark a message for translation where it is written; the door translates it where it is shown."""
    return message


class RegistryError(Exception):
    """Root of all errors that a caller can act on. `status` is the HTTP status a door answers with."""

    status = 500
    code = "error"

    def __init__(self, message: str, **params: Any) -> None:
        self.message = message
        self.params = params
        super().__init__(message % params if params else message)


class ConfigurationError(RegistryError):
    """The installation or its settings do not fit; the message names the setting."""

    code = "configuration"


class BrokenReferences(RegistryError):
    """Rows refer to rows that are not there: the transaction that would leave them so is rolled back."""

    code = "broken-references"

    def __init__(self, table: str, parent: str) -> None:
        super().__init__(
            "A row of %(table)s refers to a row of %(parent)s that is not there.", table=table, parent=parent
        )


class InvalidInput(RegistryError):
    """Input does not fit. `fields` maps a field's path (`budget.amount`, `lines.0.type`) to its messages."""

    status = 422
    code = "invalid-input"

    def __init__(self, fields: dict[str, list[str]], message: str = N_("Some fields need attention.")) -> None:
        self.fields = fields
        super().__init__(message)


class NotFound(RegistryError):
    """There is no such record, or the caller may not know that there is."""

    status = 404
    code = "not-found"


class NotAllowed(RegistryError):
    """The caller is known but may not do this."""

    status = 403
    code = "not-allowed"


class NotAuthenticated(RegistryError):
    """The caller must sign in, or the token is wrong, expired or revoked."""

    status = 401
    code = "not-authenticated"


class TooManyAttempts(RegistryError):
    """Logins failed too fast, or too many came at once: `retry_after` seconds remain. Tokens are not counted."""

    status = 429
    code = "too-many-attempts"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(N_("Too many failed attempts. Try again in %(seconds)s seconds."), seconds=retry_after)


class Busy(RegistryError):
    """So much of this is going on that no more is begun: `retry_after` seconds later there may be room."""

    status = 503
    code = "unavailable"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            N_("Too many requests of this kind are being answered. Try again in %(seconds)s seconds."),
            seconds=retry_after,
        )


class NotAcceptable(RegistryError):
    """The answer cannot be given in the form asked for; the message says what this machine lacks."""

    status = 406
    code = "not-acceptable"


class Conflict(RegistryError):
    """The record is not in a state that allows this (withdrawn, already closed, already answered).

    `details`: what a program reads of the reason (codes, figures, ids); it joins the problem document.
    """

    status = 409
    code = "conflict"

    def __init__(self, message: str, *, details: Mapping[str, Any] | None = None, **params: Any) -> None:
        self.details = dict(details or {})
        super().__init__(message, **params)


class VersionMismatch(RegistryError):
    """Somebody else changed the record since the caller read it. `current` is the version now in force."""

    status = 412
    code = "version-mismatch"

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(N_("Somebody else changed this record while you were editing it."))


class FieldsChanged(RegistryError):
    """Somebody else changed some of the fields since the caller read them; nothing of the request was kept.

    `fields`: path → {"version", "stored", "sent"}; `current` is the record's version now in force.
    """

    status = 412
    code = "version-mismatch"

    def __init__(self, current: int, fields: dict[str, dict[str, Any]], names: str) -> None:
        self.current, self.fields = current, fields
        super().__init__(N_("Somebody else changed this while you were editing it: %(names)s."), names=names)
