from typing import Any

import pytest

from audit.records.fields import SERVED
from proxy.endpoints.served import BY_NAME, ENDPOINTS, endpoint_of
from proxy.policy.vocabulary import ENDPOINTS as NAMED


def test_each_endpoint_has_a_name_that_policies_and_records_know_and_a_path_of_its_own() -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} <= set(SERVED.values)
    assert {endpoint.name for endpoint in ENDPOINTS} <= set(NAMED)
    assert len({endpoint.path for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_a_name_alone_means_what_gives_a_new_answer() -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} == BY_NAME.keys()
    assert [name for name, endpoint in BY_NAME.items() if endpoint.op] == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"messages": []}, "chat"),
        ({"messages": [], "system": "x"}, "messages"),
        ({"model": "m", "prompt": "a"}, "completions"),
        ({"model": "m", "input": "a"}, "responses"),
        ({"model": "m", "input": [{"role": "user", "content": "a"}]}, "responses"),
        ({"model": "m", "input": ["a", "b"]}, "embeddings"),
        ({"model": "m", "input": [1, 2]}, "embeddings"),
        ({"input": "a"}, None),
        ({"model": "m"}, None),
        ({}, None),
    ],
)
def test_a_body_is_known_by_its_fields(fields: dict[str, Any], name: str | None) -> None:
    found = endpoint_of(fields)
    assert (found.name if found else None) == name
