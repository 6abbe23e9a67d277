import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from receivers import DECISION as BODY

from proxy.notify.message import MAX_BYTES, MAX_LISTED, encode, message
from proxy.policy.model import Rule, What, Who

RECORD = "01aa9be1-4f2a-7c31-9d0e-6b1f0a7c2e55"


def rule(name: str = "r", because: str = "Keep it home.") -> Rule:
    return Rule(name, Who(), What(), None, "pin", (), because, notify=("oncall",))


def test_a_channel_is_told_who_asked_for_what_was_decided_and_why() -> None:
    assert message(RECORD, 7, BODY, [rule()]) == {
        "type": "ringfence.decision",
        "timestamp": "2028-01-23T20:15:02.442Z",
        "data": {
            "record": RECORD,
            "seq": 7,
            "decision": "pin",
            "zone": "onprem",
            "team": "sales",
            "app": "crm",
            "endpoint": "chat",
            "dry_run": False,
            "bundle": "5" * 64,
            "classes": [{"class": "pii", "count": 3}],
            "rules": [{"id": "r", "effect": "pin", "because": "Keep it home."}],
        },
    }


def test_a_refused_request_has_no_zone() -> None:
    refused = {name: value for name, value in BODY.items() if name != "zone"}
    assert "zone" not in message(RECORD, 7, refused, [])["data"]


def test_a_record_in_the_spool_has_no_place_in_the_log_yet() -> None:
    data = message(RECORD, None, BODY, [])["data"]
    assert data["record"] == RECORD
    assert "seq" not in data


TOLD = {
    ("req", "endpoint"), ("actor", "app"), ("actor", "team"), ("bundle", "sha256"), ("classes", 0, "c"),
    ("decision",), ("zone",),
}  # fmt: skip
"""The only texts of a record that a channel is told."""


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield path
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts(part, (*path, key))


def planted(path: tuple[Any, ...], canary: str) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    at: Any = body
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = canary
    return body


def test_nothing_else_of_a_record_is_told_whatever_it_were() -> None:
    leaked = {
        path for path in texts(BODY) if "zebra-quartz" in str(message(RECORD, 7, planted(path, "zebra-quartz"), []))
    }
    assert leaked == TOLD


long_names = st.text("abcdefghij-", min_size=60, max_size=64)
reasons = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=2000)


@given(
    st.lists(st.tuples(long_names, reasons), max_size=40),
    st.lists(st.tuples(st.text("abc", min_size=32, max_size=32), st.integers(1, 10**6)), max_size=64),
)
def test_a_message_is_one_line_of_ascii_and_never_too_long(
    given_rules: list[tuple[str, str]], classes: list[tuple[str, int]]
) -> None:
    body = {
        **BODY,
        "actor": {"app": "a" * 128, "team": "t" * 128},
        "zone": "z" * 128,
        "classes": [{"c": name, "count": count, "score_bp": 1} for name, count in classes],
    }
    text = encode(message(RECORD, 2**53 - 1, body, [rule(name, because) for name, because in given_rules]))
    assert len(text) <= MAX_BYTES
    assert text.isascii()
    assert b"\n" not in text
    told = json.loads(text)["data"]
    assert [item["id"] for item in told["rules"]] == [name for name, _ in given_rules[:MAX_LISTED]]
    known = dict(zip((name for name, _ in given_rules), (why for _, why in given_rules), strict=True))
    assert len(known) < len(given_rules) or all(
        item["because"] == known[item["id"]] for item in told["rules"] if "because" in item
    )


def test_a_reason_that_fits_is_told() -> None:
    told = message(RECORD, 1, BODY, [rule("a", "x" * 2000), rule("b", "y" * 2000)])
    assert [len(item["because"]) for item in told["data"]["rules"]] == [2000, 2000]
