"""Settings of one registry, read once from CASA_* environment variables. Nothing else reads the environment.

Every field's `help` is its documentation: docs/settings.md is generated from here and a test compares them.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from registry.errors import ConfigurationError

MOST = {
    "evidence_max_bytes": 30_000_000, "fetch_tries": 10, "sync_batch_rows": 1000, "sync_processes": 64,
    "worker_syncs": 64,
}  # fmt: skip
"""Settings that are at least 1, and what they are at most"""
EXAMPLE_KEYS = ("changeme", "change-me", "change_me", "change me")
"""What examples of configurations write where a key belongs"""
SMTP_SECURITY = ("none", "starttls", "tls")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
EMBEDDED, PROCRASTINATE = BACKGROUNDS = ("embedded", "procrastinate")


def _setting(default: Any, help_text: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"help": help_text})


@dataclass(frozen=True)
class Settings:
    """One registry's settings; field `x_y` is read from `CASA_X_Y`."""

    data_dir: Path = _setting(
        Path("var"), "Folder for the embedded database, spooled downloads and the generated secret."
    )
    database_url: str = _setting(
        "", "SQLAlchemy address of the database; empty: `casa.db` (SQLite) in the data folder."
    )
    font_folders: str = _setting(
        "/usr/share/fonts:/usr/local/share/fonts:/Library/Fonts",
        "Folders, with `:` between, in which reports as PDF look for free fonts (Noto Sans, DejaVu, WenQuanYi …).",
    )
    secret_key: str = _setting(
        "", "Signs sessions and forms; empty: the one `casa init` wrote into the data folder.", secret=True
    )
    public_url: str = _setting(
        "http://127.0.0.1:8000",
        "Address under which people and partners reach this registry; the source of its events.",
    )
    host: str = _setting("127.0.0.1", "Address that `casa serve` listens on.")
    port: int = _setting(8000, "Port that `casa serve` listens on.")
    web_workers: int = _setting(
        2, "Processes that `casa serve` starts, each with four threads and those of CASA_STANDING_REQUESTS."
    )
    standing_requests: int = _setting(
        8,
        "Requests per web process that may stand open at once, waiting for changes (streams, `wait=`); "
        "`casa serve` gives them threads of their own, so that pages never wait for one.",
    )
    event_retention_days: int = _setting(
        90, "Days for which the change feed can be read back; who comes later takes a snapshot. 0: for ever."
    )
    proposal_remind_days: int = _setting(14, "Days after which those are told again whom a proposal waits for.")
    proposal_lapse_days: int = _setting(60, "Days after which a proposal lapses that nobody has answered.")
    proposal_objection_days: int = _setting(
        7, "Days in which a side may object before a commitment is shown to everybody who may see need and offer."
    )
    delivery_log_days: int = _setting(14, "Days for which webhook messages that ended, and their tries, can be seen.")
    outbound_allow: str = _setting(
        "",
        "Addresses otherwise refused that feeds may be fetched from and webhooks sent to (over plain http too): "
        "`host:port` or network/length, comma between.",
    )
    fetch_timeout_seconds: int = _setting(
        300, "Deadline of one whole download: headers, body, tries and the waits between them together."
    )
    fetch_tries: int = _setting(
        3, "How often one run tries a download whose failure may pass: no connection, cut body, 429, 502 to 504."
    )
    host_gap_ms: int = _setting(
        250, "Least pause between two requests of feeds to one server, asked by one at a time. 0: no such manners."
    )
    fetch_max_bytes: int = _setting(2_000_000_000, "Largest body of one download, counted both as sent and as decoded.")
    refetch_days: int = _setting(
        7, "After this many days a feed is fetched unconditionally, against servers that say 304 for ever."
    )
    background: str = _setting(
        "embedded",
        "What does the work in the background: `embedded` (one `casa scheduler`, nothing to install) or "
        "`procrastinate` (`casa worker` on any number of hosts; PostgreSQL and the extra `pg`).",
    )
    worker_syncs: int = _setting(4, "Feeds that one `casa worker` synchronises at a time.")
    sync_batch_rows: int = _setting(100, "Records applied per transaction of a sync (at most 1,000).")
    sync_processes: int = _setting(
        2, "Processes that read a large document beside the run itself; 1: the run reads alone."
    )
    sync_pause_ms: int = _setting(5, "Pause between two batches on SQLite, so that a page's small write never waits.")
    screening_threshold: float = _setting(
        0.82,
        "Likeness of a partner's name to a listed one, 0.7 to 1, from which on a person is asked and offers are held; "
        "docs/screening.md says what it does.",
    )
    evidence_max_bytes: int = _setting(10_000_000, "Largest file that is taken as evidence of an answer.")
    session_hours: int = _setting(12, "A login lasts this long.")
    cookie_secure: bool = _setting(False, "Send the session cookie over HTTPS only (set to 1 behind a proxy with TLS).")
    trusted_proxies: int = _setting(
        0, "Reverse proxies in front: of so many the X-Forwarded-For and X-Forwarded-Proto headers are believed."
    )
    smtp_host: str = _setting("", "Server that takes the registry's e-mails; empty: it sends none.")
    smtp_port: int = _setting(587, "Port of that server.")
    smtp_security: str = _setting(
        "starttls", "`starttls`, `tls` (from the first byte on, usually port 465) or `none` (a relay on this machine)."
    )
    smtp_user: str = _setting("", "Account at that server; empty: none is needed.")
    smtp_password: str = _setting("", "Password of that account.", secret=True)
    mail_from: str = _setting("", "Address that e-mails come from, as `casa@registry.example`.")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR.")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment; raises ConfigurationError naming the variable that does not fit."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for item in fields(cls):
            name = f"CASA_{item.name.upper()}"
            if name in environ:
                values[item.name] = _parse(name, environ[name], type(item.default))
        settings = cls(**values)
        for name, most in {
            "sync_processes": 64,
            "sync_batch_rows": 1000,
            "fetch_tries": 10,
            "worker_syncs": 64,
        }.items():
            if not 1 <= (value := getattr(settings, name)) <= most:
                raise ConfigurationError(f"CASA_{name.upper()} is {value}; it must be from 1 to {most}.")
        if not 0.7 <= settings.screening_threshold <= 1:
            raise ConfigurationError(
                f"CASA_SCREENING_THRESHOLD is {settings.screening_threshold}; it must be from 0.7 to 1."
            )
        if settings.background not in BACKGROUNDS:
            raise ConfigurationError(
                f"CASA_BACKGROUND is {settings.background!r}; it must be {' or '.join(BACKGROUNDS)}."
            )
        if settings.smtp_security not in SMTP_SECURITY:
            raise ConfigurationError(
                f"CASA_SMTP_SECURITY is {settings.smtp_security!r}; it must be {', '.join(SMTP_SECURITY)}."
            )
        if settings.smtp_host and not _ADDRESS.fullmatch(settings.mail_from):
            raise ConfigurationError("CASA_SMTP_HOST is set: CASA_MAIL_FROM must be an e-mail address.")
        for name in (
            "host_gap_ms", "standing_requests", "event_retention_days", "delivery_log_days", "proposal_objection_days",
        ):  # fmt: skip
            if getattr(settings, name) < 0:
                raise ConfigurationError(f"CASA_{name.upper()} is less than 0.")
        for name in ("proposal_remind_days", "proposal_lapse_days"):
            if getattr(settings, name) < 1:
                raise ConfigurationError(f"CASA_{name.upper()} is less than 1.")
        return settings

    @property
    def sends_mail(self) -> bool:
        """Whether there is a server that takes e-mails."""
        return bool(self.smtp_host and self.mail_from)

    @property
    def database(self) -> str:
        """The address in force: the given one, or the embedded database in the data folder."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.absolute() / 'casa.db'}"
        # Administrators paste what their host gives them; the driver is ours to choose.
        for short in ("postgres://", "postgresql://"):
            if self.database_url.startswith(short):
                return "postgresql+psycopg://" + self.database_url.removeprefix(short)
        return self.database_url

    def secret(self) -> str:
        """The signing key in force; raises ConfigurationError where none was set or generated."""
        if self.secret_key:
            if len(self.secret_key) < 16:
                raise ConfigurationError("CASA_SECRET_KEY is shorter than 16 characters.")
            if any(word in self.secret_key.casefold() for word in EXAMPLE_KEYS):
                raise ConfigurationError("CASA_SECRET_KEY is an example: `casa init` makes one where none is set.")
            return self.secret_key
        path = self.data_dir / "secret_key"
        if not path.exists():
            raise ConfigurationError("No CASA_SECRET_KEY is set and none was generated: run `casa init` first.")
        return path.read_text(encoding="ascii").strip()

    def ensure_secret(self) -> None:
        """Generate the signing key in the data folder where neither it nor CASA_SECRET_KEY is there."""
        path = self.data_dir / "secret_key"
        if self.secret_key or path.exists():
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))


def _parse(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("", "0", "false", "no", "off"):
            return False
        raise ConfigurationError(f"{name} is {text!r}; it must be 1 or 0.")
    if kind is float:
        try:
            return float(text)
        except ValueError:
            raise ConfigurationError(f"{name} is {text!r}; it must be a number such as 0.82.") from None
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigurationError(f"{name} is {text!r}; it must be a whole number.") from None
    return Path(text) if issubclass(kind, Path) else text


def data_path(name: str) -> Path:
    """Folder `standards` or `seed_data`: beside the package in a checkout, inside it in an installed wheel."""
    here = Path(__file__).resolve().parent
    for candidate in (here.parent / name, here / "_data" / name):
        if candidate.is_dir():
            return candidate
    raise ConfigurationError(f"The folder {name} is missing from this installation.")
