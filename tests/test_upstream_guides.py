"""The guides to vLLM and to vendors, and the example of a file of upstreams: what they show is what happens."""

import asyncio
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from certificates import CertificateAuthority
from harness import ROOT, chat_body
from inside import inside
from model_servers import FIXTURES, Told
from real_model import embedded

from proxy.upstreams.kinds.anthropic import ALL_MODELS
from proxy.upstreams.kinds.openrouter import ROUTING
from proxy.upstreams.reading import load_registry

DOCS = ROOT / "deploy" / "docs"
EXAMPLE = (ROOT / "deploy" / "upstreams.example.yaml").read_text(encoding="utf-8")
LOCK = ROOT / "tests" / "e2e" / "vllm" / "requirements.lock"
FIRST_PORT = 8001


def blocks(guide: str, language: str) -> list[str]:
    text = (DOCS / guide).read_text(encoding="utf-8")
    return [
        textwrap.dedent(found)
        for found in re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    ]


@pytest.fixture
def servers() -> Iterator[list[Told]]:
    made = [Told(f"server-{number}") for number in range(3)]
    yield made
    for server in made:
        server.stop()


def checked(folder: Path, upstreams: str, ports: Sequence[int], **environ: str) -> str:
    """Return what `ringfence upstreams check` prints of a file in a guide, with the guide's ports."""
    for number, port in enumerate(ports):
        upstreams = upstreams.replace(f":{FIRST_PORT + number}/", f":{port}/")
    (folder / "upstreams.yaml").write_text(upstreams, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ringfence")), "upstreams", "check", str(folder / "upstreams.yaml")]
    given = {"RINGFENCE_HOME": str(folder / "home"), **environ}
    printed = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False).stdout
    for number, port in enumerate(ports):
        printed = re.sub(rf"(:|port ){port}\b", rf"\g<1>{FIRST_PORT + number}", printed)
    return printed


def is_vllm(server: Told, version: str, health: int = 200) -> None:
    server.says("/health", b"", status=health)
    server.says("/v1/models", FIXTURES / "vllm-models.json")
    server.says("/version", {"version": version})
    server.says("/metrics", FIXTURES / "vllm-metrics.txt")


def test_what_check_prints_of_a_cluster_is_shown_as_it_is(tmp_path: Path, servers: list[Told]) -> None:
    is_vllm(servers[0], "0.32.0")
    is_vllm(servers[1], "0.10.0")
    is_vllm(servers[2], "0.32.0", health=503)
    [console] = blocks("vllm.md", "console")
    command, _, shown = console.partition("\n")
    assert command == "$ ringfence upstreams check upstreams.yaml"
    assert checked(tmp_path, blocks("vllm.md", "yaml")[0], [server.port for server in servers]) == shown


def test_what_check_prints_of_a_real_llamacpp_is_shown_as_it_is(tmp_path: Path, servers: list[Told]) -> None:
    servers[1].says("/api/v1/models", FIXTURES / "lmstudio-models.json")
    [console] = blocks("llamacpp.md", "console")
    with embedded() as url:
        ports = [urlsplit(url).port or 0, servers[1].port]
        printed = checked(tmp_path, blocks("llamacpp.md", "yaml")[0], ports)
    assert printed == console.partition("\n")[2]


def with_zone(folder: Path, zone: str, grant: str) -> Path:
    """Return a copy of the policies with the guide's zone in it, and its grant."""
    added = {"taxonomy.yaml": zone, "soc2.yaml": grant}
    policies = folder / "policies"
    policies.mkdir()
    for file in (ROOT / "policies").glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name in added:
            head, _, rows = re.sub(r" *#.*", "", added[file.name]).partition("\n")
            assert f"\n{head}\n" in text
            text = text.replace(f"\n{head}\n", f"\n{head}\n{rows}", 1)
        (policies / file.name).write_text(text, encoding="utf-8")
    return policies


