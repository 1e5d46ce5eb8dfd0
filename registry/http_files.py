"""Files of evidence over HTTP, for both doors: what a form sends, and how a file leaves again."""

from flask import Response, request

from registry.compliance.evidence import service
from registry.compliance.evidence.models import Evidence
from registry.compliance.evidence.rules import File, judge_file
from registry.errors import N_, InvalidInput
from registry.http import registry_app, session


def sent_file() -> File | None:
    """The file that the request's form carries, None without one. Raises InvalidInput where it cannot be taken."""
    given, declared = request.files.get("file"), request.form.get("sha256", "").strip()
    if given is None or not given.filename:
        if declared:
            raise InvalidInput({"file": [N_("There is a hash, but no file.")]})
        return None
    most = registry_app().settings.evidence_max_bytes
    return judge_file(given.filename, given.mimetype, given.stream.read(most + 1), most, declared)


def download_of(evidence: Evidence) -> Response:
    """The file to be saved, never shown: no browser runs or guesses what a State's people have sent."""
    response = Response(service.content(session(), evidence), mimetype=evidence.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=evidence.file_name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
