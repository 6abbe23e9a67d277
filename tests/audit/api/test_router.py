"""The router serves what the table of roles names, each path once, and nothing else."""

from typing import Any

from audit.api.roles import PREFIX, ROLES


def test_methods_that_are_not_served_are_refused_with_those_that_are(service: Any) -> None:
    for path, methods in ROLES.items():
        answer = service.ask("PUT", path)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == set(methods)
    assert service.get("/nothing").status_code == 404


def test_the_description_is_served_and_is_no_read_of_the_log(service: Any) -> None:
    answer = service.get("/openapi.json")
    assert answer.json()["servers"] == [{"url": PREFIX}]
    assert service.get("/openapi.json", key="none").status_code == 401
    assert service.get("/openapi.json", color="red").status_code == 400
    assert service.reads() == []
