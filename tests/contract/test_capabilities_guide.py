"""`deploy/docs/capabilities.md`: what it shows is what a server says of the file that it shows."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import CertificateAuthority
from harness import ROOT, StandIn, chat_body
from inside import inside

from proxy.upstreams.profile import ABILITIES
from proxy.upstreams.reading import read_registry

GUIDE = (ROOT / "deploy" / "docs" / "capabilities.md").read_text(encoding="utf-8")
FIRST, SPLIT, ROW = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
MODEL, REFUSAL = re.findall(r"```console\n\$ curl [^\n]*\n(.*?)```", GUIDE, re.DOTALL)
PHOTO = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/4AAQSkZJRg=="}}


def asked(tmp_path: Path, cloud: StandIn, onprem: StandIn, path: str, *, body: Any = None) -> str:
    """Ask a server with the guide's file, whose addresses lead to stand-ins; return its answer as `jq` shows it."""
    text = FIRST.replace("https://api.openai.com/v1", cloud.url)
    (tmp_path / "up.yaml").write_text(re.sub(r"http://127\.0\.0\.1:800\d/v1", onprem.url, text) + SPLIT)

    async def run() -> Any:
        async with inside(tmp_path / "home", upstreams=tmp_path / "up.yaml") as ring:
            return (await ring.client.request("POST" if body else "GET", path, json=body, headers=ring.key())).json()

    return json.dumps(asyncio.run(run()), indent=2) + "\n"


@pytest.mark.usefixtures("quiet")
def test_the_model_is_shown_as_the_list_says_it(tmp_path: Path, cloud: StandIn, onprem: StandIn) -> None:
    assert asked(tmp_path, cloud, onprem, "/v1/models/qwen3-vl-8b") == MODEL


@pytest.mark.usefixtures("quiet")
def test_the_photograph_is_refused_in_these_words(tmp_path: Path, cloud: StandIn, onprem: StandIn) -> None:
    body = {**chat_body(), "messages": [{"role": "user", "content": [PHOTO]}]}
    assert asked(tmp_path, cloud, onprem, "/v1/chat/completions", body=body) == REFUSAL
    assert not cloud.posts + onprem.posts


def test_what_is_said_of_keys_and_certificates_can_be_read(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path, "gpu-ca")
    issued = authority.issue("ringfence")
    (tmp_path / "ringfence.key").write_bytes(issued.read_bytes())
    made = read_registry(f"upstreams:\n{ROW}".encode(), "up.yaml", tmp_path).upstreams[0]
    row = yaml.safe_load(ROW)[0]
    assert (made.id, made.connect_s, made.read_s) == (row["name"], row["connect_s"], row["read_s"])
    assert made.tls is not None
    assert made.api_key_file == row["api_key_file"]


def test_every_ability_is_explained() -> None:
    explained = re.findall(r"^\| `([a-z_]+)` \|", GUIDE, re.MULTILINE)
    assert set(explained) == {*ABILITIES, "context_window", "max_output"}
