import json
from collections.abc import Callable

from proxy.policy.schema import schema


def test_the_schema_is_printed_as_json_and_nothing_else(run: Callable[..., tuple[int, str]]) -> None:
    code, output = run("schema")
    assert code == 0
    assert json.loads(output) == schema()
