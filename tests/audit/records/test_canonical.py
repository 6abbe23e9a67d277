"""The writer's canonical form against an independent implementation of RFC 8785, and against the verifier's own."""

import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.records.canonical import Writer, encode, halves
from audit.records.jcs import canonical
from audit.records.kinds import DECLARATIONS
from audit.records.schema import Array, Bool, Enum, Int, Object, Table, Text, Type

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
SUBSET = st.recursive(
    INTEGERS | st.booleans() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
WRITER = Writer("host-1", "01a1fe6d-0185-7595-b576-122b77425aaa")
GOLDEN = Path(__file__).parents[1] / "golden"


def values(kind: Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    """Any value of a schema."""
    match kind:
        case Object():
            optional = {name: values(part) for name, part in kind.optional.items()}
            return st.fixed_dictionaries(
                {name: values(part) for name, part in kind.required.items()}, optional=optional
            )
        case Array():
            return st.lists(values(kind.item), max_size=min(3, kind.longest))
        case Table():
            return st.dictionaries(st.sampled_from(kind.keys), values(kind.value))
        case Enum():
            return st.sampled_from(kind.values)
        case Int():
            return st.integers(kind.low, kind.high)
        case Bool():
            return st.booleans()
    return _text(kind)


def _text(kind: Text) -> st.SearchStrategy[Any]:
    return st.from_regex(kind.pattern, fullmatch=True, alphabet=st.characters(max_codepoint=127)).filter(
        lambda text: len(text) <= kind.longest,
    )


@settings(max_examples=400, deadline=None)
@given(SUBSET)
def test_all_canonicalisers_agree_on_the_subset(value: Any) -> None:
    expected = rfc8785.dumps(value)
    assert canonical(value) == expected
    assert encode(value) == expected


@pytest.mark.parametrize(("kind", "fields"), [(kind, fields) for kind, _, fields in DECLARATIONS])
def test_every_kind_is_written_as_rfc_8785_says(kind: str, fields: Object) -> None:
    check = fields.compile()

    @settings(max_examples=10, deadline=None)
    @given(values(fields), st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1))
    def written(body: dict[str, Any], mono_us: int, n: int) -> None:
        assert check(body) is None
        record = {**body, "kind": kind, "ts": "2026-01-31T12:00:00.000001Z", "v": 1}
        joined = halves(record, mono_us).join(WRITER, n)
        w = {"inst": WRITER.inst, "epoch": WRITER.epoch, "n": n, "mono_us": mono_us}
        assert joined == rfc8785.dumps({**record, "w": w}) == canonical({**record, "w": w})
        assert orjson.loads(joined) == {**record, "w": w}

    written()


def test_a_record_keeps_its_bytes_for_ever() -> None:
    """The golden record: whoever changes the canonical form or the body hash makes every old log unreadable."""
    golden = (GOLDEN / "record.json").read_bytes().rstrip(b"\n")
    record = json.loads(golden)
    w = record.pop("w")
    assert halves(record, w["mono_us"]).join(Writer(w["inst"], w["epoch"]), w["n"]) == golden
    digest = hashlib.sha256(b"ringfence.audit/v1/body\0" + golden).hexdigest()
    assert digest == (GOLDEN / "record.body_hash").read_text().strip()
