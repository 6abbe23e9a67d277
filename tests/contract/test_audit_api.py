"""The auditors' API of a real server: what its description says is what it does, for every route and every role.

schemathesis makes up requests from the description, valid and not, and holds each answer against it; that keys are
needed, the table of roles has shown, and whoever tries without is slowed down. The server stays below the limits of
look-ups only because the table of them is asked first.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from harness import BRISK, QUICK, ROOT, Ringfence, StandIn, chat_body, eventually, ringfence, upstreams_file
from properties.effort import ASKED

from audit.access import Filters, Records
from audit.api.roles import ROLES
from audit.pack.verifying import verify_pack
from audit.records.record import new_id

pytestmark = pytest.mark.usefixtures("quiet")
ROLE_NAMES = ("app", "auditor", "security", "admin")
NONE = "0" * 64
GUIDE = (ROOT / "deploy" / "docs" / "audit-api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn, onprem: StandIn) -> Iterator[Ringfence]:
    """Run a server that has decided twice, and signed that."""
    home: Path = tmp_path_factory.mktemp("audited")
    with ringfence(home, upstreams_file(home / "upstreams.yaml", cloud, onprem), **QUICK, **BRISK) as server:
        with server.client() as client:
            for text in ("What is a monad?", "Please refund 4929 7182 0364 5103."):
                assert client.post("/v1/chat/completions", json=chat_body(text)).status_code == 200
        yield server


@pytest.fixture(scope="module")
def keys(audited: Ringfence) -> dict[str, str]:
    return {role: audited.key("tool", "audit", role) for role in ROLE_NAMES}


@pytest.fixture(scope="module")
def admin(audited: Ringfence, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with audited.client(keys["admin"]) as client:
        found = client.get("/audit/v1/records", params={"kind": "route.outcome"}).json()["records"]
        eventually(lambda: client.get("/audit/v1/checkpoints/latest").json().get("size", 0) > found[-1]["seq"], 30)
        yield client


@pytest.fixture(scope="module")
def described(admin: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = admin.get("/audit/v1/openapi.json").json()
    return document


def denied(server: Ringfence) -> int:
    """How many refusals the server has counted so far, in records; it counts on for a minute."""
    return len(Records(server.home / "audit.db").page(Filters(kind="access.denied")).records)


def bodies(server: Ringfence) -> list[dict[str, Any]]:
    return [one.body for one in Records(server.home / "audit.db").page(Filters(kind="audit.read"), limit=1000).records]


def concrete(path: str) -> str:
    """Name something of the right form in the place of each parameter."""
    for name, value in (("record_id", new_id()), ("job", new_id()), ("sha256", NONE), ("size", "3")):
        path = path.replace(f"{{{name}}}", value)
    return path + {"/proofs/inclusion": "?seq=1", "/proofs/consistency": "?old_size=1"}.get(path, "")


@pytest.mark.parametrize(("path", "method"), [(path, method) for path, served in ROLES.items() for method in served])
def test_each_role_may_what_the_table_says_and_its_reads_are_records(
    path: str, method: str, audited: Ringfence, keys: dict[str, str]
) -> None:
    url, body = f"{audited.url}/audit/v1{concrete(path)}", {"team": "team", "purpose": "idem", "value": "x"}
    more: dict[str, Any] = {}
    if method == "POST":
        more = {"json": body if path == "/fingerprints" else {"as_of": 4_000_000}}
    before = len(bodies(audited))
    own = httpx.HTTPTransport(local_address=f"127.0.1.{list(ROLES).index(path)}")  # who tries keys is slowed down there
    with httpx.Client(trust_env=False, transport=own) as client:
        for header in ({}, {"authorization": "Bearer rf-none"}, {"authorization": f"Basic {keys['admin']}"}):
            answer = client.request(method, url, headers=header, **more)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
        assert len(bodies(audited)) == before
        for role in ROLE_NAMES:
            answer = client.request(method, url, headers={"authorization": f"Bearer {keys[role]}"}, **more)
            if role in ROLES[path][method]:
                assert answer.status_code in {200, 202, 404}, answer.text
            else:
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_role")
    made = bodies(audited)[before:]
    recorded = path != "/openapi.json" and not (path.startswith("/exports") and ("{job}" in path or method == "POST"))
    assert len(made) == (len(ROLES[path][method]) if recorded else 0)
    assert all(one["actor"]["app"] == "tool" for one in made)


def test_who_may_not_is_counted_in_records(audited: Ringfence, admin: httpx.Client) -> None:
    assert admin.get("/audit/v1/nothing").status_code == 404
    found = admin.get("/audit/v1/records", params={"kind": "access.denied"}).json()["records"]
    assert all(record["body"]["n_404"] >= 0 for record in found)


def test_a_method_that_is_not_served_is_405_and_says_which_are(admin: httpx.Client) -> None:
    for path, served in ROLES.items():
        answer = admin.request("DELETE", f"/audit/v1{concrete(path)}")
        assert answer.status_code == 405
        allowed = set(answer.headers["allow"].split(", ")) - {"HEAD"}
        assert allowed == set(served), path


def test_real_answers_and_examples_have_the_described_shapes(described: dict[str, Any], admin: httpx.Client) -> None:
    checked = 0
    for path, methods in described["paths"].items():
        for operation in methods.values():
            answers = [operation["requestBody"]] if "requestBody" in operation else []
            answers += [answer for answer in operation["responses"].values() if "content" in answer]
            for answer in answers:
                content = answer["content"].get("application/json")
                if content:
                    checked += 1
                    shape_of(content["schema"], described).validate(content["example"])
        assert path in ROLES
    for answer in described["components"]["responses"].values():
        content = answer["content"]["application/json"]
        shape_of(content["schema"], described).validate(content["example"])
    assert checked > len(ROLES)
    record = admin.get("/audit/v1/records", params={"kind": "route.decision"}).json()["records"][-1]
    real = {
        "Page": "records?limit=1000",
        "WholeRecord": f"records/{record['id']}",
        "Checkpoints": "checkpoints",
        "Checkpoint": "checkpoints/latest",
        "Inclusion": "proofs/inclusion?seq=2",
        "Consistency": "proofs/consistency?old_size=2",
        "Figures": "statistics?by=class,day",
        "Exports": "exports",
    }
    for name, url in real.items():
        answer = admin.get(f"/audit/v1/{url}")
        assert answer.status_code == 200, answer.text
        validator = shape_of({"$ref": f"#/components/schemas/{name}"}, described)
        validator.validate(answer.json())
        assert not validator.is_valid({**answer.json(), "more": 1})


def shape_of(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})


def test_the_guide_shows_what_a_server_says_but_for_values(admin: httpx.Client) -> None:
    ids = {"records": "x", "exports": "x"}
    shown = re.findall(r"^\$ curl ((?:[^\n]|(?<=\\)\n)*)\n(\{.*?)\n(?:\n|```)", GUIDE, re.DOTALL | re.MULTILINE)
    assert len(shown) == 8
    for command, output in shown:
        _, path = re.findall(r'"(\$URL)([^"]*)"', command)[0]
        body = re.findall(r"-d '(.*?)'", command, re.DOTALL)
        path = re.sub(r"(records)/[0-9a-f-]{36}", lambda found: f"{found[1]}/{ids[found[1]]}", path)
        answer = admin.request(
            "POST" if body else "GET", f"/audit/v1{path}", json=json.loads(body[0]) if body else None
        )
        assert answer.status_code in {200, 202}, (path, answer.text)
        same_keys(json.loads(output), answer.json(), path)
        if path.startswith("/records?"):
            ids["records"] = answer.json()["records"][0]["id"]


def same_keys(shown: Any, real: Any, path: str) -> None:
    """Whether all that is shown is there, in the same shape."""
    if isinstance(shown, dict):
        assert shown.keys() <= real.keys(), path
        for name, value in shown.items():
            same_keys(value, real[name], f"{path} {name}")
    elif isinstance(shown, list) and shown and isinstance(shown[0], dict):
        assert real, path
        for value in shown:
            same_keys(value, real[0], path)
    elif isinstance(shown, str):
        assert isinstance(real, str), path


def test_an_export_is_made_in_the_background_recorded_and_verifies(audited: Ringfence, admin: httpx.Client) -> None:
    job = admin.post("/audit/v1/exports", json={"from": "2020-01-01T00:00:00Z"}).json()
    url = f"/audit/v1/exports/{job['id']}"
    eventually(lambda: admin.get(url).json()["state"] not in {"queued", "running"}, 60)
    done = admin.get(url).json()
    assert (done["state"], done["progress"]["done"]) == ("done", done["progress"]["total"])
    pack = admin.get(f"{url}/pack").content
    assert hashlib.sha256(pack).hexdigest() == done["sha256"]
    made = [one.body for one in Records(audited.home / "audit.db").page(Filters(kind="audit.exported")).records]
    assert [(one["request"], one["form"], one["rows"]) for one in made if one["request"] == job["id"]] == [
        (job["id"], "pack", done["rows"])
    ]
    (audited.home / "taken.tar").write_bytes(pack)
    judged = verify_pack(audited.home / "taken.tar").report
    assert judged.ok, judged


def test_schemathesis_finds_nothing(audited: Ringfence, keys: dict[str, str], tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("schemathesis")
    usual = ["-n", "2", "--generation-deterministic", "--phases", "examples,coverage,fuzzing"]
    usual += ["--exclude-checks", "ignored_auth"]
    effort = ["-n", str(ASKED)] if ASKED else usual
    command = [tool, "run", f"{audited.url}/audit/v1/openapi.json", "-H", f"Authorization: Bearer {keys['admin']}"]
    ran = subprocess.run([*command, "--no-color", *effort], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "No issues found" in ran.stdout or "Failures:" not in ran.stdout
    assert "Traceback" not in audited.log_path.read_text()
    assert "unexpected" not in audited.log_path.read_text()
