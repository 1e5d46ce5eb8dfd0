"""A consumer of the change feed, as docs/events.md tells one to be: it holds what the registry would show it."""

import json
from typing import Any

from flask.testing import FlaskClient

KINDS = ("organisations", "programmes", "needs", "offers", "standards", "assessments")


class Follower:
    """Holds subject → version. `headers`: of a token; none: anonymous."""

    def __init__(self, client: FlaskClient, headers: dict[str, str] | None = None, limit: int = 7) -> None:
        self.client, self.headers, self.limit = client, headers or {}, limit
        self.held: dict[str, int] = {}
        self.dropped: dict[str, int] = {}
        self.seen: list[dict[str, Any]] = []
        self.cursor = ""

    def snapshot(self) -> None:
        """Begin, or begin again: what is not in it goes."""
        with self.client.get("/api/v1/snapshot", headers=self.headers) as response:
            assert response.status_code == 200
            lines = [json.loads(line) for line in response.get_data().splitlines()]
        self.held = {line["subject"]: line["version"] for line in lines[1:-1]}
        assert lines[-1]["end"]["records"] == len(self.held)
        self.dropped = {}
        self.cursor = lines[0]["snapshot"]["cursor"]

    def follow(self) -> int:
        """Read to the end. Returns the status of the last answer: 200, or 410 where the cursor leads nowhere."""
        while True:
            address = f"/api/v1/changes?limit={self.limit}&after={self.cursor}"
            page = self.client.get(address, headers=self.headers)
            if page.status_code != 200:
                return page.status_code
            for event in page.get_json(force=True):
                self.take(event)
            self.cursor = page.headers["Link"].partition("after=")[2].partition(">")[0].partition("&")[0]
            if page.headers["X-Has-More"] == "false":
                return 200

    def take(self, event: dict[str, Any]) -> None:
        """Apply an event where its version is higher."""
        self.seen.append(event)
        subject, version = event["subject"], event["data"]["version"]
        if subject.partition("/")[0] not in KINDS or version <= max(
            self.held.get(subject, 0), self.dropped.get(subject, 0)
        ):
            return
        if event["data"].get("tombstone"):
            self.held.pop(subject, None)
            self.dropped[subject] = version
        else:
            self.held[subject] = version
