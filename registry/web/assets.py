"""Static files under an address that holds a hash of their content, so that browsers may keep them for a year."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Response, redirect, url_for
from flask.typing import ResponseReturnValue

from registry.errors import N_, NotFound
from registry.http import RegistryFlask

FOLDER = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 24 * 3600


@cache
def content(name: str) -> bytes:
    """The bytes of a static file: few and small, so they are kept. Raises NotFound where there is none of that name."""
    path = FOLDER / name
    if path.parent != FOLDER or not path.is_file():
        raise NotFound(N_("There is no such file."))
    return path.read_bytes()


@cache
def digest_of(name: str) -> str:
    """First 12 hexadecimal digits of the SHA-256 of a static file."""
    return hashlib.sha256(content(name)).hexdigest()[:12]


def static_url(name: str) -> str:
    """The address of a static file, with its hash."""
    return url_for("web_static", digest=digest_of(name), name=name)


def install(app: RegistryFlask) -> None:
    """Serve the files; an outdated hash leads to the current one."""

    @app.get("/static/<digest>/<name>", endpoint="web_static")
    def _static(digest: str, name: str) -> ResponseReturnValue:
        if digest != digest_of(name):
            return redirect(static_url(name))
        response = Response(content(name), mimetype=mimetypes.guess_type(name)[0])
        response.cache_control.max_age = YEAR_SECONDS
        response.cache_control.public = response.cache_control.immutable = True
        return response

    @app.get("/favicon.ico", endpoint="web_favicon")
    def _favicon() -> ResponseReturnValue:
        return redirect(static_url("favicon.svg"))

    app.jinja_env.globals["static_url"] = static_url
