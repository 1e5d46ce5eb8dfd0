"""A real browser and a real server on this machine, for tests that go the whole way."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from registry.app import create_app
from registry.db import Database
from registry.http import RegistryFlask
from registry.settings import Settings
from tests.support import web_world
from tests.support.people import PASSWORD
from tests.support.web_world import World

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser() -> str:
    """The path of a Chromium; fails, and says the way out, where there is none."""
    if given := os.environ.get("CASA_CHROMIUM"):
        return given
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.fail(
        "These tests drive a real Chromium and none was found: install one (on Debian or Ubuntu "
        "`apt-get install chromium`, or set CASA_CHROMIUM to the path of one), then run `make test` again.",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Site:
    """A running registry with the small world in it."""

    app: RegistryFlask
    url: str
    world: World


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copyfile(sqlite_template, folder / "casa.db")
    database = Database(f"sqlite:///{folder / 'casa.db'}")
    world = web_world.build(database)
    app = create_app(Settings(data_dir=folder, secret_key="test-secret-key-not-for-use"), database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, f"http://127.0.0.1:{server.server_port}", world)
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)
    database.dispose()


class Visitor:
    """Somebody at a browser. Everything the page complains about is kept in `complaints`."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.url = url
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 4" not in text:
            self.complaints.append(text)

    def open(self, path: str) -> Page:
        """Go to a path of the site."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, email: str) -> None:
        self.open("/en/login")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator["object"]:
    """`visit("state")`: a browser of that person's own (None: nobody), closed at the end of the test."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def visitor(name: str | None = None, **options: object) -> Visitor:
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        found = Visitor(context, site.url)
        visitors.append(found)
        if name:
            found.sign_in(f"{name}@example.org")
        return found

    yield visitor
    for context in contexts:
        context.close()
    assert not [complaint for found in visitors for complaint in found.complaints]
