"""`casa user`, `casa token`, `casa audit`: who may come in, and what was done."""

import sys
from typing import Any

import click

import registry.models  # noqa: F401  (an account names an organisation: its table must be known)
from registry.accounts import audit, passwords, tokens, users
from registry.accounts.models import ROLES, Token, User
from registry.accounts.roles import SCOPES
from registry.catalogue import reference
from registry.cli import Context, pass_context, print_json
from registry.db import utcnow
from registry.errors import N_, InvalidInput

as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else one is made and printed once."
)


@click.group("user")
def user_command() -> None:
    """People's accounts."""


@user_command.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the person acts as.")
@click.option("--state", default=None, help="For role state: its code (KEN, KE, 404) or its name.")
@click.option("--organisation", "organisation_id", type=int, default=None, help="For donor and agency: its number.")
@password_option
@pass_context
def add_user(
    context: Context,
    email: str,
    name: str,
    role: str,
    state: str | None,
    organisation_id: int | None,
    password_stdin: bool,
) -> None:
    """Open an account."""
    password = _given_password() if password_stdin else passwords.random_password()
    with context.database.transaction() as session:
        user = users.create_user(
            session,
            context.actor,
            email=email,
            name=name,
            role=role,
            state=_state_code(state),
            organisation_id=organisation_id,
            password=password,
        )
    click.echo(f"Account {user.id} is open: {user.email} ({user.role})")
    if not password_stdin:
        _show_password(password)


@user_command.command("list")
@as_json_option
@pass_context
def list_users(context: Context, as_json: bool) -> None:
    """All accounts."""
    with context.database.reading() as session:
        found = users.list_users(session, context.actor)
    if as_json:
        print_json({"items": [_user_object(user) for user in found]})
        return
    for user in found:
        acts_for = user.state or (f"organisation {user.organisation_id}" if user.organisation_id else "")
        state = "disabled" if user.disabled_at else ""
        click.echo(f"{user.id:>5}  {user.email:<36}  {user.role:<12}  {acts_for:<18}  {user.name}  {state}".rstrip())


@user_command.command("disable")
@click.argument("email")
@pass_context
def disable_user(context: Context, email: str) -> None:
    """Close an account: its sessions end and its tokens are refused."""
    with context.database.transaction() as session:
        user = users.find_user(session, context.actor, email)
        users.disable_user(session, context.actor, user)
    click.echo(f"{user.email} is disabled.")


@user_command.command("enable")
@click.argument("email")
@pass_context
def enable_user(context: Context, email: str) -> None:
    """Open a disabled account again."""
    with context.database.transaction() as session:
        user = users.find_user(session, context.actor, email)
        users.enable_user(session, context.actor, user)
    click.echo(f"{user.email} is enabled.")


@user_command.command("password")
@click.argument("email")
@password_option
@pass_context
def set_password(context: Context, email: str, password_stdin: bool) -> None:
    """Give an account a new password: its sessions end."""
    with context.database.reading() as session:
        user = users.find_user(session, context.actor, email)
    password = _given_password() if password_stdin else passwords.random_password()
    passwords.check(password, email=user.email, name=user.name)
    password_hash = passwords.hash_password(password)
    with context.database.transaction() as session:
        users.set_password(session, context.actor, users.find_user(session, context.actor, email), password_hash)
    click.echo(f"{user.email} has a new password.")
    if not password_stdin:
        _show_password(password)


@click.group("token")
def token_command() -> None:
    """Machine tokens for the API."""


@token_command.command("issue")
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(list(SCOPES)), help="Repeatable.")
@click.option("--days", type=int, default=90, show_default=True, help="How long it is good (1 to 366).")
@as_json_option
@pass_context
def issue_token(context: Context, email: str, name: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Issue a token that acts for the account, within its scopes. Its text is printed this once."""
    with context.database.transaction() as session:
        user = users.find_user(session, context.actor, email)
        token, text = tokens.issue_token(session, context.actor, user, name, scopes, days)
    if as_json:
        print_json({"token": text, **_token_object(token, user)})
        return
    click.echo(f"Token {token.id} is good until {token.expires_at:%Y-%m-%d}. It is shown this once:", err=True)
    click.echo(text)


@token_command.command("list")
@click.argument("email", required=False)
@as_json_option
@pass_context
def list_tokens(context: Context, email: str | None, as_json: bool) -> None:
    """All tokens, or one account's."""
    with context.database.reading() as session:
        user_id = users.find_user(session, context.actor, email).id if email else None
        found = tokens.list_tokens(session, context.actor, user_id)
    if as_json:
        print_json({"items": [_token_object(token, user) for token, user in found]})
        return
    for token, user in found:
        click.echo(f"{token.id:>5}  {user.email:<36}  {_standing(token):<22}  {token.name}: {token.scopes}")


@token_command.command("revoke")
@click.argument("token_id", type=int)
@pass_context
def revoke_token(context: Context, token_id: int) -> None:
    """End a token at once."""
    with context.database.transaction() as session:
        token = tokens.revoke_token(session, context.actor, token_id)
    click.echo(f"Token {token.id} ({token.name}) is revoked.")


@click.group("audit")
def audit_command() -> None:
    """What was done, by whom; a changed or missing entry shows."""


@audit_command.command("verify")
@as_json_option
@pass_context
def verify_audit(context: Context, as_json: bool) -> None:
    """Walk the whole chain. Exit 1 where it does not hold."""
    with context.database.reading() as session:
        count, broken = audit.verify(session)
    if as_json:
        found = {"entry": broken.entry_id, "reason": broken.reason} if broken else None
        print_json({"ok": broken is None, "entries": count, "break": found})
    elif broken:
        click.echo(f"The audit log does not hold at entry {broken.entry_id}: {broken.reason}.", err=True)
    else:
        click.echo(f"The audit log holds: {count} entries.")
    if broken:
        sys.exit(1)


@audit_command.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many, the newest.")
@click.option("--subject", default=None, help="Of one record, for example need:12.")
@click.option("--action", default=None, help="Whose action begins so, for example login.")
@as_json_option
@pass_context
def list_audit(context: Context, limit: int, subject: str | None, action: str | None, as_json: bool) -> None:
    """The newest entries, newest first."""
    with context.database.reading() as session:
        entries = audit.latest(session, context.actor, limit, subject=subject, action=action)
    if as_json:
        print_json({"items": [entry.model_dump(mode="json") for entry in entries]})
        return
    for entry in entries:
        click.echo(
            f"{entry.id:>7}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor:<20}  {entry.action:<22}  "
            f"{entry.subject:<16}  {entry.detail}"
        )


def _state_code(text: str | None) -> str | None:
    if text is None:
        return None
    state = reference.resolve_state(text)
    if state is None:
        raise InvalidInput({"state": [N_("There is no such State.")]})
    return state.alpha3


def _given_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _show_password(password: str) -> None:
    click.echo(f"Password (shown this once): {password}")


def _user_object(user: User) -> dict[str, Any]:
    return user.model_dump(mode="json", exclude={"password_hash", "session_key"})


def _token_object(token: Token, user: User) -> dict[str, Any]:
    shown = token.model_dump(mode="json", exclude={"secret_sha256", "scopes"})
    return {**shown, "scopes": token.scopes.split(), "email": user.email}


def _standing(token: Token) -> str:
    if token.revoked_at is not None:
        return f"revoked {token.revoked_at:%Y-%m-%d}"
    return f"{'expired' if token.expires_at <= utcnow() else 'good until'} {token.expires_at:%Y-%m-%d}"
