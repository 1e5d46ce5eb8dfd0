"""What one entry of the tables says."""

from dataclasses import dataclass

from registry.accounts.roles import EVERYONE


@dataclass(frozen=True)
class Rule:
    """Roles that reach an endpoint, and the scope a token needs there (several: separated by spaces, all needed).

    `scope` None: nothing of the registry's records is behind it, so that any token will do. Pages take no tokens.
    """

    roles: frozenset[str]
    scope: str | None = None
    checks_form: bool = False
    """The view checks the form's CSRF token by itself, to show the form again."""
    is_signed: bool = False
    """Nobody signs in here: the view itself checks the message's signature, and answers 401 where it does not fit."""

    @property
    def is_open(self) -> bool:
        """Whether it makes no difference who asks."""
        return self.roles == EVERYONE and self.scope is None
