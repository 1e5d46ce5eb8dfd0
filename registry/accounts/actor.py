"""Who is acting, as services and policy see it: a plain value, made at the door."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A person, a machine token of a person, or the system itself. `role` anonymous: nobody signed in."""

    role: str = "anonymous"
    user_id: int | None = None
    state: str | None = None
    """Alpha-3, for role `state`."""
    organisation_id: int | None = None
    """For roles `donor` and `agency`."""
    scopes: frozenset[str] | None = None
    """Of the token in use; None: no token, all that the role may."""
    label: str = "anonymous"
    """For the audit log: `user:7`, `token:3 (user:7)`, `cli`, `feed:2 run:9`."""
    name: str = ""
    """For people: the user's name."""

    @property
    def signed_in(self) -> bool:
        return self.role != "anonymous"

    @property
    def sees_all(self) -> bool:
        """Coordinators and admins see every record, private ones too."""
        return self.role in ("coordinator", "admin", "system")


ANONYMOUS = Actor()


def system(label: str) -> Actor:
    """The registry acting by itself: `cli`, `scheduler`, `feed:2 run:9`. May do everything; named in the audit log."""
    return Actor(role="system", label=label)
