"""`deploy/docs/capabilities.md`: what it shows is what a server says of the file that it shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import CertificateAuthority
from harness import QUICK, ROOT, Ringfence, StandIn, chat_body, ringfence

from proxy.upstreams.profile import ABILITIES
from proxy.upstreams.reading import read_registry

GUIDE = (ROOT / "deploy" / "docs" / "capabilities.md").read_text(encoding="utf-8")
FIRST, SPLIT, ROW = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
MODEL, REFUSAL = re.findall(r"```console\n\$ curl [^\n]*\n(.*?)```", GUIDE, re.DOTALL)
PHOTO = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/4AAQSkZJRg=="}}


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn, onprem: StandIn) -> Iterator[Ringfence]:
    """A server with the guide's file, whose addresses lead to stand-ins."""
    home: Path = tmp_path_factory.mktemp("guided")
    text = FIRST.replace("https://api.openai.com/v1", cloud.url)
    (home / "up.yaml").write_text(re.sub(r"http://127\.0\.0\.1:800\d/v1", onprem.url, text) + SPLIT)
    with ringfence(home, home / "up.yaml", **QUICK) as server:
        yield server


def shown(answer: Any) -> str:
    return json.dumps(answer, indent=2) + "\n"


def test_the_model_is_shown_as_the_list_says_it(guided: Ringfence) -> None:
    with guided.client() as client:
        assert shown(client.get("/v1/models/qwen3-vl-8b").json()) == MODEL


def test_the_photograph_is_refused_in_these_words(guided: Ringfence, cloud: StandIn, onprem: StandIn) -> None:
    cloud.clear()
    onprem.clear()
    body = {**chat_body(), "messages": [{"role": "user", "content": [PHOTO]}]}
    with guided.client() as client:
        answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    assert shown(answer.json()) == REFUSAL
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
