"""The description names every route, its roles and its errors; a real server is held against it in tests/contract."""

from typing import Any

from audit.api.errors import KINDS
from audit.api.openapi import document
from audit.api.roles import PREFIX, ROLES


def test_every_route_and_method_is_described_with_its_roles() -> None:
    made = document()
    assert made["servers"] == [{"url": PREFIX}]
    assert {path: {method.upper() for method in methods} for path, methods in made["paths"].items()} == {
        path: set(methods) for path, methods in ROLES.items()
    }
    for path, methods in ROLES.items():
        for method, roles in methods.items():
            told = made["paths"][path][method.lower()]["description"]
            assert all(role in told for role in roles), path


def test_every_operation_has_its_name_its_errors_and_its_parameters_an_example() -> None:
    made = document()
    operations: list[dict[str, Any]] = [one for methods in made["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    for one in operations:
        assert {"400", "401", "403", "503"} <= one["responses"].keys()
        assert all("example" in parameter for parameter in one["parameters"])
    assert {str(status) for status in KINDS} <= made["components"]["responses"].keys()


def test_every_reference_leads_somewhere() -> None:
    made = document()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                _, *names = value["$ref"].split("/")
                found: Any = made
                for name in names:
                    found = found[name]
            for part in value.values():
                look(part)
        elif isinstance(value, list):
            for part in value:
                look(part)

    look(made)
