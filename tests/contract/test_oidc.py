"""Callers with a token of an identity provider, at a real server in front of a real provider on loopback."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import NO_TLS, QUICK, Ringfence, StandIn, chat_body, ringfence, upstreams_file
from issuing import AUDIENCE, Issuer, unsigned

pytestmark = pytest.mark.usefixtures("quiet")
SUBJECT = "alex.winter@nordwind.example"
GRANTS = """
grants:
- {if: {groups: auditors}, role: auditor, team: audit, app: console}
- {if: {groups: staff}, role: app, team: {claim: department, among: [support, sales]}, app: workbench}
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.stop()


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn, onprem: StandIn, issuer: Issuer) -> Iterator[Any]:
    home: Path = tmp_path_factory.mktemp("oidc")
    (home / "grants.yaml").write_text(GRANTS)
    given = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "oidc_grants": home / "grants.yaml"}
    with ringfence(home, upstreams_file(home / "upstreams.yaml", cloud, onprem), **QUICK, **given) as server:
        yield server


def post(server: Ringfence, token: str) -> httpx.Response:
    given = {"authorization": f"Bearer {token}"}
    url = f"{server.url}/v1/chat/completions"
    return httpx.post(url, json=chat_body(), headers=given, trust_env=False, verify=NO_TLS, timeout=60)


def get(server: Ringfence, path: str, token: str) -> httpx.Response:
    return httpx.get(server.url + path, headers={"authorization": f"Bearer {token}"}, trust_env=False, verify=NO_TLS)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def bodies(server: Ringfence, kind: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(server.home / "audit.db")) as log:
        return [json.loads(body) for (body,) in log.execute("SELECT body FROM record WHERE kind = ?", (kind,))]


def test_a_token_asks_models_as_a_key_does_and_its_bearer_is_a_pseudonym(joined: Ringfence, issuer: Issuer) -> None:
    token = issuer.token("ES256", sub=SUBJECT, email=SUBJECT, department="sales")
    answer = post(joined, token)
    assert answer.status_code == 200, answer.text
    actor = bodies(joined, "route.decision")[-1]["actor"]
    assert actor == {
        "kind": "oidc", "id": actor["id"], "app": "workbench", "team": "sales", "auth_strength": "oidc",
    }  # fmt: skip
    kept = b"".join(path.read_bytes() for path in joined.home.rglob("*") if path.is_file())
    assert actor["id"].encode() in kept  # or what follows would not show anything
    for secret in (SUBJECT, token, *token.split(".")):
        assert secret.encode() not in kept
    assert told(get(joined, "/audit/v1/records", token)) == (403, "wrong_role")


def test_an_auditor_with_a_token_reads_the_log_and_that_is_recorded(joined: Ringfence, issuer: Issuer) -> None:
    token = issuer.token("EdDSA", groups=["auditors", "staff"])
    assert get(joined, "/audit/v1/records", token).status_code == 200
    assert bodies(joined, "audit.read")[-1]["actor"]["kind"] == "oidc"
    assert told(post(joined, token)) == (403, "wrong_role")


def test_keys_go_on_beside_tokens(joined: Ringfence) -> None:
    assert post(joined, joined.key()).status_code == 200
    assert told(post(joined, "rf-" + "x" * 43)) == (401, "invalid_api_key")


def test_a_token_may_stand_where_anthropics_clients_put_a_key(joined: Ringfence, issuer: Issuer) -> None:
    headers = {"x-api-key": issuer.token(department="support")}
    body = {"model": "gpt-4o-mini", "max_tokens": 5, "messages": [{"role": "user", "content": "What is a monad?"}]}
    answer = httpx.post(f"{joined.url}/v1/messages", json=body, headers=headers, trust_env=False, verify=NO_TLS)
    assert answer.status_code != 401, answer.text


def test_every_attack_is_refused_and_nothing_of_it_is_sent_or_repeated(
    joined: Ringfence, issuer: Issuer, cloud: StandIn, onprem: StandIn
) -> None:
    good = issuer.claims(department="sales")
    attacks = [
        unsigned({"alg": "none", "kid": "kid-RS256"}, good),
        unsigned({"alg": "HS256", "kid": "kid-RS256"}, good, b"x" * 32),
        issuer.token(department="sales", iss="https://elsewhere.example"),
        issuer.token(department="sales", aud="another"),
        issuer.token(department="sales", exp=int(time.time()) - 60),
        issuer.token(department="sales", nbf=int(time.time()) + 600),
        issuer.token(department="sales", header={"kid": "theirs"}),
        issuer.token(department="sales", note="x" * 17_000),
        issuer.token(department="sales") + "A" * 8,
    ]
    for token in attacks:
        answer = post(joined, token)
        assert told(answer) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="ringfence", error="invalid_token"'
        assert not any(part[:40] in answer.text for part in token.split(".") if part)
    for claims in ({"department": "board"}, {"groups": "guests"}, {}):
        assert told(post(joined, issuer.token(**claims))) == (403, "not_granted")
    assert not cloud.posts
    assert not onprem.posts
    assert post(joined, issuer.token(department="sales")).status_code == 200  # nothing else was wrong with them


def test_what_is_configured_is_in_the_log(joined: Ringfence) -> None:
    (said,) = bodies(joined, "config.changed")
    assert (said["settings"], said["actor"]["kind"]) == (["oidc"], "system")


def test_where_no_provider_is_configured_a_token_is_an_unknown_key(server: Ringfence, issuer: Issuer) -> None:
    answers = [post(server, secret) for secret in (issuer.token(department="sales"), "rf-" + "x" * 43)]
    assert [told(answer) for answer in answers] == [(401, "invalid_api_key")] * 2
    assert answers[0].content == answers[1].content
