"""Records by page and one by one: what comes back, and that every read is on the log before it is answered."""

import base64
import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from audit.access import Records
from audit.proofs.checkpoint import Proof
from audit.records.chain import body_hash
from audit.records.record import new_id

Service = Any
URL = "/records"


def test_a_page_comes_back_and_the_read_is_a_record(service: Service) -> None:
    answer = service.get(URL, zone="onprem", limit=1)
    assert answer.status_code == 200
    first, _, third = service.decisions
    assert [record["id"] for record in answer.json()["records"]] == [first.id]
    assert answer.json()["next"] == first.seq
    assert answer.json()["records"][0]["link"] == first.link
    rest = service.get(URL, zone="onprem", after=first.seq, limit=1)
    assert [record["id"] for record in rest.json()["records"]] == [third.id]
    assert rest.json()["next"] is None
    one, two = service.reads()
    assert (one["filters"], one["rows"], one["limit"]) == (["zone"], 1, 1)
    assert one["actor"]["id"] == "ak_good"
    assert (two["filters"], two["after"]) == (["after", "zone"], first.seq)
    assert "onprem" not in str(one)


def test_one_record_comes_back_and_the_read_is_a_record(service: Service) -> None:
    wanted = service.decisions[1]
    answer = service.get(f"{URL}/{wanted.id}")
    assert answer.status_code == 200
    assert answer.json()["body"]["zone"] == "cloud-us"
    assert service.get(f"{URL}/01a1fe6d-0185-7595-b576-122b77425aaa").status_code == 404
    assert [(body["record"], body["rows"]) for body in service.reads()] == [
        (wanted.id, 1),
        ("01a1fe6d-0185-7595-b576-122b77425aaa", 0),
    ]


def test_a_time_filter_takes_whole_seconds(service: Service) -> None:
    answer = service.get(URL, **{"from": "2020-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"})
    assert len(answer.json()["records"]) == 5
    assert service.reads()[0]["from"] == "2020-01-01T00:00:00.000000Z"


def test_without_the_right_key_nothing_is_read(service: Service) -> None:
    for url in (URL, f"{URL}/{service.decisions[0].id}"):
        assert service.get(url, key="bad").status_code == 401
    assert service.reads() == []


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"team": "Jane Roe"}, "team is not a name"),
        ({"kind": "route.rumour"}, "kind is not a kind of record"),
        ({"from": "yesterday"}, "from is not a time"),
        ({"after": "x"}, "after is not a number"),
        ({"after": "-2"}, "after must be between"),
        ({"limit": "0"}, "limit must be between"),
        ({"limit": "1001"}, "limit must be between"),
        ({"color": "red"}, "parameters are"),
        ({"team": ["a", "b"]}, "given twice"),
    ],
)
def test_a_bad_query_is_refused_without_repeating_it(params: dict[str, Any], said: str, service: Service) -> None:
    answer = service.get(URL, **params)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
    assert "Jane" not in answer.text
    assert service.reads() == []


def test_a_read_that_cannot_be_recorded_is_not_answered(service: Service) -> None:
    service.log._deadline_s = 0.2
    with closing(sqlite3.connect(service.log.place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for url in (URL, f"{URL}/{service.decisions[0].id}"):
            answer = service.get(url)
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "audit_unavailable"
            assert "crm" not in answer.text
        other.execute("ROLLBACK")


def test_an_id_that_is_none_is_not_looked_up(service: Service) -> None:
    assert service.get(f"{URL}/Jane%20Roe").status_code == 404
    assert service.reads() == []


def test_a_decision_that_is_read_by_its_id_comes_with_the_explanation_that_was_injected(service: Service) -> None:
    service.explain = lambda body: {"decided": body["decision"]}
    record = service.decisions[0].id
    answer = service.get(f"{URL}/{record}").json()
    assert answer["explanation"] == {"decided": answer["body"]["decision"]}
    assert all("explanation" not in found for found in service.get(URL).json()["records"])
    read = Records(service.log.place).last(1)[0]
    assert "explanation" not in service.get(f"{URL}/{read.id}").json()
    service.explain = None
    assert "explanation" not in service.get(f"{URL}/{record}").json()


def test_a_record_comes_with_the_proof_that_it_is_in_the_log_once_a_checkpoint_covers_it(service: Service) -> None:
    wanted = service.decisions[1]
    assert service.get(f"{URL}/{wanted.id}").json()["proof"] is None
    service.sign()
    answer = service.get(f"{URL}/{wanted.id}").json()
    proof = Proof.decode(answer["proof"].encode())
    assert proof.index == wanted.seq
    assert proof.includes(bytes.fromhex(answer["link"]))
    assert not proof.includes(bytes.fromhex(answer["prev"]))
    entry = base64.b64decode(answer["entry"])
    assert hashlib.sha256(b"\0" + entry).hexdigest() == answer["link"]
    assert body_hash(orjson.dumps(answer["body"], option=orjson.OPT_SORT_KEYS)).hex() == answer["body_hash"]


def test_a_text_comes_back_as_the_bytes_of_its_digest(service: Service) -> None:
    digest = hashlib.sha256("zwölf".encode()).hexdigest()
    service.log.store_bundle(digest, "zwölf".encode())
    assert service.get(f"/texts/{digest}").content == "zwölf".encode()
    assert service.get(f"/texts/{'0' * 64}").status_code == 404
    assert service.get("/texts/none").status_code == 404
    assert [(body["what"], body["sha256"], body["rows"]) for body in service.reads()] == [
        ("text", digest, 1),
        ("text", "0" * 64, 0),
    ]


def test_a_page_that_takes_too_long_ends_early_and_says_where_to_go_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = service.get(URL, team="sales").json()["records"]
    monkeypatch.setattr("audit.access.STRETCH", 1)
    monkeypatch.setattr("audit.access.QUICK_S", -1.0)
    monkeypatch.setattr("audit.api.records.WITHIN_S", -1.0)
    assert service.get(URL, team="sales").json() == {"records": [], "next": -1}
    monkeypatch.setattr("audit.api.records.WITHIN_S", 60.0)
    assert service.get(URL, team="sales").json()["records"] == whole


def test_pages_stay_the_same_while_the_log_grows(service: Service, decision: Callable[..., Any]) -> None:
    first = service.get(URL, team="sales", limit=2).json()
    service.log.append_sync("route.decision", decision())
    assert service.get(URL, team="sales", limit=2).json() == first
    rest = service.get(URL, team="sales", after=first["next"]).json()
    seqs = [record["seq"] for page in (first, rest) for record in page["records"]]
    assert seqs == sorted(set(seqs))
    assert len(seqs) == 4


def test_an_id_of_no_record_and_a_parameter_that_is_none_are_refused(service: Service, tmp_path: Path) -> None:
    assert service.get(f"{URL}/{new_id()}").json()["error"]["code"] == "not_found"
    assert service.get(f"{URL}/{service.decisions[0].id}", color="red").status_code == 400
