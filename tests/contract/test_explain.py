"""Why was this decided so? The caller asks its 403, the auditor the API, the security team the command line."""

import json
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from harness import ROOT, Ringfence, chat_body
from typer.testing import CliRunner

from audit.access import Records
from proxy import cli

pytestmark = pytest.mark.usefixtures("quiet")
EMAIL = "jane.doe@" + "nordwind-klinik.de"


def key_file() -> str:
    """Return what no zone may get."""
    middle = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"[n:] * 2 for n in range(6))
    return f"-----BEGIN {'PRIVATE'} KEY-----\n{middle}\n-----END {'PRIVATE'} KEY-----"


def post(server: Ringfence, text: str, path: str = "/v1/chat/completions") -> httpx.Response:
    with server.client(server.key("crm", "sales")) as client:
        return client.post(path, json=chat_body(text))


def ringfence(server: Ringfence, *arguments: str | Path) -> Result:
    """Run a command in this process, which has imported what it needs."""
    with chdir(ROOT):
        return CliRunner().invoke(cli.app, ["policy", "explain", *map(str, arguments)], env=server.environ)


def test_a_refused_caller_is_told_the_rules_the_reasons_and_the_zones(server: Ringfence) -> None:
    answer = post(server, f"Who wrote {EMAIL}?\n{key_file()}")
    error = answer.json()["error"]
    assert answer.status_code == 403
    assert error.keys() == {"message", "type", "param", "code", "because", "rules", "zones"}
    assert {"block"} <= {rule["effect"] for rule in error["rules"]}
    assert {row["zone"]: row["verdict"] for row in error["zones"]} == dict.fromkeys(
        ["onprem", "cloud-us", "cloud-eu"], "struck"
    )
    home = next(row for row in error["zones"] if row["zone"] == "onprem")
    assert set(home["by"]) <= {rule["rule"] for rule in error["rules"]}
    assert EMAIL not in answer.text
    assert "MIIEv" not in answer.text
    record = Records(server.home / "audit.db").one(answer.headers["x-ringfence-audit-id"])
    assert record is not None
    for found in record.body["detect"]["types"]:
        assert found["t"] not in answer.text


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/ringfence/v1/inspect"])
def test_the_api_and_the_command_line_give_an_auditor_the_same_account(server: Ringfence, path: str) -> None:
    record = post(server, f"Write to {EMAIL}", path).headers["x-ringfence-audit-id"]
    with server.client(server.key("audit", "audit", "auditor")) as client:
        answer = client.get(f"/audit/v1/records/{record}").json()
    said = answer["explanation"]
    assert (said["record"], said["team"], said["app"], said["decision"]) == (record, "sales", "crm", "pin")
    assert said["bundle"] == answer["body"]["bundle"]["sha256"]
    assert {"type": "EMAIL_ADDRESS", "count": 1} in [
        {name: found[name] for name in ("type", "count")} for found in said["types"]
    ]
    zones = {row["zone"]: row for row in said["zones"]}
    assert {"personal-data-stays-home", "ceiling of pii"} <= set(zones["cloud-us"]["by"])
    assert "no upstream" in zones["cloud-eu"]["by"]
    ran = ringfence(server, "--record", record, "--format", "json")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == said


@pytest.fixture
def models() -> Iterator[None]:
    """Let go of the models that an explanation loads."""
    yield
    cli._scanner.cache_clear()


@pytest.mark.usefixtures("models")
def test_a_text_and_a_request_are_explained_as_the_server_decides_them(server: Ringfence, tmp_path: Path) -> None:
    text = f"Write to {EMAIL} about card 4111 1111 1111 1111."
    record = post(server, text).headers["x-ringfence-audit-id"]
    made = json.loads(ringfence(server, "--record", record, "--format", "json").stdout)
    (tmp_path / "text").write_text(text)
    (tmp_path / "body").write_text(json.dumps(chat_body(text)))
    common = ["--team", "sales", "--app", "crm", "--format", "json"]
    asked = ringfence(server, "--request", tmp_path / "body", *common)
    assert asked.exit_code == 0, asked.output
    same = ("types", "decision", "zone", "zones", "classes", "rules", "because")
    assert {name: json.loads(asked.stdout)[name] for name in same} == {name: made[name] for name in same}
    typed = ringfence(server, "--text", tmp_path / "text", "--model", "gpt-4o-mini", *common)
    assert {name: json.loads(typed.stdout)[name] for name in same} == {name: made[name] for name in same}
    assert EMAIL not in asked.stdout + typed.stdout + asked.stderr + typed.stderr
