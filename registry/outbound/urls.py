"""What an address must look like before anybody asks where it leads, and what a fetch that failed is.

For readers too, which judge addresses in a document and open none.
"""

from urllib.parse import urlsplit

from registry.errors import RegistryError


class FetchFailed(RegistryError):
    """A download that did not come to its end. `code` is a reason code of docs/sync.md."""

    status = 502

    def __init__(self, code: str, message: str, http_status: int | None = None, retry_after: int | None = None) -> None:
        """`retry_after`: seconds that the server asked to be left alone for."""
        self.code = code
        self.http_status = http_status
        self.retry_after = retry_after
        super().__init__(message)


def check_url(url: str) -> None:
    """Raise FetchFailed where an address is not one that we would ever fetch from.

    Only its form is judged here; where it leads is judged when the socket connects.
    """
    if "\\" in url or any(c.isspace() or not c.isprintable() for c in url):
        raise FetchFailed("address", "The address holds a character that no address may hold.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise FetchFailed("address", "The address is not a valid one.") from None
    if parts.scheme not in ("http", "https"):
        raise FetchFailed("address", f"Only http and https are fetched, not “{parts.scheme}”.")
    if not host:
        raise FetchFailed("address", "The address names no host.")
    if port == 0:
        raise FetchFailed("address", "The address names port 0, which no server has.")
    if parts.username is not None or parts.password is not None:
        raise FetchFailed("address", "The address must not hold a user name or password.")
