"""The API's description validates, and every operation says what it does and how it fails."""

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from registry.api.problems import KINDS
from registry.app import create_app
from registry.db import Database
from registry.errors import RegistryError
from registry.settings import Settings

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("spec")
    app = create_app(
        Settings(data_dir=folder, secret_key="only-to-describe-the-api"), Database(f"sqlite:///{folder}/none.db")
    )
    response = app.test_client().get("/api/v1/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.get_json()
    return found


def operations(spec: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, m, op) for path, item in spec["paths"].items() for m, op in item.items() if m in METHODS]


def test_the_description_is_valid_openapi_3_1(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    validate(spec)


def test_every_operation_has_a_name_of_its_own_and_a_summary(spec: dict[str, Any]) -> None:
    names = [op.get("operationId") for _, _, op in operations(spec)]
    assert all(names) and len(names) == len(set(names))
    assert not [(path, m) for path, m, op in operations(spec) if not op.get("summary")]


def test_every_operation_documents_problem_documents(spec: dict[str, Any]) -> None:
    for path, method, operation in operations(spec):
        refs = [r for status, r in operation["responses"].items() if status == "default" or status[0] in "45"]
        assert {"default", "401", "403"} <= operation["responses"].keys(), (path, method)
        for ref in refs:
            response = spec["components"]["responses"][ref["$ref"].rpartition("/")[2]]
            assert list(response["content"]) == ["application/problem+json"], (path, method)


def test_every_operation_that_takes_a_body_or_changes_a_record_documents_what_that_can_lead_to(
    spec: dict[str, Any],
) -> None:
    for path, method, operation in operations(spec):
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= operation["responses"].keys(), (path, method)
        if method in ("put", "patch", "delete"):
            assert {"412", "428"} <= operation["responses"].keys(), (path, method)


def test_tokens_are_the_documented_way_in(spec: dict[str, Any]) -> None:
    assert spec["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_domain_error_has_a_documented_kind_of_problem() -> None:
    def below(cls: type[RegistryError]) -> set[type[RegistryError]]:
        return {cls}.union(*(below(c) for c in cls.__subclasses__()))

    statuses = {kind.status for kind in KINDS.values()}
    for cls in below(RegistryError):
        assert cls.status in statuses, cls
