"""No record can hold free text: every string, key and number of every kind is tried."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.errors import RecordRefused
from audit.records.kinds import DECLARATIONS, ENVELOPE
from audit.records.record import REGISTRY, registry_sha256, validate

GOLDEN = Path(__file__).parents[1] / "golden" / "schemas.json"
CANARIES = (
    "Jane Roe was born on 4 May 1971",
    "naïve",
    "name\n",
    " name",
    "",
    "n" * 5000,
    "{}",
    "'; --",
    "\ud800",
    "\uff4e",
)
FIELDS = {kind: fields for kind, _, fields in DECLARATIONS}
"""The newest schema of each kind: what may be written."""
KINDS = list(FIELDS)

Path_ = tuple[Any, ...]


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, element in items:
        yield from leaves(element, (*path, key))


def at(value: Any, path: Path_) -> Any:
    for key in path:
        value = value[key]
    return value


def changed(value: Any, path: Path_, new: Any) -> Any:
    value = copy.deepcopy(value)
    at(value, path[:-1])[path[-1]] = new
    return value


@pytest.fixture
def declared(sampler: Any) -> dict[str, Any]:
    return {kind: sampler(fields) for kind, fields in FIELDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_each_kind_is_accepted_in_full_and_without_its_optional_fields(kind: str, declared: Any) -> None:
    validate(kind, declared[kind])
    validate(kind, {name: declared[kind][name] for name in FIELDS[kind].required})


@pytest.mark.parametrize("kind", KINDS)
def test_free_text_is_refused_everywhere_and_not_repeated(kind: str, declared: Any) -> None:
    body = declared[kind]
    tried = 0
    for path in leaves(body):
        for canary in CANARIES if path and not isinstance(at(body, path), (dict, list)) else CANARIES[:1]:
            bad = changed(body, path, canary) if path else canary
            with pytest.raises(RecordRefused) as caught:
                validate(kind, bad)
            assert canary.strip() == "" or len(canary) < 3 or canary.strip() not in f" {caught.value} "
            tried += 1
    assert tried > len(body)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_keys_are_refused_at_every_depth_and_not_repeated(kind: str, declared: Any) -> None:
    body = declared[kind]
    for path in leaves(body):
        if isinstance(at(body, path), dict):
            with pytest.raises(RecordRefused) as caught:
                validate(kind, changed(body, (*path, CANARIES[0]), "name"))
            assert CANARIES[0] not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [None, 1.0, float("nan"), 2**53, -2, (), b"name", [[]]], ids=repr)
def test_what_the_canonical_form_lacks_is_refused_everywhere(kind: str, bad: Any, declared: Any) -> None:
    body = declared[kind]
    for path in leaves(body):
        if path and not (bad == -2 and isinstance(at(body, path), bool)):
            with pytest.raises(RecordRefused):
                validate(kind, changed(body, path, bad))


@pytest.mark.parametrize("kind", KINDS)
def test_a_boolean_is_no_integer_and_an_integer_no_boolean(kind: str, declared: Any) -> None:
    body = declared[kind]
    for path in leaves(body):
        value = at(body, path) if path else None
        if isinstance(value, int):
            with pytest.raises(RecordRefused):
                validate(kind, changed(body, path, int(value) if isinstance(value, bool) else bool(value)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_field_is_named(kind: str, declared: Any) -> None:
    for name in FIELDS[kind].required:
        with pytest.raises(RecordRefused, match=rf"\.{name}: missing"):
            validate(kind, {key: value for key, value in declared[kind].items() if key != name})


def test_no_kind_has_a_field_that_the_log_itself_adds() -> None:
    for _, _, fields in DECLARATIONS:
        assert not ({*fields.required, *fields.optional} & ENVELOPE.keys())


def test_released_schemas_never_change() -> None:
    """A changed kind gets the next version at the end; these lines stay, and new ones follow them."""
    golden = json.loads(GOLDEN.read_text())
    now = [[schema.kind, schema.v, schema.sha256] for schema in REGISTRY.values()]
    assert now[: len(golden["schemas"])] == golden["schemas"]
    assert registry_sha256(len(golden["schemas"])) == golden["registry_sha256"]
