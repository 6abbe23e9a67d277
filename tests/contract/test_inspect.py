"""A developer's dry run, the health of the server, and the auditors' reads, over HTTP as they are used."""

from typing import Any

import httpx
import pytest
from harness import NO_TLS, Ringfence, StandIn, chat_body, eventually

from audit.access import Filters, Records

pytestmark = pytest.mark.usefixtures("quiet")


def email() -> str:
    return "jane.doe@" + "nordwind-klinik.de"


def inspect(server: Ringfence, key: str, **fields: Any) -> httpx.Response:
    with server.client(key) as client:
        return client.post("/ringfence/v1/inspect", json=chat_body(**fields))


def test_inspecting_a_harmless_body_says_where_it_would_go_and_sends_nothing(
    server: Ringfence, app_key: str, cloud: StandIn, onprem: StandIn
) -> None:
    answer = inspect(server, app_key)
    said = answer.json()
    assert (said["decision"], said["zone"], said["complete"], said["sent"]) == ("allow", "cloud-us", True, False)
    assert (said["types"], said["rules"], said["because"]) == ([], [], [])
    zones = {row["zone"]: row for row in said["zones"]}
    assert zones["cloud-us"] == {"zone": "cloud-us", "verdict": "left", "by": []}
    assert zones["cloud-eu"] == {"zone": "cloud-eu", "verdict": "struck", "by": ["no upstream"]}
    assert cloud.received + onprem.received == b""


def test_inspecting_a_sensitive_body_names_types_places_zones_and_reasons_but_no_value(
    server: Ringfence, app_key: str, cloud: StandIn, onprem: StandIn
) -> None:
    answer = inspect(server, app_key, text=f"Write to {email()}", vector=[1, 2, 3])
    said = answer.json()
    assert (said["decision"], said["zone"], said["complete"]) == ("pin", "onprem", False)
    assert "EMAIL_ADDRESS" in {row["type"] for row in said["types"]}
    assert {"type": "EMAIL_ADDRESS", "path": "messages[0].content"} in said["places"]
    assert said["incomplete_because"] == ["numeric_array"]
    assert {"pii", "unscanned"} <= {row["class"] for row in said["classes"]}
    zones = {row["zone"]: row for row in said["zones"]}
    assert {"ceiling of pii", "personal-data-stays-home"} <= set(zones["cloud-us"]["by"])
    assert zones["onprem"]["verdict"] == "left"
    assert {"rule": "personal-data-stays-home", "effect": "pin"} in said["rules"]
    assert any("Personal data" in reason for reason in said["because"])
    assert email() not in answer.text
    assert cloud.received + onprem.received == b""


def test_a_dry_run_is_recorded_as_one_and_closed(server: Ringfence, app_key: str) -> None:
    answer = inspect(server, app_key)
    record = Records(server.home / "audit.db").one(answer.headers["x-ringfence-audit-id"])
    assert record is not None
    assert record.body["dry_run"] is True
    assert record.body["req"]["endpoint"] == "chat"
    assert "up" not in record.body
    assert record.seq == int(answer.headers["x-ringfence-audit-seq"])
    assert record.link == answer.headers["x-ringfence-audit-link"]


@pytest.mark.parametrize(("role", "status"), [("app", 200), ("security", 200), ("auditor", 403), ("admin", 403)])
def test_who_may_inspect(server: Ringfence, role: str, status: int) -> None:
    assert inspect(server, server.key("inspector", "contract-team", role)).status_code == status


