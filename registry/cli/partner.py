"""A small process that plays a partner publishing files over HTTP, for the demo: `python -m registry.cli.partner`.

It answers conditional requests as a good publisher does; it is no part of a real installation.
"""

import argparse
import hashlib
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Publisher(BaseHTTPRequestHandler):
    """GET of one flat folder of files, with ETag and Last-Modified."""

    folder: Path
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.folder / Path(self.path.split("?")[0]).name
        if path.suffix != ".xml" or not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body = path.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        modified = int(path.stat().st_mtime)
        if self._unchanged(etag, modified):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", etag)
            self.end_headers()
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", formatdate(modified, usegmt=True))
        self.end_headers()
        self.wfile.write(body)

    def _unchanged(self, etag: str, modified: int) -> bool:
        if (known := self.headers.get("If-None-Match")) is not None:
            return etag in known
        since = self.headers.get("If-Modified-Since")
        try:
            return since is not None and modified <= parsedate_to_datetime(since).timestamp()
        except ValueError:
            return False

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the demo's terminal belongs to the registry."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    Publisher.folder = options.folder.resolve()
    with ThreadingHTTPServer(("127.0.0.1", options.port), Publisher) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
