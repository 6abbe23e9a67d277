import base64
import json
from pathlib import Path
from typing import Any

import pytest

from proxy.detection.analysis import Analyzer
from proxy.errors import RequestRefused
from proxy.once import Scanner
from proxy.settings import Settings

EMAIL = "jane.doe@" + "nordwind-klinik.de"
REGISTRY = """upstreams:
  - {name: vendor, kind: openai, zone: cloud-us, base_url: "https://vendor.example/v1", models: ["gpt-4*"]}
"""


@pytest.fixture(scope="module")
def loaded() -> Analyzer:
    return Analyzer.of(Settings.load())


@pytest.fixture
def scanner(loaded: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    monkeypatch.setattr(Analyzer, "of", lambda _: loaded)
    (tmp_path / "upstreams.yaml").write_text(REGISTRY)
    return Scanner(Settings(home=tmp_path, upstreams=tmp_path / "upstreams.yaml"))


def body(**fields: Any) -> bytes:
    asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Write to {EMAIL}"}], **fields}
    return json.dumps(asked).encode()


def test_a_text_gives_a_score_for_each_distinct_value(scanner: Scanner) -> None:
    found = scanner.scan(f"{EMAIL}, {EMAIL}, john.{EMAIL}".encode(), request=False)
    assert len(found.findings["EMAIL_ADDRESS"]) == 2
    assert all(0 < grid <= 20 for grid in found.findings["EMAIL_ADDRESS"])
    assert (found.missing, found.model, found.resolved) == ((), "", "")
    assert scanner.scan(b"What is a monad?", request=False).findings == {}


def test_a_request_gives_its_model_and_the_name_it_is_registered_under(scanner: Scanner) -> None:
    found = scanner.scan(body(), request=True)
    assert "EMAIL_ADDRESS" in found.findings
    assert (found.model, found.resolved) == ("gpt-4o-mini", "gpt-4*")
    assert scanner.scan(body(model="llama"), request=True).resolved == "llama"


def test_a_part_that_is_no_text_counts_as_not_inspected(scanner: Scanner) -> None:
    found = scanner.scan(body(anything=[1, 2, 3]), request=True)
    assert found.findings["UNSCANNED"] == (20,)
    assert found.missing == ("numeric_array",)


def test_token_ids_are_read_with_the_tokenizers_that_a_server_would_use(scanner: Scanner, tmp_path: Path) -> None:
    asked = {"model": "gpt-4o-mini", "input": list(EMAIL.encode())}
    assert scanner.scan(json.dumps(asked).encode(), request=True).missing == ("numeric_array", "token_ids")
    ranks = "".join(f"{base64.b64encode(bytes([byte])).decode()} {byte}\n" for byte in range(256))
    (tmp_path / "bytes.tiktoken").write_text(ranks)
    (tmp_path / "upstreams.yaml").write_text(REGISTRY + 'tokenizers: {"gpt-4*": bytes.tiktoken}\n')
    found = Scanner(scanner._settings).scan(json.dumps(asked).encode(), request=True)
    assert "EMAIL_ADDRESS" in found.findings
    assert found.missing == ()


@pytest.mark.parametrize(
    ("raw", "request_"), [(b"\xff", False), (b"\xff", True), (b"{", True), (b"[]", True), (body(model=3), True)]
)
def test_what_cannot_be_read_is_refused(scanner: Scanner, raw: bytes, request_: bool) -> None:
    with pytest.raises(RequestRefused):
        scanner.scan(raw, request=request_)


def test_detectors_are_loaded_once_and_only_for_what_can_be_read(
    loaded: Analyzer, scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = []
    monkeypatch.setattr(Analyzer, "of", lambda settings: times.append(settings) or loaded)
    with pytest.raises(RequestRefused):
        scanner.scan(b"{", request=True)
    assert times == []
    for _ in range(2):
        scanner.scan(body(), request=True)
        scanner.scan(EMAIL.encode(), request=False)
    assert len(times) == 1