@pytest.mark.parametrize("role", ["auditor", "security", "admin"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/chat/completions"), ("GET", "/v1/models")])
def test_only_an_applications_key_can_ask_models(server: Ringfence, role: str, method: str, path: str) -> None:
    with server.client(server.key("other", "contract-team", role)) as client:
        answer = client.request(method, path, json=chat_body() if method == "POST" else None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_role")


def test_alive_and_ready(server: Ringfence) -> None:
    with httpx.Client(base_url=server.url, trust_env=False, verify=NO_TLS) as client:
        assert client.get("/livez").json() == {"status": "alive"}
        ready = client.get("/readyz")
    assert ready.status_code == 200
    parts = ("status", "server", "policy", "detectors", "audit_log", "checkpoints", "keys")
    assert ready.json() == dict.fromkeys(parts, "ready")


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/redoc", "/openapi.json", "/metrics", "/favicon.ico", "/audit", "/api"]
)
def test_nothing_else_is_served(server: Ringfence, path: str) -> None:
    answer = httpx.get(f"{server.url}{path}", trust_env=False, verify=NO_TLS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.fixture(scope="module")
def auditor(server: Ringfence) -> str:
    return server.key("auditors", "audit-team", "auditor")


@pytest.mark.parametrize("path", ["/audit/v1/records", "/audit/v1/records/01a1fe87-cb69-7414-8dad-d0f1714ffb3b"])
def test_an_applications_key_cannot_read_the_log(server: Ringfence, app_key: str, path: str) -> None:
    with server.client(app_key) as client:
        answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_role")
    assert httpx.get(f"{server.url}{path}", trust_env=False, verify=NO_TLS).status_code == 401


def test_an_auditor_reads_by_page_by_filter_and_by_id(server: Ringfence, app_key: str, auditor: str) -> None:
    with server.client(app_key) as client:
        made = client.post("/v1/chat/completions", json=chat_body(f"Write to {email()}"))
    record_id = made.headers["x-ringfence-audit-id"]
    with server.client(auditor) as client:
        one = client.get(f"/audit/v1/records/{record_id}").json()
        assert one["body"]["decision"] == "pin"
        assert one["link"] == made.headers["x-ringfence-audit-link"]
        wanted = {"app": "contract", "team": "contract-team", "decision": "pin", "zone": "onprem", "class": "pii"}
        page = client.get(
            "/audit/v1/records", params={**wanted, "rule": "personal-data-stays-home", "limit": 1000}
        ).json()
        assert record_id in [record["id"] for record in page["records"]]
        assert client.get("/audit/v1/records", params={**wanted, "team": "other"}).json()["records"] == []
        seen: list[int] = []
        after = -1
        while after is not None:
            page = client.get("/audit/v1/records", params={"after": after, "limit": 7}).json()
            seen += [record["seq"] for record in page["records"]]
            after = page["next"]
    assert seen == list(range(len(seen)))


def test_every_read_is_a_record_before_it_is_answered(server: Ringfence, auditor: str) -> None:
    with server.client(auditor) as client:
        client.get("/audit/v1/records", params={"app": "contract", "limit": 5})
        client.get("/audit/v1/records/01a1fe87-cb69-7414-8dad-d0f1714ffb3b")
    reads = last_records(server, "audit.read")[-2:]
    assert [read["filters"] for read in reads] == [["app"], ["id"]]
    assert [read["actor"]["app"] for read in reads] == ["auditors", "auditors"]
    assert reads[0]["limit"] == 5
    assert reads[1]["rows"] == 0
    assert "contract" not in str(reads[0]["filters"])


@pytest.mark.parametrize(
    "query",
    ["app=jane doe", "limit=0", "limit=1001", "after=x", "from=yesterday", "kind=nothing", "q=1", "app=a&app=b"],
)
def test_a_query_that_cannot_be_used_is_400_without_echo(server: Ringfence, auditor: str, query: str) -> None:
    with server.client(auditor) as client:
        answer = client.get(f"/audit/v1/records?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert "jane" not in answer.text
    assert "yesterday" not in answer.text


def test_every_sent_request_has_an_outcome(server: Ringfence, app_key: str) -> None:
    with server.client(app_key) as client:
        made = client.post("/v1/chat/completions", json=chat_body())
    record_id = made.headers["x-ringfence-audit-id"]
    outcome = eventually(lambda: [r for r in last_records(server, "route.outcome") if r["dec"] == record_id])[0]
    assert (outcome["status"], outcome["http"], outcome["finish"]) == ("ok", 200, "stop")
    assert outcome["usage"] == {"in": 12, "out": 5}
    assert outcome["bytes_recv"] == len(made.content)


def last_records(server: Ringfence, kind: str) -> list[dict[str, Any]]:
    records, found, after = Records(server.home / "audit.db"), [], -1
    while True:
        page = records.page(Filters(kind=kind), after=after, limit=1000)
        found += [record.body for record in page.records]
        if page.next is None:
            return found
        after = page.next
