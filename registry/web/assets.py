"""Static files under an address that holds a hash of their content, so that browsers may keep them for a year."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, redirect, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from registry.errors import N_, NotFound
from registry.http import RegistryFlask

FOLDER = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 24 * 3600


@cache
def digest(name: str) -> str:
    """First 12 hexadecimal digits of the SHA-256 of a static file. Raises NotFound where there is none of that name."""
    path = FOLDER / name
    if path.parent != FOLDER or not path.is_file():
        raise NotFound(N_("There is no such file."))
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def static_url(name: str) -> str:
    """The address of a static file, with its hash."""
    return url_for("web_static", digest=digest(name), name=name)


def install(app: RegistryFlask) -> None:
    """Serve the files; an outdated hash leads to the current one."""

    @app.get("/static/<digest>/<name>", endpoint="web_static")
    def _static(digest: str, name: str) -> ResponseReturnValue:
        if digest != current_digest(name):
            return redirect(static_url(name))
        response: Response = send_from_directory(FOLDER, name, max_age=YEAR_SECONDS)
        response.cache_control.public = True
        response.cache_control.immutable = True
        return response

    @app.get("/favicon.ico", endpoint="web_favicon")
    def _favicon() -> ResponseReturnValue:
        return redirect(static_url("favicon.svg"))

    app.jinja_env.globals["static_url"] = static_url


current_digest = digest
"""The same by another name, for where an argument is called `digest`."""