def test_what_check_prints_of_vendors_is_shown_as_it_is(tmp_path: Path, servers: list[Told]) -> None:
    servers[0].says("/v1/models", {"data": [{"id": "gpt-4o-mini"}, {"id": "gpt-5"}]})
    servers[1].says(f"/v1{ALL_MODELS}", FIXTURES / "anthropic-models.json")
    servers[2].says("/api/v1/models", FIXTURES / "openrouter-models.json")
    zone, grant, upstreams = blocks("vendors.md", "yaml")
    (tmp_path / "openrouter.key").write_text("or-" + "example")
    (tmp_path / "openrouter.key").chmod(0o600)
    policies = with_zone(tmp_path, zone, grant)
    [console] = blocks("vendors.md", "console")
    command, _, shown = console.partition("\n")
    assert command == "$ ringfence upstreams check upstreams.yaml"
    environ = {"RINGFENCE_POLICIES": str(policies), "OPENAI_API_KEY": "oa-" + "example"}
    printed = checked(tmp_path, upstreams, [server.port for server in servers], **environ)
    assert printed == shown


def asked(folder: Path, server: Told, *requests: dict[str, Any]) -> list[Any]:
    """Ask an aggregator through Ringfence, for each of these beside a message."""

    async def run() -> list[Any]:
        row = {"name": "openrouter", "kind": "openrouter", "zone": "cloud-us", "base_url": server.url}
        (folder / "u.yaml").write_text(yaml.safe_dump({"upstreams": [{**row, "models": ["example/*"]}]}))
        async with inside(folder / "home", upstreams=folder / "u.yaml") as ring:
            key = ring.key()
            bodies = [{**chat_body(model="example/large"), **fields} for fields in requests]
            return [await ring.client.post("/v1/chat/completions", json=body, headers=key) for body in bodies]

    return asyncio.run(run())


def test_the_refusal_of_an_aggregators_field_is_shown_as_it_is(tmp_path: Path, servers: list[Told]) -> None:
    [answer] = asked(tmp_path, servers[0], {"route": "fallback"})
    assert answer.status_code == 400
    assert json.loads(blocks("vendors.md", "json")[0]) == answer.json()
    assert servers[0].posts == []


def test_no_field_that_the_guide_names_reaches_an_aggregator(tmp_path: Path, servers: list[Told]) -> None:
    """The last two are controls: what is no such field gets there, with the wish that nothing is kept."""
    sentence = " ".join((DOCS / "vendors.md").read_text(encoding="utf-8").split()).partition("- `models`, ")[2]
    fields = ["models", *re.findall(r"`([a-z_]+)`", sentence.partition(", and tools")[0])]
    assert set(fields) == set(ROUTING)
    wanted = [{field: value} for field in fields for value in ("x", ["x"], {"x": "y"})]
    wanted += [{"tools": [{"type": "openrouter:web_search"}]}, {"model": "example/large:online"}]
    answers = asked(tmp_path, servers[0], *wanted, {"temperature": 0}, {})
    assert {answer.status_code for answer in answers[:-2]} == {400, 403, 404}
    assert [answer.status_code for answer in answers[-2:]] == [200, 200]
    assert [seen.json["provider"] for seen in servers[0].posts] == [{"data_collection": "deny"}] * 2


def test_every_row_of_the_example_can_be_used(tmp_path: Path) -> None:
    text = re.sub(r"^# (- \{name:)", r"  \1", EXAMPLE, flags=re.MULTILINE)
    text = re.sub(r"^# (balance:)", r"\1", text, flags=re.MULTILINE).replace("RESOURCE", "resource")
    (tmp_path / "upstreams.yaml").write_text(text, encoding="utf-8")
    CertificateAuthority(tmp_path, "ca")
    used = load_registry(tmp_path / "upstreams.yaml")
    assert {upstream.kind for upstream in used.upstreams} == {"ollama", "openai", "vllm", "anthropic", "azure"}
    assert used.estate.balance == {"onprem": "weighted"}
    assert used.estate.profiles["gpt-4o-mini"].context_window == 128_000


@pytest.mark.parametrize("guide", ["vllm.md", "vendors.md", "llamacpp.md"])
def test_every_link_of_a_guide_leads_somewhere(guide: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(#[^)]*)?\)", (DOCS / guide).read_text(encoding="utf-8"))
    assert links
    assert [link for link, _ in links if not (DOCS / link).exists()] == []


def test_the_lock_of_vllm_has_the_hash_of_every_package_and_no_address_of_one() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"--index-url|--find-links|@ https?:", text)
    pins = re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)) > 0
