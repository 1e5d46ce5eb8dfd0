"""The home page: what this registry is, how much it holds, what is newest, and what needs the reader now."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

pages = Blueprint("overview", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    """The overview."""
    return render_template("overview/home.html")
