"""What editors are told of policy files is what the loader says of them, as far as one value of one file can tell."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from policies.cases import BASE, CASES
from properties.effort import ASKED

from policies import shapes
from proxy.files import source
from proxy.files.diagnostics import FileRefused, Problems
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.parse import parse_file
from proxy.policy.parse_context import Context
from proxy.policy.policy import canonical
from proxy.policy.schema import schema
from proxy.policy.vocabulary import FILES

SCHEMA = Path(__file__).resolve().parents[2] / "policies" / "schema.json"
MODELINE = b"# yaml-language-server: $schema=schema.json\n"
SEEN = {
    "unknown-key", "wrong-type", "missing-key", "unknown-file", "unknown-action", "unknown-value", "out-of-range",
    "off-grid", "bad-name", "too-few", "duplicate-item", "unsupported", "floor-without-entities", "one-source",
    "model-twice",
}  # fmt: skip
"""Codes that are about the shape of one file."""


def test_the_shipped_schema_is_what_the_vocabulary_says() -> None:
    said = SCHEMA.read_text(encoding="utf-8")
    assert said == json.dumps(schema(), indent=2) + "\n", "`make schema` writes it anew"


def test_every_shipped_file_names_the_schema_and_is_valid(shipped: dict[str, bytes]) -> None:
    assert len(shipped) == 8
    for name, text in shipped.items():
        assert text.startswith(MODELINE), name
        assert shapes.valid(schema(), shapes.plain(source.parse(text, name))), name


def test_the_line_for_editors_is_no_part_of_a_bundle(shipped: dict[str, bytes], around: Surroundings) -> None:
    without = {name: text.removeprefix(MODELINE) for name, text in shipped.items()}
    one, other = (check_files(files, around).bundle for files in (shipped, without))
    assert one is not None
    assert other is not None
    assert canonical(one) == canonical(other)


def parsed(text: str, name: str) -> Any:
    try:
        return shapes.plain(source.parse(text.encode(), name))
    except FileRefused:
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['from']}: {case['about']}")
def test_an_editor_underlines_what_the_loader_refuses_for_its_shape_and_nothing_it_accepts(
    case: dict[str, Any],
) -> None:
    for name, text in {**BASE, **case["files"]}.items():
        value = parsed(text, name)
        if value is None:
            continue
        codes = {line.split()[-1] for line in case["expect"] if line.startswith(f"{name}:")}
        fine = shapes.valid(schema(), value)
        if not codes:
            assert fine, name
        elif codes & SEEN:
            assert not fine, (name, codes)


def test_enough_cases_are_about_shapes() -> None:
    codes = {line.split()[-1] for case in CASES for line in case["expect"]}
    assert codes >= SEEN - {"unknown-value"}


WHO = {"teams": ["eu-*"], "apps": ["*"], "keys": ["k"], "not_teams": ["lab"]}
WHAT = {"endpoints": ["chat", "c*"], "models": ["gpt*"]}
WHOLE: list[dict[str, Any]] = [
    {
        "taxonomy": "t", "version": 1,
        "zones": {"home": {"trust": "own", "region": "eu", "agreements": ["dpa"], "networks": ["10.0.0.0/8"]}},
        "classes": {
            "unscanned": {"ceiling": ["home"]},
            "pii": {"entities": ["PERSON"], "or_all_of": ["a", "b"], "floor": 0.4, "ceiling": ["home"]},
        },
        "ignore": {"HASHTAG": "no personal data"},
    },
    {
        "policy": "p", "version": 1, "owner": "ann",
        "grants": [{"id": "g", "who": WHO, "what": WHAT, "zones": ["home"], "store": True}],
        "rules": [
            {"id": "r", "who": WHO, "what": WHAT, "if": {"class": "pii", "min_count": 2, "min_score": 0.6},
             "then": {"only": ["home"]}, "because": "b", "log": "full", "notify": ["oncall"], "mode": "shadow",
             "until": "2026-06-30"},
            {"id": "s", "then": "pin", "because": "b"},
            {"id": "t", "direction": "answer", "from": ["home"], "if": {"class": "pii"}, "then": "block",
             "because": "b"},
        ],
        "budgets": [
            {"id": "b", "who": WHO, "per": "team", "zones": ["home"], "monthly": 0.5, "then": "block", "because": "b"},
        ],
        "claims": [{"never": "pii", "in": ["home"]}],
        "tests": [{
            "name": "n",
            "given": {"team": "t", "app": "a", "key": "k", "endpoint": "chat", "model": "m", "resolved": "m",
                      "findings": {"PERSON": [0.4, 1]}, "budgets": ["b"], "on": "2026-06-30"},
            "expect": {"decision": "pin", "zone": "home", "rules": ["r"], "ceilings": ["pii"], "stores": ["home"]},
        }, {"name": "n", "given": {"from": "home"}, "expect": {"decision": "block", "rules": ["r"]}}],
    },
    {"exceptions": [
        {"id": "EX-1", "waives": "r", "for": {"teams": ["t"], "apps": ["a"], "keys": ["k"]}, "until": "2026-06-30",
         "owner": "ann", "approved_by": "bob", "ticket": "T-1", "because": "b"},
    ]},
    {"tests": [
        {"name": "n", "given": {"model": "m", "text": "two\nlines"}, "expect": {"decision": "pin"}},
        {
            "name": "n",
            "given": {"resolved": "m", "request": {
                "model": "m", "stream": False, "n": 1, "temperature": 0.5, "stop": None,
                "messages": [{"role": "user", "content": [{"type": "text", "text": "b"}]}],
            }},
            "expect": {"decision": "pin"},
        },
    ]},
]  # fmt: skip
"""A file of each kind in which every key stands."""
OTHERS: list[Any] = [None, True, 0, 2, -1, 0.62, 0.5, 10**9, "", "A b", "zzz", "ZZZ", [], ["zzz"], [[]], {}, {"zzz": 1}]


PLACES = itertools.count()


def others() -> list[Any]:
    """Return what to put in the next place: every other value, where no more was asked for."""
    return OTHERS if ASKED else OTHERS[next(PLACES) % 2 :: 2]


def changed(value: Any) -> Iterator[Any]:
    """Yield the value with each part of it, one at a time, replaced, taken out, or given twice."""
    yield from others()
    if isinstance(value, dict):
        for name, item in value.items():
            yield {other: part for other, part in value.items() if other != name}
            yield from ({**value, name: new} for new in changed(item))
    elif isinstance(value, list):
        yield [*value, value[0]]
        for at, item in enumerate(value):
            yield from ([*value[:at], new, *value[at + 1 :]] for new in changed(item))


def changed_file(whole: dict[str, Any], required: frozenset[str]) -> Iterator[Any]:
    """Yield a file with each part of it changed, beside no more than a file needs: reading it all each time is slow."""
    yield from OTHERS
    base = {name: whole[name] for name in required}
    for name, item in whole.items():
        yield {other: part for other, part in whole.items() if other != name}
        yield from ({**base, name: new} for new in changed(item))


def refused(value: Any) -> set[str]:
    """Return the codes with which the parsers refuse a value, as a file."""
    problems = Problems()
    parse_file(source.parse(json.dumps(value).encode(), "x.yaml"), Context(problems))
    return {found.code for found in problems.found}


def test_every_key_stands_in_a_valid_file() -> None:
    for value, keys in zip(WHOLE, FILES.values(), strict=True):
        assert shapes.valid(schema(), value)
        assert refused(value) == set()
        assert {*keys.required, *keys.optional} == value.keys()


@pytest.mark.parametrize(("whole", "kind"), list(zip(WHOLE, FILES, strict=True)), ids=list(FILES))
def test_whatever_is_changed_editor_and_loader_agree(whole: dict[str, Any], kind: str) -> None:
    shape = schema()
    seen = 0
    for value in changed_file(whole, frozenset(FILES[kind].required)):
        codes = refused(value)
        fine = shapes.valid(shape, value)
        assert fine or codes, value
        assert not fine or not codes & SEEN, (codes, value)
        seen += not fine
    assert seen > (200 if ASKED else 100)
