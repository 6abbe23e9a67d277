"""What a form matches is what the canonicaliser and the schema let through, byte for byte."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.records.canonical import encode
from audit.records.form import Form, expression
from audit.records.jcs import NotCanonicalError, parse
from audit.records.kinds import DECLARATIONS, ENVELOPE
from audit.records.record import REGISTRY
from audit.records.schema import MAX_INT, Array, Bool, Enum, Int, Object, Table, Text, Type

WHOLE = {(kind, v): Object({**ENVELOPE, **own.required}, own.optional) for kind, v, own in DECLARATIONS}
MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def parts(kind: Type) -> Iterator[Type]:
    yield kind
    match kind:
        case Object():
            for part in (*kind.required.values(), *kind.optional.values()):
                yield from parts(part)
        case Array():
            yield from parts(kind.item)
        case Table():
            yield from parts(kind.value)


def whole(name: tuple[str, int], sampler: Any) -> dict[str, Any]:
    """Build a record with every optional field."""
    envelope = {field: sampler(part) for field, part in ENVELOPE.items() if field not in {"kind", "salt"}}
    kind = WHOLE[name]
    own = Object(*({f: part for f, part in of.items() if f not in ENVELOPE} for of in (kind.required, kind.optional)))
    return {**envelope, "kind": name[0], "salt": "A" * 22, **sampler(own)}


def accepts(kind: Object, raw: bytes) -> bool:
    """Ask the canonicaliser and the schema, which know nothing of forms."""
    try:
        return kind.compile()(parse(raw)) is None
    except NotCanonicalError:
        return False


@pytest.mark.parametrize("name", WHOLE, ids=lambda name: f"{name[0]}-{name[1]}")
def test_every_record_that_the_log_can_write_has_the_form_of_its_schema(name: tuple[str, int], sampler: Any) -> None:
    kind, match = WHOLE[name], REGISTRY[name].form.match
    full = whole(name, sampler)
    least = {field: full[field] for field in kind.required}
    assert match(encode(full))
    assert match(encode(least))
    for field in kind.required:
        assert not match(encode({other: value for other, value in full.items() if other != field}))
    assert not match(encode({**full, "more": 1}))


@MANY
@given(data=st.data())
def test_a_form_and_the_two_that_it_stands_for_never_disagree(data: st.DataObject, sampler: Any) -> None:
    name = data.draw(st.sampled_from(sorted(WHOLE)))
    raw = encode(whole(name, sampler))
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(raw) - 1))
        to = at + data.draw(st.integers(0, 40))
        raw = (
            raw[:at]
            + data.draw(st.sampled_from([b"", raw[at:to] * 2, b",", b"}", b"0", b"\\", b"-", b'"a"']))
            + raw[to:]
        )
    assert bool(REGISTRY[name].form.match(raw)) == accepts(WHOLE[name], raw)


LOOSE = Object(
    {"b": Array(Int(0, 9), 2)}, {"a": Bool(), "c": Table(("x", "y"), Int(-3, 12)), "d": Object({}, {"e": Int()})}
)
TOKENS = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', '"c"', '"d"', '"e"', '"x"', '"y"', "true", "0", "7", "12", "-3"]
TEXTS = [
    '{"b":[]}',
    '{"b":[0,7]}',
    '{"a":true,"b":[],"c":{"x":12,"y":-3},"d":{"e":0}}',
    '{"b":[7],"c":{},"d":{}}',
    '{"b":[7],"c":{"y":0}}',
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_small_form_takes_exactly_its_own_texts(text: str) -> None:
    match = Form(LOOSE).match
    tokens = re.findall("|".join(map(re.escape, TOKENS)), text)
    assert match(text.encode())
    for at in range(len(tokens) + 1):
        for token in ["", *TOKENS]:
            for rest in (tokens[at:], tokens[at + 1 :]):
                raw = "".join([*tokens[:at], token, *rest]).encode()
                assert bool(match(raw)) == accepts(LOOSE, raw), raw


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (0, 9), (1, 1000), (100, 599), (7, 7), (-1, 1), (-250, -37), (-120, 1019), (99, 1001)]
)
def test_the_form_of_a_range_has_every_number_in_it_and_no_other(low: int, high: int) -> None:
    match = re.compile(expression(Int(low, high))).fullmatch
    assert [n for n in range(-1500, 1500) if match(str(n))] == list(range(low, high + 1))
    assert not any(map(match, ("", "-0", "00", "01", "+1", "1.0", "1e0", " 1", "1\n")))


def test_the_greatest_integer_is_the_last() -> None:
    match = re.compile(expression(Int(-1, MAX_INT))).fullmatch
    near = [10**15 - 1, 10**15, 9_007_199_254_740_899, 9_007_199_254_740_900, MAX_INT - 1, MAX_INT]
    assert all(match(str(n)) for n in near)
    assert not any(
        match(str(n)) for n in (MAX_INT + 1, MAX_INT + 2, 9_007_199_254_741_000, 9_999_999_999_999_999, 10**16)
    )


def test_no_declared_text_needs_an_escape_or_outgrows_its_length() -> None:
    """A form takes the pattern of a text as it stands: it must not match what JSON writes otherwise."""
    every = [part for kind in WHOLE.values() for part in parts(kind)]
    texts = {part for part in every if isinstance(part, Text)}
    assert len(texts) > 10
    for text in texts:
        tree = re._parser.parse(text.pattern, re.ASCII)  # type: ignore[attr-defined]
        assert tree.getwidth()[1] <= text.longest, text
        assert all(plain(mark) for mark in characters(tree)), text
    names = [name for part in every if isinstance(part, Object) for name in (*part.required, *part.optional)]
    words = [word for part in every if isinstance(part, Enum) for word in part.values]
    keys = [key for part in every if isinstance(part, Table) for key in part.keys]
    assert all(plain(ord(mark)) for word in (*names, *words, *keys) for mark in word)


def plain(mark: int) -> bool:
    return 0x20 <= mark < 0x7F and chr(mark) not in '"\\'


def characters(tree: Any) -> Iterator[int]:
    """Yield every character that a pattern can match; what is not made of classes, repeats and groups is a fault."""
    for what, value in tree:
        match str(what):
            case "LITERAL":
                yield value
            case "RANGE":
                yield from range(value[0], value[1] + 1)
            case "IN":
                yield from characters(value)
            case "MAX_REPEAT":
                yield from characters(value[2])
            case "SUBPATTERN":
                yield from characters(value[3])
            case "BRANCH":
                for branch in value[1]:
                    yield from characters(branch)
            case other:
                raise AssertionError(other)
