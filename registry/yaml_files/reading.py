"""One file read and compared with its JSON Schema; everything wrong is named with its line, place and reason."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from registry.errors import InvalidInput
from registry.yaml_files import parsing
from registry.yaml_files.parsing import Lines

MAX_BYTES = 300_000
Place = tuple[str | int, ...]
"""Path of a value in a document"""
Fault = tuple[Place, str]
"""Where in the document, and what is wrong there"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, where in the file, in words its author can act on."""

    line: int
    path: str
    message: str


class BadFile(InvalidInput):
    """A file cannot be taken. `problems` say where and why."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.name, self.problems = name, list(problems)
        fields: dict[str, list[str]] = {}
        for problem in problems:
            place = f"{name}:{problem.line}" + (f" {problem.path}" if problem.path else "")
            fields.setdefault(place, []).append(problem.message)
        super().__init__(fields)


def read_document(path: Path, judge: Callable[[Any, Lines], list[Problem]]) -> Any:
    """The document of a file in which `judge` finds nothing wrong. Raises BadFile."""
    return document_of(path.name, read_bytes(path), judge)


def read_bytes(path: Path) -> bytes:
    """The content of a file, of which never more than the allowed size is read. Raises BadFile."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadFile(path.name, [Problem(1, "", error.strerror or "It cannot be read.")]) from None
    if len(data) > MAX_BYTES:
        raise BadFile(path.name, [Problem(1, "", f"It is larger than {MAX_BYTES // 1000} kB.")])
    return data


def document_of(name: str, data: bytes, judge: Callable[[Any, Lines], list[Problem]]) -> Any:
    """The document of this content, in which `judge` finds nothing wrong. Raises BadFile, which calls it `name`."""
    try:
        document, lines = parsing.parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadFile(name, [Problem(line, "", "This is not UTF-8 text.")]) from None
    except parsing.Unreadable as error:
        raise BadFile(name, [Problem(error.line, "", error.reason)]) from None
    if found := judge(document, lines):
        raise BadFile(name, found)
    return document


def judged(
    validator: Draft202012Validator, document: Any, lines: Lines, semantic: Callable[[Any], Iterable[Fault]]
) -> list[Problem]:
    """What the schema says against a document; where that is nothing, what `semantic` says. In order of lines."""
    found = [_schema_fault(error) for error in validator.iter_errors(document)]
    if not found:
        found = list(semantic(document))
    return sorted(
        (Problem(line_of(lines, place), dotted(place), message) for place, message in found),
        key=lambda problem: (problem.line, problem.path),
    )


def dotted(place: Place) -> str:
    """A path as it is shown: `requirements.0.children.2.level`."""
    return ".".join(str(part) for part in place)


def line_of(lines: Lines, place: Place) -> int:
    """The line of a value, or of the nearest thing around it that is there."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _schema_fault(error: ValidationError) -> Fault:
    while error.context and error.validator in ("oneOf", "anyOf"):
        # Report what is wrong with the alternative that was meant: the one that complains least, then the deepest.
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        meant = min(branches.values(), key=lambda errors: (len(errors), -max(len(e.absolute_path) for e in errors)))
        error = max(meant, key=lambda e: len(e.absolute_path))
    message = error.message if len(error.message) <= 300 else f"{error.message[:200]} … (rule: {error.validator})"
    return tuple(error.absolute_path), message
