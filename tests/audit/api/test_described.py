"""Each example has its shape, and one that is a little different has not."""

from typing import Any

import jsonschema_rs
import pytest

from audit.api.described import ERRORS, EXAMPLES, SCHEMAS
from audit.api.openapi import document


def validator(name: str) -> Any:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(schema)


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_an_example_has_its_shape_and_nothing_beside_it(name: str) -> None:
    judge = validator(name)
    judge.validate(EXAMPLES[name])
    if name != "Document":
        assert not judge.is_valid({**EXAMPLES[name], "more": 1})
    assert name in SCHEMAS


def test_errors_have_the_one_shape() -> None:
    for status, answer in ERRORS.items():
        content = answer["content"]["application/json"]
        validator("Error").validate(content["example"])
        assert 400 <= int(status) < 600
