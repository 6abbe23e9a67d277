"""Look-ups of values: found where they were fingerprinted, in every quarter, recorded either way, and never told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.access import Records
from audit.api.fingerprints import LookUp, quarters
from audit.api.guessing import Limit
from proxy.evidence import address_bytes

SECRET = "jane.roe" + "@nordwind.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def looking(request: pytest.FixtureRequest, serve: Any, tmp_path: Any, decision: Any) -> Any:
    """Return a log with fingerprints of a body, an address and an idempotency key, on both databases."""
    log = request.getfixturevalue("open_log" if request.param == "sqlite" else "open_shared")()
    fp = log.fingerprinter.fingerprint
    body = decision()
    body["req"]["body_fp"] = fp("sales", "body", "responses", SECRET.encode())
    body["req"]["idem_fp"] = fp("sales", "idem", "idem", b"key-1", datetime(2025, 5, 1, tzinfo=UTC))
    body["net"]["ip_fp"] = fp("sales", "ip", "ip", address_bytes("2001:db8::7"))
    log.append_sync("route.decision", body)
    return serve(log, tmp_path / "home", limit=Limit(100, 100))


def look_up(service: Any, purpose: str, value: str, team: str = "sales", key: str = "good") -> Any:
    body = {"team": team, "purpose": purpose, "value": value}
    return service.ask("POST", "/fingerprints", key=key, json=body)


def test_a_value_is_found_where_it_was_and_each_look_up_is_a_record(looking: Any) -> None:
    asked = [
        ("body", SECRET, "sales", 1),
        ("ip", "2001:0db8:0::7", "sales", 1),
        ("body", SECRET + "x", "sales", 0),
        ("body", SECRET, "support", 0),
        ("idem", SECRET, "sales", 0),
    ]
    for purpose, value, team, count in asked:
        answer = look_up(looking, purpose, value, team).json()
        assert (answer["occurs"], answer["records"]) == (count > 0, count)
    reads = looking.reads()
    assert [(body["what"], body["rows"]) for body in reads] == [("fingerprint", one[3]) for one in asked]
    assert SECRET not in str([record.body for record in Records(looking.log.place).last(100)])


def test_only_those_who_may_guess_may_ask(looking: Any) -> None:
    assert look_up(looking, "ip", "192.0.2.1", key="auditor").status_code == 403
    assert [look_up(looking, "ip", "192.0.2.1", key=key).status_code for key in ("security", "admin")] == [200, 200]


@pytest.mark.parametrize(
    "body",
    [
        {"team": "sales", "purpose": "ip", "value": SECRET},
        {"team": SECRET + " ", "purpose": "body", "value": "x"},
        {"team": "sales", "purpose": SECRET, "value": "x"},
        {"team": "sales", "purpose": "body", "value": ""},
        {"team": "sales", "purpose": "body", "value": [SECRET]},
        {"team": "sales", "purpose": "body", SECRET: "x"},
        {"team": "sales", "purpose": ["body"], "value": "x"},
        {"team": "sales", "purpose": "body", "value": "\ud800" + SECRET},
    ],
)
def test_what_cannot_be_looked_up_is_refused_without_a_word_of_it(
    body: Any, service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sent = {"content": json.dumps(body), "headers": {"content-type": "application/json"}}
    answer = service.ask("POST", "/fingerprints", **sent)
    assert answer.status_code == 400
    assert SECRET not in answer.text + caplog.text
    assert service.reads() == []


def test_every_quarter_that_the_log_has_seen_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    assert len(quarters(None)) == len(quarters(f"{now:%Y-%m}")) == 1
    months = {moment.month for moment in quarters(f"{now.year - 2}-01")}
    assert months == {1, 4, 7, 10}
    assert len(quarters("1970-01")) <= 41
    assert SECRET not in repr(LookUp("sales", "body", SECRET.encode()))
